/** What a search found, as the panel shows it. Pure: no page, no server. */
import { _n } from '../../widgets/js/src/words';

export type Where = 'pdb' | 'uniprot' | 'afdb' | 'library' | 'projects';

/** Where words may be sent; the last two are on this server. */
export const REMOTE: readonly Where[] = ['pdb', 'uniprot', 'afdb'];

export interface Hit {
  id: string;
  title: string;
  facts: string[];
  /** What `foldsight:open-entry` takes, where there is a structure. */
  entry?: string;
  /** What `foldsight:fold` takes, where there is a sequence to fold. */
  sequence?: string;
  /** A structure of a project. */
  structure?: string;
}

type Row = Record<string, unknown>;

export function hitOf(where: Where, row: Row): Hit {
  const id = text(row.id);
  const facts = [text(row.organism), measure(row)].filter(Boolean);
  if (where === 'uniprot') {
    const name = id.replace('uniprot:', '');
    const title = text(row.protein) || name;
    return { id: name, title, facts: [text(row.gene), ...facts].filter(Boolean), sequence: id, entry: text(row.afdb) || undefined };
  }
  if (where === 'afdb') {
    const sure = typeof row.mean_plddt === 'number' ? `pLDDT ${row.mean_plddt.toFixed(1)}` : '';
    const shown = [text(row.gene), ...facts, sure].filter(Boolean);
    return { id: text(row.accession), title: text(row.protein) || text(row.accession), facts: shown, entry: id, sequence: `uniprot:${text(row.accession)}` };
  }
  const name = id.replace(/^\w+:/, '');
  return { id: name, title: text(row.title) || name, facts, entry: id };
}

/** A structure of a project, as the service's own search gives it. */
export function ownHit(row: Row): Hit {
  return { id: text(row.kind), title: text(row.title), facts: [text(row.text)].filter(Boolean), structure: text(row.structure_id) || undefined };
}

function measure(row: Row): string {
  const parts = [
    text(row.method), typeof row.resolution === 'number' ? `${row.resolution.toFixed(2)} Å` : '',
    row.residues ?? row.length ? _n('%1 residue', '%1 residues', Number(row.residues ?? row.length)) : ''
  ];
  return parts.filter(Boolean).join(', ');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
