import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../src/host';
import { doubts } from '../src/doubts';
import { linkedHost } from '../src/linked';
import type { RefData, Scene } from '../src/scene';
import { Store, type Change } from '../src/store';
import { short } from '../src/view/legend';
import { scene } from './sample';

/** A host that keeps what it is told. */
function hosted(shown: Scene = scene()) {
  const told: RefData[][] = [];
  let hover: (ref: RefData | null) => void = () => undefined;
  let again: () => void = () => undefined;
  const host: Host = {
    scene: () => shown, selection: () => [], select: refs => void told.push(refs), hover: () => undefined,
    onScene: f => (again = f), onSelection: () => undefined, onHover: f => (hover = f), onCommand: () => undefined
  };
  const store = new Store(host);
  const heard: Change[] = [];
  store.listen(change => heard.push(change));
  store.readScene();
  return { store, told, heard, hover: (ref: RefData | null) => hover(ref), again: () => again() };
}

test('the same structures in another style are not loaded again', () => {
  const shown = scene();
  const { heard, again } = hosted(shown);
  shown.style = { ...shown.style, coloring: 'secondary' };
  again();
  assert.deepEqual(heard, ['scene', 'style']);
});

test('a selection is told to the host once, and to every panel', () => {
  const { store, told, heard } = hosted();
  store.take([1, 2], null);
  store.take([1, 2], null);
  assert.equal(told.length, 1);
  assert.deepEqual(told[0].map(r => r.auth_seq), [11, 14]);
  assert.deepEqual(heard, ['scene', 'selection']);
});

test('a pair of ranges is forgotten with the next selection', () => {
  const { store } = hosted();
  store.takePair({ first: new Set([0]), second: new Set([4]) }, null);
  assert.deepEqual([...store.selection], [0, 4]);
  store.pick(2, { shift: false, toggle: false }, null);
  assert.equal(store.pair, null);
});

test('the host points at a residue by its author number', () => {
  const { store, hover } = hosted();
  hover({ chain: 'A', auth_seq: 14, ins_code: 'A', label_seq: null, uniprot: null });
  assert.equal(store.hover, 2);
  hover(null);
  assert.equal(store.hover, -1);
});

test('two residues are measured, and the same again takes the measure away', () => {
  const { store } = hosted();
  store.take([0], null);
  store.mark('distance');
  assert.equal(store.marks.length, 0, 'a distance has two ends');
  store.take([0, 4], null);
  store.mark('distance');
  assert.deepEqual(store.marks[0].residues.map(r => r.chain), ['A', 'B']);
  store.mark('distance');
  assert.equal(store.marks.length, 0);
});

test('a label says what a reader would', () => {
  const { store } = hosted();
  store.take([2], null);
  store.mark('label');
  assert.equal(store.marks[0].text, 'SER A:14A');
});

test('doubt is high where pLDDT is low and where a B-factor is high', () => {
  assert.deepEqual([...doubts([100, 50, null], true)], [1 - 1, 0.5, 1]);
  assert.deepEqual([...doubts([10, 30, 20], false)], [0, 1, 0.5]);
});

test('numbers of a scale are short', () => {
  assert.deepEqual([-4.5, 0.123456, 1e-12, 1234].map(short), ['\u22124.5', '0.123', '0', '1230']);
});

test('frames stay within what there is, and only what is kept is told', () => {
  const shown = scene();
  shown.structures[0].frames = 3;
  const kept: number[] = [];
  const host: Host = {
    scene: () => shown, selection: () => [], select: () => undefined, hover: () => undefined, onScene: () => undefined,
    onSelection: () => undefined, onHover: () => undefined, onCommand: () => undefined,
    frame: { get: () => kept.at(-1) ?? 0, set: frame => void kept.push(frame), onChange: () => undefined }
  };
  const store = new Store(host);
  store.readScene();
  store.showFrame(1, store, false);
  assert.deepEqual([store.frame, kept], [1, []], 'passing by');
  store.showFrame(9, store);
  assert.deepEqual([store.frame, kept], [2, [2]]);
});

test('a linked view shows and selects the same in another layout', () => {
  const { store, told } = hosted();
  const { host, stop } = linkedHost(store, 'workbench');
  const other = new Store(host);
  other.readScene();
  assert.equal(other.scene!.style.layout, 'workbench');
  other.take([2], null);
  assert.deepEqual([...store.selection], [2]);
  assert.equal(told.length, 1, 'its host hears of it');
  store.take([1], null);
  assert.deepEqual([...other.selection], [1]);
  store.represent('tube');
  assert.equal(other.representation, 'tube');
  stop();
  store.take([0], null);
  assert.deepEqual([...other.selection], [1], 'no more');
});
