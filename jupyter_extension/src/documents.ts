/** Structures in the main area: files opened with FoldSight, and results of jobs. */
import { ABCWidgetFactory, DocumentWidget, type Context } from '@jupyterlab/docregistry';
import { Widget } from '@lumino/widgets';
import { loadEngine } from '../../widgets/js/src/loader';
import type { Engine } from '../../widgets/js/src/loader';
import type { Bundle } from '@jupyterlab/translation';
import { api, type Opened } from './api';
import { options } from './settings';

/** Until the pane gives it its own height. */
const SCENE_HEIGHT = 520;

/** Shows a view that the server made of a file or of a result. */
export class StructurePane extends Widget {
  private unmount: (() => void) | null = null;
  private saved: Opened | null = null;
  private turn = 0;

  constructor(private readonly fetch: () => Promise<Opened>, private readonly words: Bundle) {
    super();
    this.addClass('fsl-document');
    options.changed.connect(this.restyle, this);
    void this.load();
  }

  /** Fetch and draw; a later call wins over an earlier one that is still under way. */
  async load(): Promise<void> {
    const turn = ++this.turn;
    if (!this.unmount) this.node.textContent = this.words.__('Reading the structure…');
    try {
      const [engine, saved] = await Promise.all([loadEngine(), this.fetch()]);
      if (turn !== this.turn || this.isDisposed) return;
      this.unmount?.();
      this.node.replaceChildren();
      this.saved = saved;
      this.unmount = await this.mount(engine, saved);
    } catch (error) {
      if (turn !== this.turn || this.isDisposed) return;
      this.unmount?.();
      this.unmount = null;
      this.node.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  private async mount(engine: Engine, opened: Opened): Promise<() => void> {
    return 'mvs' in opened ? engine.mountMvs(this.node, opened.mvs, SCENE_HEIGHT) : engine.mountSaved(this.node, options.dressed(opened));
  }

  /** The reader changed the settings. */
  private async restyle(): Promise<void> {
    const engine = this.saved && !('mvs' in this.saved) && (await loadEngine());
    if (!engine || this.isDisposed || !this.unmount) return;
    this.unmount();
    this.unmount = await this.mount(engine, this.saved!);
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.turn++;
    options.changed.disconnect(this.restyle, this);
    this.unmount?.();
    super.dispose();
  }
}

/** "Open with FoldSight": the server reads the file, so that every format and the PAE are there. */
export class StructureFactory extends ABCWidgetFactory<DocumentWidget<StructurePane>> {
  constructor(options: object, private readonly words: Bundle) {
    super(options);
  }

  protected createNewWidget(context: Context): DocumentWidget<StructurePane> {
    const content = new StructurePane(() => api.scene(context.path), this.words);
    const widget = new DocumentWidget({ content, context });
    context.fileChanged.connect(() => void content.load());
    return widget;
  }
}
