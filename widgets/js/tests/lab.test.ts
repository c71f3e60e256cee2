import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFasta, residueCount } from '../../../jupyter_extension/src/fasta';
import { FILE_TYPES } from '../../../jupyter_extension/src/filetypes';
import { hitOf, ownHit } from '../../../jupyter_extension/src/hits';

test('FASTA is taken as people paste it', () => {
  assert.deepEqual(parseFasta('>sp|P1 first protein\r\nMKT AY\n\n;a comment\nIAK\n>two\nAC:DE\n'), [
    { name: 'sp|P1', sequence: 'MKTAYIAK' }, { name: 'two', sequence: 'AC:DE' }
  ]);
  assert.deepEqual(parseFasta('MKTAY\nIAK'), [{ name: 'query', sequence: 'MKTAYIAK' }], 'a bare sequence');
  assert.deepEqual(parseFasta('  \n'), []);
  assert.equal(residueCount({ name: '', sequence: 'AC:DE*' }), 4);
});

test('what is wrong with a sequence is left for the server to say', () => {
  assert.deepEqual(parseFasta('>x\nMK1'), [{ name: 'x', sequence: 'MK1' }]);
});

test('every kind of structure file has a type', () => {
  const suffixes = FILE_TYPES.flatMap(type => type.extensions);
  assert.deepEqual(suffixes, ['.pdb', '.ent', '.cif', '.mmcif', '.bcif', '.foldsight', '.mvsj', '.mvsx']);
});

test('a hit says what it is and what it opens', () => {
  const entry = hitOf('pdb', { id: 'pdb:1HPV', title: 'Protease', organism: 'HIV', method: 'x-ray diffraction', resolution: 1.9, residues: 198 });
  assert.deepEqual(entry, { id: '1HPV', title: 'Protease', facts: ['HIV', 'x-ray diffraction, 1.90 Å, 198 residues'], entry: 'pdb:1HPV' });
  const protein = hitOf('uniprot', { id: 'uniprot:P1', protein: '', gene: 'ABC', length: 12, afdb: '' });
  assert.deepEqual(protein, { id: 'P1', title: 'P1', facts: ['ABC', '12 residues'], sequence: 'uniprot:P1', entry: undefined });
  const model = hitOf('afdb', { id: 'afdb:P1', accession: 'P1', protein: 'Kinase', mean_plddt: 91.26 });
  assert.deepEqual([model.entry, model.sequence, model.facts], ['afdb:P1', 'uniprot:P1', ['pLDDT 91.3']]);
});

test('a hit in a project opens its structure', () => {
  assert.equal(ownHit({ kind: 'annotation', id: 'x', structure_id: 's', title: 'A:25', text: 'triad' }).structure, 's');
  assert.equal(ownHit({ kind: 'project', id: 'p', structure_id: null, title: 'Mine', text: '' }).structure, undefined);
});
