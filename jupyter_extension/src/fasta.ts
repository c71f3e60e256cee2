/** FASTA as a person pastes it: records with names; several chains of one record are joined by `:`. */

export interface FastaRecord {
  name: string;
  sequence: string;
}

/** Split text into records. What a sequence may hold is for the server to say. */
export function parseFasta(text: string): FastaRecord[] {
  const records: FastaRecord[] = [];
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed.startsWith('>')) records.push({ name: trimmed.slice(1).trim().split(/\s+/)[0] || 'query', sequence: '' });
    else if (trimmed && !trimmed.startsWith(';')) {
      if (!records.length) records.push({ name: 'query', sequence: '' });
      records[records.length - 1].sequence += trimmed.replace(/\s+/g, '');
    }
  }
  return records;
}

export function residueCount(record: FastaRecord): number {
  return record.sequence.replace(/[^A-Za-z]/g, '').length;
}
