/** The right panel: the workbench of the structure that the active notebook shows. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator, type Bundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { loadEngine } from '../../widgets/js/src/loader';
import type { SavedView } from '../../widgets/js/src/saved';
import { make } from './dom';
import { icon } from './icon';
import { CATEGORY, COMMANDS } from './ids';
import { options } from './settings';

const VIEW_MIME = 'application/vnd.foldsight.view+json';
const VIEW = '.foldsight-view';
/** Wait this long after the last change of a notebook before looking at it. */
const PAUSE_MS = 300;

/** What is followed: a view in the page, or the figure that the notebook keeps. */
type Subject = { view: Element } | { saved: SavedView } | null;

export class FollowPanel extends Widget {
  private subject: Subject = null;
  private readonly seen = new WeakSet<Element>();
  private unmount: (() => void) | null = null;
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly watcher = new MutationObserver(() => this.soon());
  private watched: NotebookPanel | null = null;
  private readonly stage = make('div', 'fsl-document fsl-follow');

  constructor(private readonly notebooks: INotebookTracker, private readonly words: Bundle) {
    super();
    this.id = 'foldsight-structure';
    this.addClass('fsl-panel');
    this.title.caption = words.__('Structure of the active notebook');
    this.node.append(this.stage);
    notebooks.currentChanged.connect(this.moved, this);
    notebooks.activeCellChanged.connect(this.soon, this);
    options.changed.connect(this.restyle, this);
    this.say();
  }

  protected onAfterShow(): void {
    this.moved();
  }

  /** A panel that nobody sees keeps no picture: the page has few. */
  protected onAfterHide(): void {
    this.watcher.disconnect();
    this.watched = null;
    this.clear();
  }

  private moved(): void {
    const panel = this.notebooks.currentWidget;
    if (!this.isVisible || panel === this.watched) return;
    this.watcher.disconnect();
    this.watched = panel;
    if (panel) this.watcher.observe(panel.content.node, { childList: true, subtree: true });
    this.soon();
  }

  private soon(): void {
    if (!this.isVisible) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.follow(), PAUSE_MS);
  }

  private async follow(): Promise<void> {
    if (!this.isVisible || this.isDisposed) return;
    const subject = this.find();
    if (same(subject, this.subject)) return;
    this.clear();
    const turn = this.turn;
    this.subject = subject;
    if (!subject) return this.say();
    try {
      const engine = await loadEngine();
      if (turn !== this.turn) return;
      this.stage.replaceChildren();
      const unmount = 'view' in subject
        ? engine.mountLinked(this.stage, subject.view, 'workbench')
        : await engine.mountSaved(this.stage, workbench(options.dressed(subject.saved)));
      if (turn !== this.turn) unmount?.();
      else this.unmount = unmount;
      if (!unmount) this.subject = null;
    } catch (error) {
      if (turn === this.turn) this.stage.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /** The view of the active cell, else one that is new, else the one followed so far, else the last. */
  private find(): Subject {
    const panel = this.notebooks.currentWidget;
    if (!panel) return null;
    const views = (node: Element | undefined) => [...(node?.querySelectorAll(VIEW) ?? [])].filter(ready);
    const active = views(panel.content.activeCell?.node).at(-1);
    const all = views(panel.content.node);
    const fresh = all.filter(view => !this.seen.has(view)).at(-1);
    all.forEach(view => this.seen.add(view));
    if (active ?? fresh) return { view: (active ?? fresh)! };
    // A cell out of sight is taken off the page, with its view whole.
    const before = this.subject && 'view' in this.subject && this.watched === panel ? this.subject.view : null;
    if (before?.parentElement && (!before.isConnected || panel.content.node.contains(before))) return { view: before };
    if (all.length) return { view: all[all.length - 1] };
    const saved = keptIn(panel);
    return saved && { saved };
  }

  private clear(): void {
    this.turn++;
    clearTimeout(this.timer);
    this.unmount?.();
    this.unmount = null;
    this.subject = null;
    this.stage.replaceChildren();
  }

  private restyle(): void {
    if (this.subject && 'saved' in this.subject) {
      this.clear();
      this.soon();
    }
  }

  private say(): void {
    this.stage.replaceChildren(make('p', 'fsl-none', {},
      this.words.__('The active notebook shows no structure yet. Run a cell that ends in a prediction, such as fs.fold("…").')));
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.watcher.disconnect();
    this.clear();
    options.changed.disconnect(this.restyle, this);
    super.dispose();
  }
}

function same(a: Subject, b: Subject): boolean {
  if (!a || !b) return false;
  return 'view' in a ? 'view' in b && a.view === b.view : 'saved' in b && a.saved === b.saved;
}

function ready(view: Element): boolean {
  return (view as HTMLElement & { foldsight?: { store: { scene: unknown } } }).foldsight?.store.scene != null;
}

function workbench(saved: SavedView): SavedView {
  return { ...saved, scene: { ...saved.scene, style: { ...saved.scene.style, layout: 'workbench' } } };
}

/** The last figure in the notebook's outputs; from outputs that are not trusted nothing is taken. */
function keptIn(panel: NotebookPanel): SavedView | null {
  for (const cell of [...panel.content.widgets].reverse()) {
    const { outputs } = cell.model;
    for (let i = (outputs?.length ?? 0) - 1; i >= 0; i--) {
      const output = outputs!.get(i);
      const found = output.data[VIEW_MIME];
      if (found && output.trusted) return found as unknown as SavedView;
    }
  }
  return null;
}

export const follow: JupyterFrontEndPlugin<void> = {
  id: '@foldsight/lab:structure',
  description: 'A panel with the workbench of the structure in the active notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ILayoutRestorer, ICommandPalette, ITranslator],
  activate(
    app: JupyterFrontEnd, notebooks: INotebookTracker, restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null, translator: ITranslator | null
  ) {
    const words = (translator ?? nullTranslator).load('foldsight');
    const panel = new FollowPanel(notebooks, words);
    (panel.title as { icon: unknown }).icon = icon;
    app.shell.add(panel, 'right', { rank: 550 });
    restorer?.add(panel, panel.id);
    app.commands.addCommand(COMMANDS.follow, {
      label: words.__('Show the structure of the notebook'), caption: words.__('Workbench of the active notebook, at the right'),
      icon: icon as never, describedBy: { args: { type: 'object', properties: {} } }, execute: () => app.shell.activateById(panel.id)
    });
    palette?.addItem({ command: COMMANDS.follow, category: CATEGORY });
  }
};
