/** What is known of the residues that are selected, or pointed at. */
import type { Change, Store } from '../store';
import { make } from './dom';
import { __, _n } from '../words';

export interface DetailQuestions {
  /** Å between two rows, where a picture knows it. */
  distance(a: number, b: number): number | null;
  /** Mean PAE of the chosen pair of ranges, both ways. */
  pairErrors(): [number, number] | null;
}

export class Details {
  readonly element = make('div', 'fs-details fs-panel', { role: 'region', 'aria-label': __('Details') });
  private readonly body = make('div', 'fs-details-body');

  constructor(private readonly store: Store, private readonly ask: DetailQuestions) {
    this.element.append(this.body);
    store.listen(change => this.changed(change));
  }

  private changed(change: Change): void {
    if (!this.store.table || change === 'marks') return;
    if (change === 'hover' && this.store.selection.size) return;
    const rows = [...this.store.selection].sort((a, b) => a - b);
    if (rows.length === 1) this.show(this.residue(rows[0]));
    else if (rows.length) this.show(this.range(rows));
    else if (this.store.hover >= 0) this.show(this.residue(this.store.hover));
    else this.show(this.whole());
  }

  private show(facts: [string, string][]): void {
    this.body.replaceChildren(make('dl', '', {}, ...facts.flatMap(([name, value]) => [
      make('dt', '', {}, name), make('dd', '', {}, value)
    ])));
  }

  private whole(): [string, string][] {
    const { scene, table } = this.store;
    const lines: [string, string][] = scene!.structures.map((s, i) => {
      const chains = table!.chains.filter(c => c.structure === i);
      const count = chains.reduce((n, c) => n + c.end - c.start, 0);
      return [s.id, __('%1 in %2', _n('%1 residue', '%1 residues', count), _n('%1 chain', '%1 chains', chains.length))];
    });
    return [...lines, [__('Nothing selected'), __('Select residues in 3D, in the sequence or in the map')]];
  }

  private residue(row: number): [string, string][] {
    const r = this.store.table!.rows[row];
    const facts: [string, string][] = [[__('Residue'), `${r.name} ${this.store.table!.text([row])}`]];
    if (this.store.table!.structureIds.length > 1) facts.push([__('Structure'), this.store.table!.structureIds[r.structure]]);
    facts.push([__('Author number'), `${r.authSeq}${r.insCode}`]);
    if (r.labelSeq > 0) facts.push([__('Sequence position'), String(r.labelSeq)]);
    if (r.uniprot !== null) facts.push([__('UniProt number'), String(r.uniprot)]);
    for (const coloring of this.store.coloringsOf(r.structure)) {
      if (coloring.id === 'chain' || coloring.id === 'structure') continue;
      const value = coloring.values?.[r.local];
      const cls = coloring.classes ? coloring.classes[r.local] : (this.store.secondary?.[row] ?? -1);
      if (typeof value === 'number') facts.push([coloring.label, oneDigit(value)]);
      else if (!coloring.values && cls >= 0) facts.push([coloring.label, coloring.entries[cls]]);
    }
    return facts;
  }

  private range(rows: number[]): [string, string][] {
    const { table } = this.store;
    const facts: [string, string][] = [[__('Selected'), table!.text(rows)], [__('Residues'), String(rows.length)]];
    const far = rows.length === 2 ? this.ask.distance(rows[0], rows[1]) : null;
    if (far !== null) facts.push([__('Distance (CA–CA)'), `${far.toFixed(1)} Å`]);
    const errors = this.ask.pairErrors();
    if (errors) facts.push([__('Mean PAE'), __('%1 Å; the other way %2 Å', errors[0].toFixed(1), errors[1].toFixed(1))]);
    for (const coloring of this.store.coloringsOf(table!.rows[rows[0]].structure)) {
      const values = rows.filter(row => table!.rows[row].structure === table!.rows[rows[0]].structure)
        .map(row => coloring.values?.[table!.rows[row].local]).filter((v): v is number => typeof v === 'number');
      if (!values.length) continue;
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      facts.push([__('Mean %1', coloring.label), oneDigit(mean)]);
    }
    return facts;
  }
}

/** One digit, with a real minus sign. */
function oneDigit(value: number): string {
  return value.toFixed(1).replace('-', '\u2212');
}
