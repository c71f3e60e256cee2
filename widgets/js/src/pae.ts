/** What a PAE says, apart from how it is drawn. Pure. */
import { hexNumber } from './colors';
import type { PaeData } from './scene';

/** Predicted aligned error in Å at residue `scored` when aligned on residue `aligned`. */
export function errorAt(pae: PaeData, aligned: number, scored: number): number {
  return (pae.data.getUint8(aligned * pae.size + scored) / 255) * pae.top;
}

/** Mean error of a block, in Å; `aligned` and `scored` are indices. */
export function meanError(pae: PaeData, aligned: Iterable<number>, scored: Iterable<number>): number {
  const columns = [...scored];
  let sum = 0, count = 0;
  for (const i of aligned) {
    for (const j of columns) sum += pae.data.getUint8(i * pae.size + j);
    count += columns.length;
  }
  return count ? (sum / count / 255) * pae.top : NaN;
}

/** One RGBA colour for each of the 256 steps, mixed from the palette. */
export function colorTable(colors: string[]): Uint32Array {
  const stops = colors.map(hexNumber);
  return Uint32Array.from({ length: 256 }, (_, step) => {
    const at = (step / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const mix = (shift: number) => {
      const [a, b] = [(stops[low] >> shift) & 255, (stops[low + 1] >> shift) & 255];
      return Math.round(a + (b - a) * (at - low));
    };
    return (255 << 24) | (mix(0) << 16) | (mix(8) << 8) | mix(16);
  });
}

/** A picture larger than this on a side is thinned out: no screen shows more. */
const MOST = 2048;

/** Pixels of the map, and how many residues a pixel stands for on each side. */
export function mapPixels(pae: PaeData): { side: number; pixels: Uint32Array } {
  const step = Math.max(1, Math.ceil(pae.size / MOST));
  const side = Math.ceil(pae.size / step);
  const table = colorTable(pae.colors);
  const pixels = new Uint32Array(side * side);
  for (let i = 0; i < side; i++) {
    const row = i * step * pae.size;
    for (let j = 0; j < side; j++) pixels[i * side + j] = table[pae.data.getUint8(row + j * step)];
  }
  return { side, pixels };
}

/** Round numbers to write along an axis of `count` residues. */
export function tickStep(count: number): number {
  for (let unit = 1; ; unit *= 10) {
    for (const step of [unit, 2 * unit, 5 * unit]) if (count / step <= 6) return step;
  }
}
