/** The 3D area of a view: live, frozen to a picture, or saying why there is none. */
import { MolViewer } from '../mol/viewer';
import { pagePool, type Member } from '../pool';
import { backgroundOf } from '../theming';
import { make } from './dom';
import { __ } from '../words';

export type StageState = 'waiting' | 'loading' | 'ready' | 'frozen' | 'error';

export interface StageActions {
  /** Fill a fresh viewer: load, draw, select. */
  fill(viewer: MolViewer): Promise<void>;
  changed(state: StageState): void;
}

const AHEAD = '200px';

/** Reject once the browser takes a canvas' context away; a click draws the picture again. */
function loss(canvas: HTMLCanvasElement): Promise<never> {
  const words = __('The browser stopped this 3D picture to save memory. Click to draw it again.');
  return new Promise((_, fail) => {
    const lost = () => fail(new Error(words));
    canvas.addEventListener('webglcontextlost', lost);
    if (canvas.getContext('webgl2')?.isContextLost()) lost();
  });
}

export class Stage implements Member {
  readonly element = make('div', 'fs-stage');
  readonly legend = make('div', 'fs-legend', { role: 'note', 'aria-label': __('Legend') });
  /** Name of the structure, shown in a grid. */
  readonly caption = make('div', 'fs-caption');
  viewer: MolViewer | null = null;
  private state: StageState = 'waiting';
  private readonly notice = make('div', 'fs-notice', { role: 'status' });
  private frozen: HTMLImageElement | null = null;
  private inSight = false;
  private gone = false;
  private end!: () => void;
  /** Resolves when the view is taken away: what it waits for may then never come, and others wait for it. */
  private readonly ended = new Promise<void>(resolve => (this.end = resolve));
  /** Rejects when the browser takes the picture's context away: what draws may then wait for ever. */
  private lost!: Promise<never>;
  private camera: unknown;
  private readonly watcher: IntersectionObserver;
  /** Whether the pointer went down in here: Mol* takes a release anywhere in the page for a click. */
  pressed = false;
  private readonly presses = (event: Event) => (this.pressed = event.composedPath().includes(this.element));

  constructor(private readonly actions: StageActions) {
    this.element.tabIndex = 0;
    this.element.setAttribute('role', 'img');
    this.caption.hidden = true;
    this.element.append(this.notice, this.caption, this.legend);
    this.watcher = new IntersectionObserver(([entry]) => this.sighted(entry.isIntersecting), { rootMargin: AHEAD });
    this.watcher.observe(this.element);
    this.element.addEventListener('pointerdown', () => this.touched());
    document.addEventListener('pointerdown', this.presses, { capture: true });
    // The wheel scrolls the notebook until the reader has clicked into the picture.
    this.element.addEventListener('wheel', event => this.wheel(event), { capture: true });
  }

  visible(): boolean {
    return this.inSight;
  }

  get current(): StageState {
    return this.state;
  }

  private sighted(now: boolean): void {
    this.inSight = now;
    if (now && this.state === 'waiting') void this.start();
  }

  private wheel(event: WheelEvent): void {
    const active = this.element.contains((this.element.getRootNode() as Document).activeElement);
    if (!active && !document.fullscreenElement) event.stopPropagation();
  }

  private touched(): void {
    if (this.stopped) void this.start();
    else pagePool().touch(this);
  }

  private get stopped(): boolean {
    return this.state === 'frozen' || this.state === 'error';
  }

  /** Start again by Enter or Space what a click starts; say whether that was asked for. */
  wake(key: string): boolean {
    if (!this.stopped || (key !== 'Enter' && key !== ' ')) return false;
    void this.start();
    return true;
  }

  /** Take a place among the live views and draw; also how a frozen view comes back. */
  async start(): Promise<void> {
    if (this.gone || this.state === 'loading' || this.state === 'ready') return;
    this.set('loading', this.frozen ? '' : __('Loading the structure…'));
    try {
      await pagePool().enter(this, () => Promise.race([this.open(), this.ended]));
      // One that was taken away before its turn came has been given a place after it left.
      if (this.gone) pagePool().leave(this);
      else this.set('ready', '');
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.close();
    this.set('error', error instanceof Error ? error.message : String(error));
  }

  private async open(): Promise<void> {
    if (this.gone) return;
    const canvas = make('div', 'fs-canvas');
    this.element.prepend(canvas);
    const viewer = await MolViewer.create(canvas, backgroundOf(this.element));
    if (this.gone) return viewer.dispose();
    this.viewer = viewer;
    this.lost = loss(canvas.querySelector('canvas')!);
    await Promise.race([this.actions.fill(viewer), this.lost]);
    if (this.camera) viewer.setCamera(this.camera);
    this.frozen?.remove();
    this.frozen = null;
    void this.lost.catch(error => viewer === this.viewer && this.fail(error));
  }

  async freeze(): Promise<void> {
    const { viewer } = this;
    if (!viewer) return;
    this.camera = viewer.camera();
    const box = this.element.getBoundingClientRect();
    const size = { width: Math.max(1, Math.round(box.width)), height: Math.max(1, Math.round(box.height)) };
    let png: Blob | void;
    try {
      png = await Promise.race([viewer.png(size), this.lost, this.ended]);
    } catch (error) {
      // Not the trouble of the view that waits for this one's place.
      if (viewer === this.viewer) this.fail(error);
      return;
    }
    if (!png || viewer !== this.viewer) return;
    const words = __('Paused to spare the graphics card. Click to turn it again.');
    this.frozen = make('img', 'fs-frozen', { src: URL.createObjectURL(png), alt: words, title: words });
    this.frozen.addEventListener('load', () => URL.revokeObjectURL(this.frozen?.src ?? ''), { once: true });
    this.element.insertBefore(this.frozen, this.notice);
    this.close();
    this.set('frozen', '');
  }

  private close(): void {
    this.viewer?.dispose();
    this.viewer = null;
    this.element.querySelector('.fs-canvas')?.remove();
    pagePool().leave(this);
  }

  say(words: string): void {
    this.notice.textContent = words;
    this.notice.hidden = words === '';
  }

  private set(state: StageState, words: string): void {
    this.state = state;
    this.say(words);
    this.actions.changed(state);
  }

  recolorBackground(): void {
    this.viewer?.setBackground(backgroundOf(this.element));
  }

  dispose(): void {
    this.gone = true;
    this.end();
    this.watcher.disconnect();
    document.removeEventListener('pointerdown', this.presses, { capture: true });
    this.close();
  }
}
