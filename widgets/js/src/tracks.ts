/** The tracks of a sequence, apart from how they are drawn. Pure. */
import { classColor } from './colors';
import type { Residue, ResidueTable } from './residues';
import { number } from './residues';
import type { Coloring, Scene } from './scene';
import { __ } from './words';

export type Scheme = 'author' | 'label' | 'uniprot';

export const SCHEMES: readonly Scheme[] = ['author', 'label', 'uniprot'];

export function schemeWords(scheme: Scheme): string {
  return { author: __('Author numbers'), label: __('Sequence positions'), uniprot: __('UniProt numbers') }[scheme];
}

/** Number of a residue in a scheme, or an empty text where it has none. */
export function numberIn(residue: Residue, scheme: Scheme): string {
  if (scheme === 'author') return number(residue);
  const value = scheme === 'label' ? residue.labelSeq : residue.uniprot;
  return value !== null && value > 0 ? String(value) : '';
}

/** The schemes in which some residue has a number. */
export function knownSchemes(table: ResidueTable): Scheme[] {
  return SCHEMES.filter(id => table.rows.some(r => numberIn(r, id) !== ''));
}

/** Whether a number is written over a residue: round ones, and the first of a chain. */
export function isNumbered(text: string, every: number, first: boolean): boolean {
  const value = parseInt(text, 10);
  return text !== '' && (first || value % every === 0);
}

export interface Track {
  id: string;
  label: string;
  title: string;
  /** Classes stand side by side without a gap; numbers are bars. */
  blocks: boolean;
  /** Height of a residue's bar, 0 to 1. */
  height(row: number): number;
  color(row: number): string | null;
}

/** Colourings as tracks: numbers are bars, classes are blocks. Chains and superposed structures are no tracks. */
export function tracksOf(scene: Scene, table: ResidueTable, palette: string, secondary: Int8Array | null): Track[] {
  const found = new Map<string, Coloring>();
  for (const s of scene.structures) for (const c of s.colorings) if (!found.has(c.id)) found.set(c.id, c);
  found.delete('chain');
  found.delete('structure');
  return [...found.values()].map(first => trackOf(first, scene, table, palette, secondary));
}

function trackOf(first: Coloring, scene: Scene, table: ResidueTable, palette: string, secondary: Int8Array | null): Track {
  const per = scene.structures.map(s => s.colorings.find(c => c.id === first.id));
  const at = (row: number) => per[table.rows[row].structure];
  const [low, high] = first.limits ?? [0, 100];
  return {
    id: first.id, label: first.label, title: first.title, blocks: per.every(c => !c?.values),
    height(row) {
      const value = at(row)?.values?.[table.rows[row].local];
      if (value === undefined || value === null) return at(row)?.values ? 0 : 1;
      return Math.min(1, Math.max(0.12, (value - low) / (high - low || 1)));
    },
    color(row) {
      const coloring = at(row);
      if (!coloring) return null;
      const cls = coloring.classes ? coloring.classes[table.rows[row].local] : (secondary?.[row] ?? -1);
      return cls < 0 ? null : classColor(coloring, palette, table.rows[row].local, cls);
    }
  };
}

/** Rows that a window of pixels shows, with a few to spare. */
export function windowOf(left: number, width: number, cell: number, count: number): [number, number] {
  return [Math.max(0, Math.floor(left / cell) - 2), Math.min(count, Math.ceil((left + width) / cell) + 2)];
}
