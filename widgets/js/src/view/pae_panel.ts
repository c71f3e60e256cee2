/**
 * The PAE map: row = residue aligned on, column = residue scored.
 *
 * Pointing reads the error both ways, a drag selects two ranges, arrow keys do the same.
 */
import { errorAt, meanError } from '../pae';
import { number, type ChainRows } from '../residues';
import type { PaeData } from '../scene';
import type { Change, Store } from '../store';
import { __ } from '../words';
import { iconButton, make } from './dom';
import { MARGIN, PaePainter, picture, type Live, type Place } from './pae_painter';

const SAVE = 'M7.3 2h1.4v6l2-2 1 1L8 10.7 4.3 7l1-1 2 2zM2.5 12h11v1.5h-11z';

export class PaePanel {
  readonly element = make('div', 'fs-pae fs-panel', { role: 'group', 'aria-label': __('Predicted aligned error') });
  private readonly canvas = make('canvas', 'fs-pae-canvas', { tabindex: '0', role: 'img' });
  private readonly words = make('div', 'fs-pae-words', { 'aria-live': 'polite' });
  private readonly body = make('div', 'fs-pae-body');
  private map: HTMLCanvasElement | null = null;
  private pae: PaeData | null = null;
  /** First row of the structure that the map is of, and its chains. */
  private start = 0;
  private chains: ChainRows[] = [];
  /** Indices under the pointer: [aligned, scored]. */
  private at: [number, number] | null = null;
  private from: [number, number] | null = null;
  private drawing = 0;
  private readonly watcher = new ResizeObserver(() => this.redraw());

  constructor(private readonly store: Store) {
    const save = iconButton(__('Save the map (PNG)'), SAVE, () => this.save());
    this.body.append(this.canvas);
    this.element.append(make('div', 'fs-panel-head', {}, make('span', 'fs-panel-title', {}, __('Predicted aligned error')), save), this.body, this.words);
    store.listen((change, origin) => this.changed(change, origin));
    this.canvas.addEventListener('pointermove', event => this.move(event));
    this.canvas.addEventListener('pointerdown', event => this.press(event));
    this.canvas.addEventListener('pointerup', event => this.release(event));
    this.canvas.addEventListener('pointerleave', () => this.leave());
    this.canvas.addEventListener('keydown', event => this.key(event));
    this.watcher.observe(this.body);
  }

  private changed(change: Change, origin: unknown): void {
    if (change === 'scene') this.read();
    if (change === 'hover' && origin !== this) this.at = null;
    if (change === 'scene' || change === 'selection' || change === 'hover') this.redraw();
  }

  private read(): void {
    const { scene, table } = this.store;
    const index = scene?.structures.findIndex(s => s.pae) ?? -1;
    this.pae = this.map = null;
    const pae = index < 0 ? null : scene!.structures[index].pae!;
    this.element.toggleAttribute('data-empty', !pae);
    if (!pae || !table || pae.fault) {
      this.words.textContent = pae?.fault || __('There is no predicted aligned error for this structure.');
      this.body.hidden = true;
      return;
    }
    this.body.hidden = false;
    this.chains = table.chains.filter(c => c.structure === index);
    this.start = this.chains[0]?.start ?? 0;
    this.pae = pae;
    this.words.textContent = this.hint();
    this.map = picture(pae);
    this.canvas.setAttribute('aria-label',
      __('Map of the predicted aligned error of %1 residues, 0 to %2 Å. Arrow keys move, Shift selects.', String(pae.size), pae.top.toFixed(1)));
  }

  private hint(): string {
    return __('Drag to select two ranges of residues');
  }

  /** Side of the square and where it begins, in CSS pixels. */
  private frame(): { x: number; y: number; side: number } {
    const box = this.body.getBoundingClientRect();
    const side = Math.max(40, Math.min(box.width - MARGIN.left - MARGIN.right, box.height - MARGIN.top - MARGIN.bottom));
    const spare = box.width - MARGIN.left - MARGIN.right - side;
    return { x: MARGIN.left + Math.max(0, spare / 2), y: MARGIN.top, side };
  }

  private cell(event: PointerEvent): [number, number] | null {
    if (!this.pae) return null;
    const { x, y, side } = this.frame();
    const box = this.canvas.getBoundingClientRect();
    const clamp = (v: number) => Math.floor((v / side) * this.pae!.size);
    const [row, column] = [clamp(event.clientY - box.y - y), clamp(event.clientX - box.x - x)];
    const inside = row >= 0 && column >= 0 && row < this.pae.size && column < this.pae.size;
    if (inside) return [row, column];
    const bound = (v: number) => Math.min(this.pae!.size - 1, Math.max(0, v));
    return this.from ? [bound(row), bound(column)] : null;
  }

