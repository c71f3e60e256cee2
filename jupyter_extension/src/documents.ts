/** Structures in the main area: files opened with FoldSight, and results of jobs. */
import { ABCWidgetFactory, DocumentWidget, type Context } from '@jupyterlab/docregistry';
import { Widget } from '@lumino/widgets';
import { loadEngine } from '../../widgets/js/src/loader';
import type { SavedView } from '../../widgets/js/src/saved';
import { api } from './api';

/** Shows a view that the server made of a file or of a result. */
export class StructurePane extends Widget {
  private unmount: (() => void) | null = null;
  private turn = 0;

  constructor(private readonly fetch: () => Promise<SavedView>) {
    super();
    this.addClass('fsl-document');
    void this.load();
  }

  /** Fetch and draw; a later call wins over an earlier one that is still under way. */
  async load(): Promise<void> {
    const turn = ++this.turn;
    if (!this.unmount) this.node.textContent = 'Reading the structure…';
    try {
      const [engine, saved] = await Promise.all([loadEngine(), this.fetch()]);
      if (turn !== this.turn || this.isDisposed) return;
      this.unmount?.();
      this.node.replaceChildren();
      this.unmount = await engine.mountSaved(this.node, saved);
    } catch (error) {
      if (turn !== this.turn || this.isDisposed) return;
      this.unmount?.();
      this.unmount = null;
      this.node.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.turn++;
    this.unmount?.();
    super.dispose();
  }
}

/** "Open with FoldSight": the server reads the file, so that every format and the PAE are there. */
export class StructureFactory extends ABCWidgetFactory<DocumentWidget<StructurePane>> {
  protected createNewWidget(context: Context): DocumentWidget<StructurePane> {
    const content = new StructurePane(() => api.scene(context.path));
    const widget = new DocumentWidget({ content, context });
    context.fileChanged.connect(() => void content.load());
    return widget;
  }
}
