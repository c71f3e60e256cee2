/**
 * The sequence with its tracks: one long line, of which only what is in sight is drawn.
 *
 * A drag selects; the keyboard does what the strip's does. For screen readers the panel is a
 * list box with one option, the residue at the cursor.
 */
import type { Rows } from '../selection';
import type { Change, Store } from '../store';
import { isNumbered, knownSchemes, numberIn, SCHEMES, schemeWords, tracksOf, windowOf, type Scheme, type Track } from '../tracks';
import { iconButton, make } from './dom';
import { __ } from '../words';

const CHAIN = 16, RULER = 14, LETTERS = 18, TRACK = 18, GAP = 4;
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
    this.spacer.style.height = `${this.height}px`;
  }

  private get height(): number {
    return CHAIN + RULER + LETTERS + this.tracks.length * TRACK + GAP;
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
    const { table } = this.store;
    const { clientWidth: width, scrollLeft: left } = this.scroller;
    if (!table || !width || !this.element.isConnected) return;
    const scale = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(this.height * scale);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${this.height}px`;
    const ctx = this.canvas.getContext('2d')!;
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    ctx.translate(-left, 0);
    const style = getComputedStyle(this.element);
    const [ink, faint, select, line, hover] = ['--fs-ink', '--fs-faint', '--fs-select', '--fs-line', '--fs-hover']
      .map(name => style.getPropertyValue(name).trim());
    const [from, to] = windowOf(left, width, this.cell, this.count);
    this.chains(ctx, left, ink, line, style.fontFamily);
    this.bands(ctx, from, to, select, hover);
    this.ruler(ctx, from, to, faint, style.fontFamily);
    this.notes(ctx, from, to);
    this.letters(ctx, from, to, ink, style.getPropertyValue('--fs-on-select').trim());
    this.bars(ctx, from, to, line);
    this.edges(ctx, from, to, select);
  }

  private chains(ctx: CanvasRenderingContext2D, left: number, ink: string, line: string, font: string): void {
    const { table } = this.store;
    ctx.font = `600 11px ${font}`;
    ctx.textAlign = 'left';
    for (const chain of table!.chains) {
      const [a, b] = [chain.start * this.cell, chain.end * this.cell];
      ctx.fillStyle = line;
      if (chain.start > 0) ctx.fillRect(a, 0, 1, this.height);
      const owner = table!.structureIds.length > 1 ? `${table!.structureIds[chain.structure]} ` : '';
      const name = `${owner}${chain.chain}`;
      ctx.fillStyle = ink;
      // The name stays in sight while its chain is.
      const room = b - ctx.measureText(name).width - 4;
      if (room > a) ctx.fillText(name, Math.min(Math.max(a + 3, left + 3), room), 12);
    }
  }

  /** Bands behind what is selected and hovered. */
  private bands(ctx: CanvasRenderingContext2D, from: number, to: number, select: string, hover: string): void {
    const width = Math.max(this.cell, 1);
    const top = CHAIN + RULER;
    for (let row = from; row < to; row++) {
      if (this.store.selection.has(row)) {
        ctx.fillStyle = select;
        ctx.fillRect(row * this.cell, top, width, LETTERS);
      } else if (row === this.store.hover) {
        ctx.fillStyle = hover;
        ctx.fillRect(row * this.cell, top, width, this.height - top);
      }
    }
  }

  private ruler(ctx: CanvasRenderingContext2D, from: number, to: number, faint: string, font: string): void {
    const { rows } = this.store.table!;
    const scheme = (this.scheme.value || 'author') as Scheme;
    const every = [10, 20, 50, 100, 200, 500, 1000].find(n => n * this.cell > 45) ?? 5000;
    ctx.font = `9px ${font}`;
    ctx.textAlign = 'center';
    ctx.fillStyle = faint;
    let free = -Infinity;
    for (let row = from; row < to; row++) {
      const first = row === 0 || rows[row - 1].chain !== rows[row].chain || rows[row - 1].structure !== rows[row].structure;
      const text = numberIn(rows[row], scheme);
      const at = (row + 0.5) * this.cell;
      const half = ctx.measureText(text).width / 2;
      if (!isNumbered(text, every, first) || at - half < free) continue;
      ctx.fillText(text, Math.max(at, half + 1), CHAIN + RULER - 4);
      free = at + half + 6;
    }
  }

  /** Annotations under the letters, and frames around what others point at. */
  private notes(ctx: CanvasRenderingContext2D, from: number, to: number): void {
    const bottom = CHAIN + RULER + LETTERS;
    for (const { rows, colour } of this.store.notes) {
      ctx.fillStyle = colour;
      for (const row of rows) if (row >= from && row < to) ctx.fillRect(row * this.cell, bottom - 3, this.cell + 0.3, 3);
    }
    for (const { rows, hover, colour } of this.store.others) {
      ctx.strokeStyle = ctx.fillStyle = colour;
      ctx.lineWidth = 2;
      for (const row of rows) if (row >= from && row < to) ctx.fillRect(row * this.cell, CHAIN + RULER, this.cell + 0.3, 2);
      if (hover >= from && hover < to) ctx.strokeRect(hover * this.cell, CHAIN + RULER, Math.max(this.cell, 3), LETTERS);
    }
  }

  private letters(ctx: CanvasRenderingContext2D, from: number, to: number, ink: string, onSelect: string): void {
    if (this.cell < 6) return;
    ctx.font = `${Math.min(13, this.cell + 1.5)}px ui-monospace, monospace`;
    ctx.textAlign = 'center';
    for (let row = from; row < to; row++) {
      ctx.fillStyle = this.store.selection.has(row) ? onSelect : ink;
      ctx.fillText(this.store.table!.rows[row].letter, (row + 0.5) * this.cell, CHAIN + RULER + 13);
    }
  }

  private bars(ctx: CanvasRenderingContext2D, from: number, to: number, line: string): void {
    this.tracks.forEach((track, i) => {
      const width = this.cell > 4 && !track.blocks ? this.cell - 0.5 : this.cell + 0.3;
      const bottom = CHAIN + RULER + LETTERS + (i + 1) * TRACK;
      for (let row = from; row < to; row++) {
        const color = track.color(row);
        if (!color) continue;
        const tall = Math.max(1.5, track.height(row) * (TRACK - 5));
        ctx.fillStyle = color;
        ctx.fillRect(row * this.cell, bottom - tall, width, tall);
      }
      ctx.fillStyle = line;
      ctx.fillRect(from * this.cell, bottom, (to - from) * this.cell, 0.5);
    });
  }

  /** Lines down the tracks where a selected range begins and ends, and the keyboard's cursor. */
  private edges(ctx: CanvasRenderingContext2D, from: number, to: number, select: string): void {
    const { selection } = this.store;
    const top = CHAIN + RULER;
    ctx.fillStyle = select;
    for (let row = from; row < to; row++) {
      if (!selection.has(row)) continue;
      if (!selection.has(row - 1)) ctx.fillRect(row * this.cell - 0.5, top, 1, this.height - top);
      if (!selection.has(row + 1)) ctx.fillRect((row + 1) * this.cell - 0.5, top, 1, this.height - top);
    }
    if (!this.scroller.matches(':focus-visible')) return;
    ctx.strokeStyle = select;
    ctx.lineWidth = 2;
    ctx.strokeRect(this.cursor * this.cell, top, Math.max(this.cell, 3), LETTERS);
  }

  dispose(): void {
    this.watcher.disconnect();
    cancelAnimationFrame(this.drawing);
  }
}
