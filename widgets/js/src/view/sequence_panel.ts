/**
 * The sequence with its tracks: one long line, of which only what is in sight is drawn.
 *
 * A drag selects; the keyboard does what the strip's does. For screen readers the panel is a
 * list box with one option, the residue at the cursor.
 */
import type { Rows } from '../selection';
import type { Change, Store } from '../store';
import { knownSchemes, SCHEMES, schemeWords, tracksOf, type Scheme, type Track } from '../tracks';
import { __ } from '../words';
import { iconButton, make } from './dom';
import { heightOf, SequencePainter } from './sequence_painter';

const LETTER_CELL = 11, SMALLEST = 0.1;
const ZOOM_IN = 'M7 3h2v4h4v2H9v4H7V9H3V7h4z', ZOOM_OUT = 'M3 7h10v2H3z', FIT = 'M1 4h1.5v8H1zM13.5 4H15v8h-1.5zM4 8l3-3v2h2V5l3 3-3 3V9H7v2z';

export class SequencePanel {
  readonly element = make('div', 'fs-sequence fs-panel', { role: 'group', 'aria-label': __('Sequence and tracks') });
  private readonly scheme = make('select', 'fs-select', { 'aria-label': __('Numbering'), title: __('Numbering') });
  private readonly names = make('div', 'fs-track-names');
  private readonly scroller = make('div', 'fs-sequence-scroll', {
    tabindex: '0', role: 'listbox', 'aria-multiselectable': 'true', 'aria-label': __('Sequence')
  });
  private readonly spacer = make('div', 'fs-sequence-spacer');
  private readonly canvas = make('canvas', 'fs-sequence-canvas', { 'aria-hidden': 'true' });
  private readonly option = make('div', 'fs-hidden', { role: 'option', hidden: '', id: `fs-option-${Math.random().toString(36).slice(2)}` });
  private tracks: Track[] = [];
  private cell = LETTER_CELL;
  private cursor = 0;
  private dragFrom = -1;
  private drawing = 0;
  private readonly watcher = new ResizeObserver(() => this.redraw());

  constructor(private readonly store: Store, private readonly focus: (rows: Rows) => void) {
    const head = make('div', 'fs-panel-head', {}, make('span', 'fs-panel-title', {}, __('Sequence')), this.scheme,
      iconButton(__('Smaller'), ZOOM_OUT, () => this.zoom(this.cell / 1.6)),
      iconButton(__('Larger'), ZOOM_IN, () => this.zoom(this.cell * 1.6)),
      iconButton(__('Whole sequence'), FIT, () => this.zoom(0)));
    this.spacer.append(this.canvas);
    this.scroller.append(this.spacer, this.option);
    this.element.append(head, make('div', 'fs-sequence-body', {}, this.names, this.scroller));
    store.listen((change, origin) => this.changed(change, origin));
    this.scheme.addEventListener('change', () => this.redraw());
    this.scroller.addEventListener('scroll', () => this.redraw());
    this.scroller.addEventListener('keydown', event => this.key(event));
    this.canvas.addEventListener('pointerdown', event => this.press(event));
    this.canvas.addEventListener('pointermove', event => this.move(event));
    this.canvas.addEventListener('pointerup', () => (this.dragFrom = -1));
    this.canvas.addEventListener('pointerleave', () => store.setHover(-1, this));
    this.canvas.addEventListener('dblclick', event => this.doubled(event));
    this.watcher.observe(this.scroller);
  }

  private get count(): number {
    return this.store.table?.rows.length ?? 0;
  }

  private changed(change: Change, origin: unknown): void {
    const { scene, table, secondary, palette } = this.store;
    if (!scene || !table) return;
    if (change === 'scene') this.read();
    if (change === 'scene' || change === 'style' || change === 'colors') {
      this.tracks = tracksOf(scene, table, palette, secondary);
      this.nameTracks();
    }
    if (change === 'selection' && origin !== this && this.store.selection.size) this.reveal(Math.min(...this.store.selection));
    this.redraw();
  }

  private read(): void {
    const known = knownSchemes(this.store.table!);
    const before = this.scheme.value;
    this.scheme.replaceChildren(...SCHEMES.map(id => {
      const option = make('option', '', { value: id }, schemeWords(id));
      option.disabled = !known.includes(id);
      return option;
    }));
    this.scheme.value = known.includes(before as Scheme) ? before : 'author';
    this.cursor = 0;
    this.zoom(this.cell);
  }

