/** The numbers of a variant map: which cell is where, and its colour. Pure: no page. */
import { __ } from './words';

export interface GridData {
  /** Residue names such as `A:82`, one per column. */
  residues: string[];
  /** What stands above a column, such as `A:V82`. */
  labels: string[];
  /** One-letter types from top to bottom. */
  types: string;
  /** ddG by column, then type, kcal/mol; NaN where nothing was computed. */
  values: Float32Array;
  /** Columns with a warning. */
  doubtful: boolean[];
  /** Colours saturate here, kcal/mol. */
  limit: number;
}

export const CELL = { width: 11, height: 13, left: 20, top: 16 } as const;

export interface Cell {
  column: number;
  row: number;
}

export function valueAt(data: GridData, { column, row }: Cell): number {
  return data.values[column * data.types.length + row];
}

/** The cell under a point of the canvas; row -1 is the head of the column. */
export function cellAt(data: GridData, x: number, y: number): Cell | null {
  const column = Math.floor((x - CELL.left) / CELL.width);
  const row = y < CELL.top ? -1 : Math.floor((y - CELL.top) / CELL.height);
  if (column < 0 || column >= data.residues.length || row >= data.types.length) return null;
  return { column, row };
}

const ENDS = { red: [178, 24, 43], blue: [33, 102, 172] } as const;

/** White at 0, red where it destabilises, blue where it stabilises; grey where unknown. */
export function colorOf(ddg: number, limit: number): string {
  if (!Number.isFinite(ddg)) return '#b8b8b8';
  const share = Math.min(Math.abs(ddg) / limit, 1);
  const end = ddg > 0 ? ENDS.red : ENDS.blue;
  return `rgb(${end.map(part => Math.round(255 + (part - 255) * share)).join(',')})`;
}

/** What a cell says, in words. */
export function describeCell(data: GridData, { column, row }: Cell): string {
  const label = data.labels[column];
  const doubt = data.doubtful[column] ? __(' (see its warnings)') : '';
  if (row < 0) return `${label}${doubt}`;
  const mutant = data.types[row];
  if (label.split(':')[1]?.[0] === mutant) return __('%1 is the wild type', label) + doubt;
  const ddg = valueAt(data, { column, row });
  if (!Number.isFinite(ddg)) return __('%1: not computed', label + mutant) + doubt;
  const word = ddg > 0 ? __('destabilises') : __('stabilises');
  return `${label}${mutant}: ${ddg > 0 ? '+' : ''}${ddg.toFixed(2)} kcal/mol, ${word}${doubt}`;
}

/** Columns from the anchor to another, in either direction. */
export function between(from: number, to: number): number[] {
  const [first, last] = from < to ? [from, to] : [to, from];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
