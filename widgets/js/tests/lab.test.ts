import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFasta, residueCount } from '../../../jupyter_extension/src/fasta';
import { FILE_TYPES } from '../../../jupyter_extension/src/filetypes';

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
  assert.deepEqual(suffixes, ['.pdb', '.ent', '.cif', '.mmcif', '.bcif', '.foldsight']);
});