  /** The gutter: one button per track, which also colours the picture by it. */
  private nameTracks(): void {
    const focused = [...this.names.children].indexOf((this.element.getRootNode() as Document).activeElement as Element);
    this.names.replaceChildren(make('div', 'fs-track-space'), ...this.tracks.map(track => {
      const on = String(track.id === this.store.coloring);
      const button = make('button', 'fs-track-name', { type: 'button', 'aria-pressed': on, title: __('Colour by %1', track.title) }, track.label);
      button.addEventListener('click', () => this.store.color(track.id));
      return button;
    }));
    (this.names.children[focused] as HTMLElement | undefined)?.focus();
    this.spacer.style.height = `${heightOf(this.tracks.length)}px`;
  }

  /** Set the width of a residue in pixels; 0 shows the whole sequence. The middle stays where it is. */
  private zoom(cell: number): void {
    const width = this.scroller.clientWidth || 600;
    const middle = (this.scroller.scrollLeft + width / 2) / this.cell;
    const fit = Math.max(SMALLEST, width / Math.max(1, this.count));
    this.cell = Math.min(24, Math.max(fit, cell));
    if (cell === 0) this.cell = Math.min(LETTER_CELL, fit);
    this.spacer.style.width = `${Math.max(width, this.count * this.cell)}px`;
    this.scroller.scrollLeft = middle * this.cell - width / 2;
    this.redraw();
  }

  private reveal(row: number): void {
    const { scrollLeft, clientWidth } = this.scroller;
    const at = row * this.cell;
    if (at < scrollLeft || at + this.cell > scrollLeft + clientWidth) this.scroller.scrollLeft = at - clientWidth / 3;
  }

  private rowAt(event: MouseEvent): number {
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor((event.clientX - box.x + this.scroller.scrollLeft) / this.cell);
    return row >= 0 && row < this.count ? row : -1;
  }

  private press(event: PointerEvent): void {
    const row = this.rowAt(event);
    if (row < 0 || event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.dragFrom = this.cursor = row;
    this.store.pick(row, { shift: event.shiftKey, toggle: event.ctrlKey || event.metaKey }, this);
  }

  private move(event: PointerEvent): void {
    const row = this.rowAt(event);
    this.store.setHover(row, this);
    if (this.dragFrom < 0 || row < 0 || row === this.cursor || !(event.buttons & 1)) return;
    this.cursor = row;
    this.store.extend(row, event.ctrlKey || event.metaKey, this);
  }

  private doubled(event: MouseEvent): void {
    const row = this.rowAt(event);
    if (row < 0) return;
    this.store.take([row], this);
    this.focus(this.store.selection);
  }

  private key(event: KeyboardEvent): void {
    const step = this.step(event.key);
    if (step !== null) {
      this.cursor = Math.max(0, Math.min(this.count - 1, step));
      this.reveal(this.cursor);
      this.store.setHover(this.cursor, this);
      if (event.shiftKey) this.store.extend(this.cursor, false, this);
      this.tellCursor();
    } else if (!this.act(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private step(key: string): number | null {
    switch (key) {
      case 'ArrowRight': return this.cursor + 1;
      case 'ArrowLeft': return this.cursor - 1;
      case 'PageDown': return this.cursor + 10;
      case 'PageUp': return this.cursor - 10;
      case 'Home': return 0;
      case 'End': return this.count - 1;
      default: return null;
    }
  }

  private act(event: KeyboardEvent): boolean {
    const toggle = event.ctrlKey || event.metaKey;
    if (event.key === 'Enter') {
      if (!this.store.selection.has(this.cursor)) this.store.pick(this.cursor, { shift: event.shiftKey, toggle }, this);
      this.focus(this.store.selection);
    } else if (event.key === ' ') this.store.pick(this.cursor, { shift: event.shiftKey, toggle: true }, this);
    else if (event.key === 'Escape') this.store.clear(this);
    else if (event.key === 'a' && toggle) this.store.take(Array.from({ length: this.count }, (_, i) => i), this);
    else return false;
    this.tellCursor();
    return true;
  }

  private tellCursor(): void {
    this.option.hidden = false;
    this.option.textContent = this.store.describe(this.cursor);
    this.option.setAttribute('aria-selected', String(this.store.selection.has(this.cursor)));
    this.scroller.setAttribute('aria-activedescendant', this.option.id);
    this.redraw();
  }

  redraw(): void {
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      this.draw();
    });
  }

  private draw(): void {
    const { store, tracks, cell } = this;
    const { clientWidth: width, scrollLeft: left } = this.scroller;
    if (!store.table || !width || !this.element.isConnected) return;
    const scale = devicePixelRatio || 1, height = heightOf(tracks.length);
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const ctx = this.canvas.getContext('2d')!;
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    const cursor = this.scroller.matches(':focus-visible') ? this.cursor : -1;
    const scheme = (this.scheme.value || 'author') as Scheme;
    new SequencePainter(ctx, { store, tracks, scheme, cell, cursor }, getComputedStyle(this.element)).draw(left, width);
  }

  dispose(): void {
    this.watcher.disconnect();
    cancelAnimationFrame(this.drawing);
  }
}