  private press(event: PointerEvent): void {
    const at = this.cell(event);
    if (!at || event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.from = this.at = at;
  }

  private move(event: PointerEvent): void {
    this.point(this.cell(event));
  }

  private point(at: [number, number] | null): void {
    this.at = at;
    this.store.setHover(at ? this.start + at[1] : -1, this);
    this.words.textContent = at ? this.reading(at) : this.hint();
    this.redraw();
  }

  /** Both residues and the error both ways. */
  private reading([aligned, scored]: [number, number]): string {
    const { table } = this.store;
    const name = (i: number) => {
      const residue = table!.rows[this.start + i];
      return `${residue.name} ${residue.chain}:${number(residue)}`;
    };
    if (!table) return '';
    const there = errorAt(this.pae!, aligned, scored), back = errorAt(this.pae!, scored, aligned);
    return __('%1 aligned on %2: %3 Å (the other way %4 Å)', name(scored), name(aligned), there.toFixed(1), back.toFixed(1));
  }

  private release(event: PointerEvent): void {
    const at = this.cell(event);
    const { from } = this;
    this.from = null;
    if (from && at) this.choose(from, at);
  }

  /** Select the two ranges of a rectangle; a single cell is its two residues. */
  private choose(from: [number, number], to: [number, number]): void {
    const { table } = this.store;
    if (!table) return;
    const range = (k: 0 | 1) => new Set(table.between(this.start + from[k], this.start + to[k]));
    this.store.takePair({ first: range(0), second: range(1) }, this);
    this.redraw();
  }

  private leave(): void {
    if (!this.from) this.point(null);
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!this.pae || (!step && event.key !== 'Escape')) return;
    event.preventDefault();
    event.stopPropagation();
    if (!step) {
      this.from = null;
      return this.store.clear(this);
    }
    const bound = (v: number) => Math.min(this.pae!.size - 1, Math.max(0, v));
    const old = this.at ?? [0, 0];
    if (event.shiftKey) this.from ??= old;
    else this.from = null;
    const many = event.ctrlKey ? 10 : 1;
    this.point([bound(old[0] + step[0] * many), bound(old[1] + step[1] * many)]);
    if (this.from && this.at) {
      const { from } = this;
      this.choose(from, this.at);
    }
  }

  redraw(): void {
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      this.draw();
    });
  }

  private draw(): void {
    if (!this.pae || !this.map || !this.element.isConnected) return;
    const box = this.body.getBoundingClientRect();
    if (box.width < 80 || box.height < 80) return;
    const scale = devicePixelRatio || 1;
    this.canvas.width = Math.round(box.width * scale);
    this.canvas.height = Math.round(box.height * scale);
    const { x, side } = this.frame();
    this.paint(this.canvas.getContext('2d')!, { scale, x, side }, this.live());
  }

  private paint(ctx: CanvasRenderingContext2D, place: Place, live: Live | null): void {
    const { pae, map, start, chains, store } = this;
    if (!pae || !map) return;
    new PaePainter(ctx, { pae, picture: map, start, chains, store }, place, getComputedStyle(this.element)).draw(live);
  }

  /** What is marked: the cross under the pointer, and the rectangle that is drawn or chosen. */
  private live(): Live {
    const { pair } = this.store;
    const rectangle = this.from && this.at
      ? [[this.from[0], this.at[0]], [this.from[1], this.at[1]]]
      : pair && [[...pair.first], [...pair.second]].map(rows => rows.map(row => row - this.start));
    return { at: this.at ?? this.hovered(), rectangle };
  }

  private hovered(): [number, number] | null {
    const i = this.store.hover - this.start;
    return this.store.hover >= 0 && i >= 0 && i < this.pae!.size ? [i, i] : null;
  }

  /** Mean error of the chosen pair of ranges, both ways, in Å. */
  pairErrors(): [number, number] | null {
    const { pair } = this.store;
    if (!pair || !this.pae) return null;
    const [a, b] = [pair.first, pair.second].map(rows => [...rows].map(r => r - this.start));
    return [meanError(this.pae, a, b), meanError(this.pae, b, a)];
  }

  /** The map with its axes, large enough for print. */
  png(): Promise<Blob> {
    const side = Math.max(900, Math.min(2048, this.pae?.size ?? 0));
    const canvas = make('canvas', '');
    const scale = 2;
    canvas.width = (side + MARGIN.left + MARGIN.right) * scale;
    canvas.height = (side + MARGIN.top + MARGIN.bottom) * scale;
    const ctx = canvas.getContext('2d')!;
    ctx.fillStyle = getComputedStyle(this.element).getPropertyValue('--fs-bg');
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    this.paint(ctx, { scale, x: MARGIN.left, side }, null);
    return new Promise((resolve, reject) =>
      canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('The map could not be encoded.')))));
  }

  private async save(): Promise<void> {
    if (!this.pae) return;
    const name = `${this.store.scene?.title || 'structure'}-pae.png`;
    const link = make('a', '', { href: URL.createObjectURL(await this.png()), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  dispose(): void {
    this.watcher.disconnect();
    cancelAnimationFrame(this.drawing);
  }
}
