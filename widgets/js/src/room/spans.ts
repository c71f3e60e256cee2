/** Rows of a residue table to the spans that annotations keep, and back. */
import type { ResidueAnchor, Span } from '../annotation_types';
import type { ResidueTable } from '../residues';

/** One span for each run of residues of a chain. */
export function spansOfRows(table: ResidueTable, rows: Iterable<number>): Span[] {
  const sorted = [...rows].sort((a, b) => a - b);
  const spans: Span[] = [];
  for (let i = 0; i < sorted.length;) {
    let j = i;
    while (j + 1 < sorted.length && sorted[j + 1] === sorted[j] + 1 && sameChain(table, sorted[j], sorted[j + 1])) j++;
    spans.push({ first: anchorOf(table, sorted[i]), last: anchorOf(table, sorted[j]) });
    i = j + 1;
  }
  return spans;
}

/** Rows that spans mean in this table; ends that are not here leave their span out. */
export function rowsOfSpans(table: ResidueTable, spans: Span[]): number[] {
  const found = new Set<number>();
  for (const span of spans) {
    const [first] = table.rowsOf([{ ...span.first, label_seq: null, uniprot: null }]);
    const [last] = table.rowsOf([{ ...span.last, label_seq: null, uniprot: null }]);
    if (first === undefined || last === undefined || !sameChain(table, first, last)) continue;
    for (const row of table.between(first, last)) found.add(row);
  }
  return [...found].sort((a, b) => a - b);
}

function sameChain(table: ResidueTable, a: number, b: number): boolean {
  const [one, two] = [table.rows[a], table.rows[b]];
  return one.chain === two.chain && one.structure === two.structure;
}

function anchorOf(table: ResidueTable, row: number): ResidueAnchor {
  const r = table.rows[row];
  return {
    chain: r.chain, auth_seq: r.authSeq, ins_code: r.insCode, label_seq: r.labelSeq > 0 ? r.labelSeq : null, uniprot: r.uniprot, letter: r.letter
  };
}
