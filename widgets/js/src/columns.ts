/** What a table of residues shows: its columns, and the order of its rows. Pure. */
import type { Residue, ResidueTable } from './residues';
import { number } from './residues';
import type { Coloring, Scene } from './scene';
import { knownSchemes, numberIn, type Scheme } from './tracks';
import { __ } from './words';

export interface Column {
  id: string;
  label: string;
  title: string;
  /** Numbers stand to the right. */
  numeric: boolean;
  /** What is sorted by; null where there is nothing. */
  key(row: number): number | string | null;
  /** What is read. */
  text(row: number): string;
}

export type Direction = 'none' | 'ascending' | 'descending';

/** Names and numbers of the residues, then each colouring's values or classes. */
export function columnsOf(scene: Scene, table: ResidueTable, secondary: Int8Array | null): Column[] {
  const at = (row: number) => table.rows[row];
  const columns: Column[] = [];
  if (table.structureIds.length > 1) columns.push(words('structure', __('Structure'), row => table.structureIds[at(row).structure]));
  columns.push({
    id: 'residue', label: __('Residue'), title: __('Residue by its author number'), numeric: false,
    key: row => row, text: row => `${at(row).name} ${at(row).chain}:${number(at(row))}`
  });
  columns.push(words('type', __('Type'), row => at(row).name));
  for (const scheme of knownSchemes(table).filter(id => id !== 'author')) {
    columns.push(counted(scheme, numbering(scheme), row => Number(numberIn(at(row), scheme)) || null, value => String(value)));
  }
  const seen = new Map<string, Coloring>();
  for (const s of scene.structures) for (const c of s.colorings) if (!seen.has(c.id)) seen.set(c.id, c);
  for (const first of seen.values()) {
    if (first.id === 'chain' || first.id === 'structure') continue;
    columns.push(columnOf(first, scene.structures.map(s => s.colorings.find(c => c.id === first.id)), at, secondary));
  }
  return columns;
}

function numbering(scheme: Scheme): string {
  return scheme === 'uniprot' ? 'UniProt' : __('Position');
}

/** Rows in the order of a column; where it has nothing, they come last either way. */
export function ordered(count: number, column: Column | undefined, direction: Direction): Int32Array {
  const rows = Int32Array.from({ length: count }, (_, row) => row);
  if (!column || direction === 'none') return rows;
  const keys = Array.from(rows, row => column.key(row));
  const sign = direction === 'ascending' ? 1 : -1;
  return rows.sort((a, b) => {
    const [one, two] = [keys[a], keys[b]];
    if (one === two) return a - b;
    if (one === null || two === null) return one === null ? 1 : -1;
    return sign * (one < two ? -1 : 1);
  });
}

/** The direction after the next press of a column's head. */
export function turned(direction: Direction): Direction {
  return ({ none: 'ascending', ascending: 'descending', descending: 'none' } as const)[direction];
}

function columnOf(first: Coloring, per: (Coloring | undefined)[], at: (row: number) => Residue, secondary: Int8Array | null): Column {
  const { id, label, title } = first;
  if (per.some(c => c?.values)) {
    const value = (row: number) => per[at(row).structure]?.values?.[at(row).local] ?? null;
    return { ...counted(id, label, value, shown), title };
  }
  const name = (row: number) => {
    const own = per[at(row).structure];
    const index = own?.classes ? own.classes[at(row).local] : (secondary?.[row] ?? -1);
    return own && index >= 0 ? own.entries[index] : '';
  };
  return { ...words(id, label, name), title };
}

function words(id: string, label: string, text: (row: number) => string): Column {
  return { id, label, title: label, numeric: false, key: row => text(row) || null, text };
}

function counted(id: string, label: string, value: (row: number) => number | null, say: (value: number) => string): Column {
  return {
    id, label, title: label, numeric: true, key: value,
    text(row) {
      const found = value(row);
      return found === null ? '' : say(found);
    }
  };
}

/** Two digits where they say something, with a real minus sign. */
function shown(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1).replace('-', '\u2212');
}
