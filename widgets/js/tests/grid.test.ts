import assert from 'node:assert/strict';
import { test } from 'node:test';
import { between, CELL, cellAt, colorOf, describeCell, type GridData } from '../src/grid';

const data: GridData = {
  residues: ['A:81', 'A:82'], labels: ['A:P81', 'A:V82'], types: 'AV',
  values: new Float32Array([1.25, -0.5, 0.71, 0]), doubtful: [true, false], limit: 4
};

test('a point of the canvas is a cell, the head of a column, or nothing', () => {
  assert.deepEqual(cellAt(data, CELL.left + 1, CELL.top + 1), { column: 0, row: 0 });
  assert.deepEqual(cellAt(data, CELL.left + CELL.width + 1, CELL.top + CELL.height + 1), { column: 1, row: 1 });
  assert.deepEqual(cellAt(data, CELL.left + 1, 2), { column: 0, row: -1 });
  assert.equal(cellAt(data, 2, CELL.top + 1), null);
  assert.equal(cellAt(data, CELL.left + 2 * CELL.width + 1, CELL.top + 1), null);
  assert.equal(cellAt(data, CELL.left + 1, CELL.top + 2 * CELL.height + 1), null);
});

test('white is zero, red destabilises, blue stabilises, grey is unknown', () => {
  assert.equal(colorOf(0, 4), 'rgb(255,255,255)');
  assert.equal(colorOf(9, 4), 'rgb(178,24,43)');
  assert.equal(colorOf(-4, 4), 'rgb(33,102,172)');
  assert.equal(colorOf(Number.NaN, 4), '#b8b8b8');
});

test('a cell says its number, its unit and which way it goes', () => {
  assert.equal(describeCell(data, { column: 0, row: 0 }), 'A:P81A: +1.25 kcal/mol, destabilises (see its warnings)');
  assert.equal(describeCell(data, { column: 1, row: 0 }), 'A:V82A: +0.71 kcal/mol, destabilises');
  assert.equal(describeCell(data, { column: 1, row: 1 }), 'A:V82 is the wild type');
  assert.equal(describeCell(data, { column: 1, row: -1 }), 'A:V82');
});

test('a range goes either way', () => {
  assert.deepEqual(between(3, 1), [1, 2, 3]);
  assert.deepEqual(between(2, 2), [2]);
});
