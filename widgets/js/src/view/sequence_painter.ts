/** The drawing of the sequence and its tracks: letters, ruler, bars and marks of the residues in sight. */
import type { Store } from '../store';
import { isNumbered, numberIn, windowOf, type Scheme, type Track } from '../tracks';

const CHAIN = 16, RULER = 14, LETTERS = 18, TRACK = 18, GAP = 4;

/** What is drawn, and how. */
export interface Sight {
  store: Store;
  tracks: readonly Track[];
  scheme: Scheme;
  /** Width of a residue in pixels. */
  cell: number;
  /** Row at which the keyboard is; -1 while it is elsewhere. */
  cursor: number;
}

/** Height in pixels with so many tracks. */
export function heightOf(tracks: number): number {
  return CHAIN + RULER + LETTERS + tracks * TRACK + GAP;
}

export class SequencePainter {
  private readonly height: number;
  private readonly cell: number;
  private readonly font: string;
  private readonly color: Record<'ink' | 'faint' | 'select' | 'line' | 'hover' | 'onSelect', string>;

  constructor(private readonly ctx: CanvasRenderingContext2D, private readonly sight: Sight, style: CSSStyleDeclaration) {
    const color = (name: string) => style.getPropertyValue(name).trim();
    this.height = heightOf(sight.tracks.length);
    this.cell = sight.cell;
    this.font = style.fontFamily;
    this.color = {
      ink: color('--fs-ink'), faint: color('--fs-faint'), select: color('--fs-select'),
      line: color('--fs-line'), hover: color('--fs-hover'), onSelect: color('--fs-on-select')
    };
  }

  /** Draw what a window of so many pixels shows that begins at `left`. */
  draw(left: number, width: number): void {
    const [from, to] = windowOf(left, width, this.cell, this.sight.store.table!.rows.length);
    this.ctx.translate(-left, 0);
    this.chains(left);
    this.bands(from, to);
    this.ruler(from, to);
    this.notes(from, to);
    this.letters(from, to);
    this.bars(from, to);
    this.edges(from, to);
  }

  private chains(left: number): void {
    const { ctx, cell } = this;
    const { table } = this.sight.store;
    ctx.font = `600 11px ${this.font}`;
    ctx.textAlign = 'left';
    for (const chain of table!.chains) {
      const [a, b] = [chain.start * cell, chain.end * cell];
      ctx.fillStyle = this.color.line;
      if (chain.start > 0) ctx.fillRect(a, 0, 1, this.height);
      const owner = table!.structureIds.length > 1 ? `${table!.structureIds[chain.structure]} ` : '';
      const name = `${owner}${chain.chain}`;
      ctx.fillStyle = this.color.ink;
      // The name stays in sight while its chain is.
      const room = b - ctx.measureText(name).width - 4;
      if (room > a) ctx.fillText(name, Math.min(Math.max(a + 3, left + 3), room), 12);
    }
  }

  /** Bands behind what is selected and hovered. */
  private bands(from: number, to: number): void {
    const { ctx, cell } = this, { store } = this.sight;
    const width = Math.max(cell, 1);
    const top = CHAIN + RULER;
    for (let row = from; row < to; row++) {
      if (store.selection.has(row)) {
        ctx.fillStyle = this.color.select;
        ctx.fillRect(row * cell, top, width, LETTERS);
      } else if (row === store.hover) {
        ctx.fillStyle = this.color.hover;
        ctx.fillRect(row * cell, top, width, this.height - top);
      }
    }
  }

  private ruler(from: number, to: number): void {
    const { ctx, cell } = this, { store, scheme } = this.sight;
    const { rows } = store.table!;
    const every = [10, 20, 50, 100, 200, 500, 1000].find(n => n * cell > 45) ?? 5000;
    ctx.font = `9px ${this.font}`;
    ctx.textAlign = 'center';
    ctx.fillStyle = this.color.faint;
    let free = -Infinity;
    for (let row = from; row < to; row++) {
      const first = row === 0 || rows[row - 1].chain !== rows[row].chain || rows[row - 1].structure !== rows[row].structure;
      const text = numberIn(rows[row], scheme);
      const at = (row + 0.5) * cell;
      const half = ctx.measureText(text).width / 2;
      if (!isNumbered(text, every, first) || at - half < free) continue;
      ctx.fillText(text, Math.max(at, half + 1), CHAIN + RULER - 4);
      free = at + half + 6;
    }
  }

  /** Annotations under the letters, and frames around what others point at. */
  private notes(from: number, to: number): void {
    const { ctx, cell } = this, { store } = this.sight;
    const bottom = CHAIN + RULER + LETTERS;
    for (const { rows, colour } of store.notes) {
      ctx.fillStyle = colour;
      for (const row of rows) if (row >= from && row < to) ctx.fillRect(row * cell, bottom - 3, cell + 0.3, 3);
    }
    for (const { rows, hover, colour } of store.others) {
      ctx.strokeStyle = ctx.fillStyle = colour;
      ctx.lineWidth = 2;
      for (const row of rows) if (row >= from && row < to) ctx.fillRect(row * cell, CHAIN + RULER, cell + 0.3, 2);
      if (hover >= from && hover < to) ctx.strokeRect(hover * cell, CHAIN + RULER, Math.max(cell, 3), LETTERS);
    }
  }

  private letters(from: number, to: number): void {
    const { ctx, cell } = this, { store } = this.sight;
    if (cell < 6) return;
    ctx.font = `${Math.min(13, cell + 1.5)}px ui-monospace, monospace`;
    ctx.textAlign = 'center';
    for (let row = from; row < to; row++) {
      ctx.fillStyle = store.selection.has(row) ? this.color.onSelect : this.color.ink;
      ctx.fillText(store.table!.rows[row].letter, (row + 0.5) * cell, CHAIN + RULER + 13);
    }
  }

  private bars(from: number, to: number): void {
    const { ctx, cell } = this;
    this.sight.tracks.forEach((track, i) => {
      const width = cell > 4 && !track.blocks ? cell - 0.5 : cell + 0.3;
      const bottom = CHAIN + RULER + LETTERS + (i + 1) * TRACK;
      for (let row = from; row < to; row++) {
        const color = track.color(row);
        if (!color) continue;
        const tall = Math.max(1.5, track.height(row) * (TRACK - 5));
        ctx.fillStyle = color;
        ctx.fillRect(row * cell, bottom - tall, width, tall);
      }
      ctx.fillStyle = this.color.line;
      ctx.fillRect(from * cell, bottom, (to - from) * cell, 0.5);
    });
  }

  /** Lines down the tracks where a selected range begins and ends, and the keyboard's cursor. */
  private edges(from: number, to: number): void {
    const { ctx, cell } = this;
    const { cursor, store: { selection } } = this.sight;
    const top = CHAIN + RULER;
    ctx.fillStyle = this.color.select;
    for (let row = from; row < to; row++) {
      if (!selection.has(row)) continue;
      if (!selection.has(row - 1)) ctx.fillRect(row * cell - 0.5, top, 1, this.height - top);
      if (!selection.has(row + 1)) ctx.fillRect((row + 1) * cell - 0.5, top, 1, this.height - top);
    }
    if (cursor < 0) return;
    ctx.strokeStyle = this.color.select;
    ctx.lineWidth = 2;
    ctx.strokeRect(cursor * cell, top, Math.max(cell, 3), LETTERS);
  }
}
