import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf, ordered, turned, type Column } from '../src/columns';
import { ResidueTable } from '../src/residues';
import { scene, structure } from './sample';

function column(values: (number | string | null)[]): Column {
  return { id: 'x', label: 'x', title: 'x', numeric: true, key: row => values[row], text: row => String(values[row]) };
}

test('rows are in order by a column, equal ones as they were, and those without a value last either way', () => {
  const values = [3, null, -1, 3, 10];
  assert.deepEqual([...ordered(5, column(values), 'ascending')], [2, 0, 3, 4, 1]);
  assert.deepEqual([...ordered(5, column(values), 'descending')], [4, 0, 3, 2, 1]);
  assert.deepEqual([...ordered(5, column(values), 'none')], [0, 1, 2, 3, 4]);
  assert.deepEqual([...ordered(3, column(['b', null, 'a']), 'ascending')], [2, 0, 1]);
});

test('a head is pressed up, down, and back to the order of the sequence', () => {
  assert.deepEqual(['none', 'ascending', 'descending'].map(d => turned(d as never)), ['ascending', 'descending', 'none']);
});

test('a residue has its numbers, and its value or class in each colouring', () => {
  const found = scene();
  const table = new ResidueTable(found);
  const columns = columnsOf(found, table, new Int8Array([0, 1, -1, 0, 0, 0]));
  const ids = columns.map(c => c.id);
  assert.deepEqual(ids.slice(0, 2), ['residue', 'type']);
  assert.ok(ids.includes('confidence') && ids.includes('secondary') && !ids.includes('chain'));
  const by = (id: string) => columns.find(c => c.id === id)!;
  assert.equal(by('residue').text(1), 'GLY A:11');
  assert.match(by('confidence').text(1), /^91\.[23]$/);
  assert.equal(by('secondary').text(2), '', 'one without a class has none');
  const both = scene(structure(), structure('two'));
  assert.equal(columnsOf(both, new ResidueTable(both), null)[0].text(6), 'two');
});
