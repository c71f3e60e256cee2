/** What the reader chose in the settings editor, and what follows from it. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry, type Settings } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import type { SavedView } from '../../widgets/js/src/saved';
import type { Representation } from '../../widgets/js/src/scene';

export interface Choices {
  representation: Representation;
  palette: string;
  height: number;
  notify: boolean;
  offline: boolean;
}

/** As in schema/plugin.json, for a Lab without a settings registry. */
const DEFAULTS: Choices = { representation: 'cartoon', palette: 'standard', height: 0, notify: true, offline: false };

/** Views are no lower than this, in pixels. */
const LEAST = 160;

class Options {
  readonly changed = new Signal<this, void>(this);
  current: Choices = DEFAULTS;

  take(found: Partial<Choices>): void {
    this.current = { ...DEFAULTS, ...found };
    this.changed.emit();
  }

  /** The view as the reader likes it; a palette counts where the colouring has it. */
  dressed(saved: SavedView): SavedView {
    const { scene } = saved;
    const { representation, palette } = this.current;
    const offered = scene.structures.flatMap(s => s.colorings).find(c => c.id === scene.style.coloring)?.palettes ?? {};
    const style = { ...scene.style, representation, palette: palette in offered ? palette : (Object.keys(offered)[0] ?? '') };
    return { ...saved, scene: { ...scene, style } };
  }
}

/** One for the page: every plugin of ours reads it. */
export const options = new Options();

export const settings: JupyterFrontEndPlugin<void> = {
  id: '@foldsight/lab:plugin',
  description: 'The settings of FoldSight.',
  autoStart: true,
  optional: [ISettingRegistry],
  async activate(_app: JupyterFrontEnd, registry: ISettingRegistry | null) {
    options.changed.connect(applyHeight);
    if (!registry) return;
    const found = await registry.load('@foldsight/lab:plugin');
    const read = (from: Settings) => options.take(from.composite as Partial<Choices>);
    found.changed.connect(read);
    read(found);
  }
};

/** A rule of the page, so that views follow that are there already; Mol* watches its own size. */
function applyHeight({ current }: Options): void {
  const id = 'foldsight-height';
  const style = document.getElementById(id) ?? document.head.appendChild(Object.assign(document.createElement('style'), { id }));
  const height = Math.max(current.height, LEAST);
  style.textContent = current.height ? `.jp-OutputArea .foldsight-view { height: ${height}px !important; }` : '';
}
