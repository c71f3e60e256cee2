import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colorTable, errorAt, mapPixels, meanError, tickStep } from '../src/pae';
import { ResidueTable } from '../src/residues';
import type { PaeData } from '../src/scene';
import { isNumbered, knownSchemes, numberIn, tracksOf, windowOf } from '../src/tracks';
import { scene, structure } from './sample';

function pae(size: number, value: (i: number, j: number) => number): PaeData {
  const bytes = Uint8Array.from({ length: size * size }, (_, k) => value(Math.floor(k / size), k % size));
  return { size, top: 25.5, data: new DataView(bytes.buffer), colors: ['#000000', '#FF0000', '#FFFFFF'], fault: '' };
}

test('the error is read by the residue aligned on and the one scored', () => {
  const map = pae(3, (i, j) => 10 * i + j);
  assert.ok(Math.abs(errorAt(map, 2, 1) - 2.1) < 1e-9);
  assert.ok(Math.abs(errorAt(map, 1, 2) - 1.2) < 1e-9);
  assert.ok(Math.abs(meanError(map, [0, 1], [0, 2]) - 0.6) < 1e-9);
  assert.ok(Number.isNaN(meanError(map, [], [0])));
});

test('steps between two colours are mixed', () => {
  const table = colorTable(['#000000', '#FF0000', '#FFFFFF']);
  const rgb = (c: number) => [c & 255, (c >> 8) & 255, (c >> 16) & 255];
  assert.deepEqual(rgb(table[0]), [0, 0, 0]);
  assert.deepEqual(rgb(table[255]), [255, 255, 255]);
  assert.ok(rgb(table[64])[0] > 120 && rgb(table[64])[1] === 0);
});

test('a map larger than a screen is thinned out', () => {
  assert.equal(mapPixels(pae(10, () => 0)).side, 10);
  const big: PaeData = { ...pae(1, () => 0), size: 5000, data: new DataView(new ArrayBuffer(25_000_000)) };
  const { side, pixels } = mapPixels(big);
  assert.ok(side <= 2048);
  assert.equal(pixels.length, side * side);
});

test('ticks are round numbers', () => {
  assert.deepEqual([5, 60, 350, 5000].map(tickStep), [1, 10, 100, 1000]);
});

test('a residue has a number in each scheme, or none', () => {
  const table = new ResidueTable(scene());
  assert.deepEqual([table.rows[2], table.rows[1]].map(r => numberIn(r, 'author')), ['14A', '11']);
  assert.equal(numberIn(table.rows[1], 'uniprot'), '5');
  assert.equal(numberIn(table.rows[0], 'uniprot'), '');
  assert.deepEqual(knownSchemes(table), ['author', 'label', 'uniprot']);
  assert.deepEqual([isNumbered('20', 10, false), isNumbered('21', 10, false), isNumbered('21', 10, true), isNumbered('', 10, true)],
    [true, false, true, false]);
});

test('colourings are tracks: numbers are bars, classes blocks, the missing empty', () => {
  const shown = scene(structure());
  const tracks = tracksOf(shown, new ResidueTable(shown), '', Int8Array.of(0, 1, 1, 0, 0, 0));
  assert.deepEqual(tracks.map(t => [t.id, t.blocks]), [['confidence', false], ['secondary', true]]);
  assert.equal(tracks[0].height(0), 0.95);
  assert.equal(tracks[0].color(3), null);
  assert.equal(tracks[1].color(1), '#B8BCC4');
});

test('only what is in sight is drawn of five thousand residues', () => {
  const [from, to] = windowOf(22000, 900, 11, 5000);
  assert.ok(from <= 2000 && from > 1990 && to >= 2081 && to < 2090);
  assert.deepEqual(windowOf(0, 900, 11, 20), [0, 20]);
});
