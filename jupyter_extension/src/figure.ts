/**
 * Renders a FoldSight view kept in a notebook.
 *
 * While the kernel that made it runs, the live widget is shown; when there is none (kernel gone,
 * notebook of a colleague) the figure is drawn from the data in the notebook.
 */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { PanelLayout, Widget } from '@lumino/widgets';
import { loadEngine } from '../../widgets/js/src/loader';
import type { SavedView } from '../../widgets/js/src/saved';

const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';

/**
 * When to look for the live widget. After a page is loaded again the notebook finds its kernel, and
 * with it the widgets, only after a while; until then, from the second look on, the figure is drawn.
 */
const LOOKS_MS = [0, 2500, 6000, 12000, 25000];

interface RenderMime {
  readonly mimeTypes: readonly string[];
  createRenderer(mimeType: string): IRenderMime.IRenderer;
}

function widgetId(model: IRenderMime.IMimeModel): unknown {
  return (model.data[WIDGET_MIME] as { model_id?: string } | undefined)?.model_id;
}

export class FigureRenderer extends Widget implements IRenderMime.IRenderer {
  private model: IRenderMime.IMimeModel | null = null;
  private live: Widget | null = null;
  private readonly timers: ReturnType<typeof setTimeout>[] = [];
  private settled = false;
  private begun = false;
  private unmount: (() => void) | null = null;
  private drawing = false;
  private readonly figure = document.createElement('div');

  constructor(private readonly mime: string) {
    super();
    this.layout = new PanelLayout();
    this.addClass('foldsight-figure');
    this.node.append(this.figure);
  }

  /** Rendering waits until we are in the page, where the notebook's own renderers can be found. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    if (this.begun && this.model && widgetId(model) !== widgetId(this.model)) this.reset();
    this.model = model;
    if (this.isAttached) this.onAfterAttach();
  }

  protected onAfterAttach(): void {
    if (!this.model || this.begun) return;
    this.begun = true;
    void this.begin();
  }

  private async begin(): Promise<void> {
    const model = this.model!;
    if (!model.trusted || !model.data[WIDGET_MIME] || !this.renderers()) return this.draw();
    LOOKS_MS.forEach((after, look) => this.timers.push(setTimeout(() => void this.seek(look > 0), after)));
  }

  /** Try to show the live widget; draw the figure when it is not there, or not yet on a late try. */
  private async seek(late: boolean): Promise<void> {
    const renderers = this.renderers();
    if (this.isDisposed || this.settled || !renderers?.mimeTypes.includes(WIDGET_MIME)) return;
    this.live?.dispose();
    const live = (this.live = renderers.createRenderer(WIDGET_MIME));
    live.hide();
    (this.layout as PanelLayout).addWidget(live);
    const watcher = new MutationObserver(() => this.look(live));
    watcher.observe(live.node, { childList: true, attributes: true, attributeFilter: ['class'] });
    live.disposed.connect(() => watcher.disconnect());
    if (late) void this.draw();
    await live.renderModel(this.model!);
    this.look(live);
  }

  /** The renderers of the notebook we are in; they know its live widgets. */
  private renderers(): RenderMime | null {
    for (let widget = this.parent; widget; widget = widget.parent) {
      const found = (widget as Widget & { rendermime?: RenderMime }).rendermime;
      if (found) return found;
    }
    return null;
  }

  /** Is the widget alive? Its renderer holds an element when it is, and only words when it is not. */
  private look(live: Widget): void {
    if (live !== this.live || this.isDisposed || this.settled) return;
    const alive = live.node.childElementCount > 0;
    this.settled = alive || live.node.classList.contains('jupyter-widgets');
    if (alive) {
      this.erase();
      live.show();
    } else if (this.settled) {
      live.dispose();
      this.live = null;
      void this.draw();
    }
  }

  private async draw(): Promise<void> {
    if (this.drawing || this.unmount) return;
    this.drawing = true;
    try {
      const engine = await loadEngine();
      if (!this.drawing || this.isDisposed) return;
      const saved = this.model!.data[this.mime] as unknown as SavedView;
      this.unmount = await engine.mountSaved(this.figure, saved);
    } catch (error) {
      this.picture(error);
    } finally {
      this.drawing = false;
    }
  }

  /** Where the engine cannot be had, the picture in the notebook still can. */
  private picture(error: unknown): void {
    const png = this.model?.data['image/png'];
    if (typeof png === 'string') {
      const image = document.createElement('img');
      image.src = `data:image/png;base64,${png}`;
      image.alt = String(this.model?.data['text/plain'] ?? 'Structure');
      image.style.maxWidth = '100%';
      this.figure.replaceChildren(image);
    } else {
      this.figure.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /** The output was replaced by another view. */
  private reset(): void {
    this.timers.splice(0).forEach(clearTimeout);
    this.live?.dispose();
    this.live = null;
    this.settled = this.begun = false;
    this.erase();
  }

  private erase(): void {
    this.drawing = false;
    this.unmount?.();
    this.unmount = null;
    this.figure.replaceChildren();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.reset();
    super.dispose();
  }
}
