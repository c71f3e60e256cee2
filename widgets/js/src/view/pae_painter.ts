/** The drawing of the PAE map: the picture, its axes and scale, and what is marked in it. */
import { mapPixels, tickStep } from '../pae';
import { number, type ChainRows } from '../residues';
import type { PaeData } from '../scene';
import type { Store } from '../store';
import { make } from './dom';
import { __ } from '../words';

/** Room around the map, in CSS pixels. */
export const MARGIN = { left: 46, top: 22, right: 10, bottom: 34 };

/** A map and what it is of. */
export interface PaeMap {
  pae: PaeData;
  /** One pixel for each pair of residues, or for a few. */
  picture: HTMLCanvasElement;
  /** First row of the structure that the map is of, and its chains. */
  start: number;
  chains: readonly ChainRows[];
  store: Store;
}

/** What is marked on the screen and not in a saved picture: the cross, and the indices of a rectangle. */
export interface Live {
  at: [number, number] | null;
  rectangle: number[][] | null;
}

/** Where the map goes: pixels for each CSS pixel, its left edge and its side. */
export interface Place {
  scale: number;
  x: number;
  side: number;
}

export class PaePainter {
  private readonly side: number;
  private readonly color: Record<'ink' | 'faint' | 'select', string>;

  constructor(
    private readonly ctx: CanvasRenderingContext2D, private readonly map: PaeMap, { scale, x, side }: Place,
    style: CSSStyleDeclaration
  ) {
    const color = (name: string) => style.getPropertyValue(name).trim();
    this.side = side;
    this.color = { ink: color('--fs-ink'), faint: color('--fs-faint'), select: color('--fs-select') };
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    ctx.translate(x, MARGIN.top);
    ctx.imageSmoothingEnabled = map.picture.width > side * scale;
    ctx.font = `10px ${style.fontFamily}`;
  }

  draw(live: Live | null): void {
    this.ctx.drawImage(this.map.picture, 0, 0, this.side, this.side);
    this.axes();
    this.scaleBar();
    if (live) this.marks(live);
  }

  private axes(): void {
    const { ctx, side, color: { ink, faint }, map: { pae, chains, start, store } } = this;
    const per = side / pae.size;
    const step = tickStep(pae.size);
    ctx.lineWidth = 1;
    for (const chain of chains) {
      const [a, b] = [(chain.start - start) * per, (chain.end - start) * per];
      ctx.fillStyle = ink;
      ctx.textAlign = 'center';
      ctx.fillText(chain.chain, (a + b) / 2, -9);
      ctx.strokeStyle = faint;
      ctx.beginPath();
      if (a > 0) line(ctx, a, -8, a, side), line(ctx, -8, a, side, a);
      ctx.stroke();
      ctx.fillStyle = faint;
      for (let row = chain.start; row < chain.end; row++) {
        if (store.table!.rows[row].authSeq % step === 0) this.tick(row, per);
      }
    }
    ctx.strokeStyle = faint;
    ctx.strokeRect(0, 0, side, side);
    ctx.save();
    ctx.fillStyle = ink;
    ctx.translate(-36, side / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = 'center';
    ctx.fillText(__('aligned on'), 0, 0);
    ctx.restore();
  }

  private tick(row: number, per: number): void {
    const { ctx, map: { start, store } } = this;
    ctx.textAlign = 'right';
    ctx.fillText(number(store.table!.rows[row]), -4, (row - start + 0.5) * per + 3);
  }

  /** What the colours mean, beneath the map. */
  private scaleBar(): void {
    const { ctx, side, color: { faint }, map: { pae: { colors, top } } } = this;
    const width = Math.min(120, side / 2), y = side + 12;
    const gradient = ctx.createLinearGradient(0, 0, width, 0);
    colors.forEach((color, i) => gradient.addColorStop(i / (colors.length - 1), color));
    ctx.fillStyle = gradient;
    ctx.fillRect(0, y, width, 8);
    ctx.strokeStyle = faint;
    ctx.strokeRect(0, y, width, 8);
    ctx.fillStyle = faint;
    ctx.textAlign = 'left';
    ctx.fillText(`0 – ${top.toFixed(0)} Å`, width + 6, y + 8);
    if (side < 260) return;
    ctx.textAlign = 'right';
    ctx.fillText(__('scored residue →'), side, y + 8);
  }

  /** The selection along both sides, the chosen rectangle, and the cross under the pointer. */
  private marks({ at, rectangle }: Live): void {
    const { ctx, side, color: { select }, map: { pae: { size }, start, store } } = this;
    const per = side / size;
    ctx.fillStyle = select;
    for (const row of store.selection) {
      const i = row - start;
      if (i < 0 || i >= size) continue;
      ctx.fillRect(i * per, -5, Math.max(per, 1), 4);
      ctx.fillRect(-3, i * per, 3, Math.max(per, 1));
    }
    if (rectangle) this.rectangle(rectangle, per);
    if (!at) return;
    ctx.strokeStyle = select;
    ctx.lineWidth = 0.75;
    ctx.beginPath();
    line(ctx, 0, (at[0] + 0.5) * per, side, (at[0] + 0.5) * per);
    line(ctx, (at[1] + 0.5) * per, 0, (at[1] + 0.5) * per, side);
    ctx.stroke();
  }

  private rectangle(bounds: number[][], per: number): void {
    const { ctx } = this;
    const [[top, bottom], [left, right]] = bounds.map(b => [Math.min(...b), Math.max(...b) + 1]);
    ctx.lineWidth = 2;
    ctx.strokeStyle = this.color.select;
    ctx.strokeRect(left * per, top * per, (right - left) * per, (bottom - top) * per);
  }
}

/** The map as a picture in its colours. */
export function picture(pae: PaeData): HTMLCanvasElement {
  const { side, pixels } = mapPixels(pae);
  const canvas = make('canvas', '');
  canvas.width = canvas.height = side;
  const data = new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), side, side);
  canvas.getContext('2d')!.putImageData(data, 0, 0);
  return canvas;
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
}
