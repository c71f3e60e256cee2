/** The residues of a scene as one table, with look-up by every name a residue has. */
import type { Coloring, RefData, Scene, StructureData } from './scene';
import { __ } from './words';

export interface Residue {
  /** Row in the whole table; what all the other modules pass around. */
  row: number;
  structure: number;
  /** Row within its own structure, the index into `Coloring.classes`. */
  local: number;
  chain: string;
  labelChain: string;
  labelSeq: number;
  authSeq: number;
  insCode: string;
  name: string;
  letter: string;
  uniprot: number | null;
}

export interface ChainRows {
  structure: number;
  chain: string;
  /** First row of the chain, and one past its last. */
  start: number;
  end: number;
}

export class ResidueTable {
  readonly rows: Residue[] = [];
  readonly chains: ChainRows[] = [];
  readonly structureIds: string[];
  private readonly labels = new Map<string, number>();
  private readonly names = new Map<string, number>();

  constructor(scene: Scene) {
    this.structureIds = scene.structures.map(s => s.id);
    scene.structures.forEach((data, index) => this.add(data, index));
  }

  private add(data: StructureData, structure: number): void {
    const table = data.residues;
    for (let local = 0; local < table.auth_seq.length; local++) {
      const names = table.chains[table.chain[local]];
      const residue: Residue = {
        row: this.rows.length, structure, local, chain: names.auth, labelChain: names.label,
        labelSeq: table.label_seq[local], authSeq: table.auth_seq[local], insCode: table.ins_code[local],
        name: table.name[local], letter: table.letter[local], uniprot: table.uniprot[local]
      };
      this.rows.push(residue);
      this.labels.set(labelKey(structure, residue.labelChain, residue.labelSeq), residue.row);
      this.names.set(nameKey(structure, residue.chain, residue.authSeq, residue.insCode), residue.row);
      const last = this.chains[this.chains.length - 1];
      if (last && last.structure === structure && last.chain === residue.chain) last.end = residue.row + 1;
      else this.chains.push({ structure, chain: residue.chain, start: residue.row, end: residue.row + 1 });
    }
  }

  /** Row of a residue by the names that mmCIF uses inside, or -1. */
  byLabel(structure: number, chain: string, seq: number): number {
    return this.labels.get(labelKey(structure, chain, seq)) ?? -1;
  }

  /** Rows that references name, in table order; a reference to nothing is left out. */
  rowsOf(refs: RefData[]): number[] {
    const found = new Set<number>();
    for (const ref of refs) {
      const structure = ref.structure === undefined ? 0 : this.structureIds.indexOf(ref.structure);
      const row = this.names.get(nameKey(structure, ref.chain, ref.auth_seq, ref.ins_code || ''));
      if (row !== undefined) found.add(row);
    }
    return [...found].sort((a, b) => a - b);
  }

  refsOf(rows: Iterable<number>): RefData[] {
    return [...rows].sort((a, b) => a - b).map(row => this.ref(this.rows[row]));
  }

  private ref(r: Residue): RefData {
    const ref: RefData = {
      chain: r.chain, auth_seq: r.authSeq, ins_code: r.insCode,
      label_seq: r.labelSeq > 0 ? r.labelSeq : null, uniprot: r.uniprot
    };
    if (r.structure > 0) ref.structure = this.structureIds[r.structure];
    return ref;
  }

  /** Rows from one to another in table order, whichever comes first. */
  between(a: number, b: number): number[] {
    const [first, last] = a <= b ? [a, b] : [b, a];
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }

  /** The selection as a reader would write it: `A:25-27, B:50`. */
  text(rows: Iterable<number>): string {
    const sorted = [...rows].sort((a, b) => a - b);
    const parts: string[] = [];
    for (let i = 0; i < sorted.length;) {
      let j = i;
      while (j + 1 < sorted.length && this.follows(sorted[j], sorted[j + 1])) j++;
      const [first, last] = [this.rows[sorted[i]], this.rows[sorted[j]]];
      parts.push(i === j ? `${first.chain}:${number(first)}` : `${first.chain}:${number(first)}-${number(last)}`);
      i = j + 1;
    }
    return parts.join(', ');
  }

  private follows(a: number, b: number): boolean {
    const [left, right] = [this.rows[a], this.rows[b]];
    return b === a + 1 && left.chain === right.chain && left.structure === right.structure;
  }

  /** What to say of one residue: every number it has, and its value in a colouring. */
  describe(row: number, coloring?: Coloring): string {
    const r = this.rows[row];
    const words = [`${r.name} ${r.chain}:${number(r)}`];
    if (r.labelSeq > 0 && r.labelSeq !== r.authSeq) words.push(__('position %1', String(r.labelSeq)));
    if (r.uniprot !== null) words.push(`UniProt ${r.uniprot}`);
    if (this.structureIds.length > 1) words.push(this.structureIds[r.structure]);
    const value = coloring?.values?.[r.local];
    if (coloring && typeof value === 'number') words.push(`${coloring.label} ${value.toFixed(1)}`);
    return words.join(' · ');
  }
}

export function number(residue: Residue): string {
  return `${residue.authSeq}${residue.insCode}`;
}

function labelKey(structure: number, chain: string, seq: number): string {
  return `${structure}|${chain}|${seq}`;
}

function nameKey(structure: number, chain: string, seq: number, ins: string): string {
  return `${structure}|${chain}|${seq}|${ins}`;
}
