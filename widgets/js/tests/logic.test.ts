import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colorRows, hexText, NO_COLOR, offeredColorings } from '../src/colors';
import { describe, elapsed, type Job, shownState } from '../src/job';
import { type Member, Pool } from '../src/pool';
import { ResidueTable } from '../src/residues';
import { sceneFault } from '../src/scene';
import { Selection } from '../src/selection';
import { scene, structure } from './sample';

const PLAIN = { shift: false, toggle: false };

test('a residue is found by label and by author names, with its insertion code', () => {
  const table = new ResidueTable(scene());
  assert.equal(table.byLabel(0, 'C', 2), 4);
  assert.equal(table.byLabel(0, 'B', 2), -1);
  assert.deepEqual(table.rowsOf([{ chain: 'A', auth_seq: 14, ins_code: 'A', label_seq: null, uniprot: null }]), [2]);
  assert.deepEqual(table.rowsOf([{ chain: 'A', auth_seq: 14, ins_code: '', label_seq: null, uniprot: null }]), []);
});

test('a selection is written in the grammar of Python', () => {
  const table = new ResidueTable(scene());
  assert.equal(table.text([0, 1, 2, 4]), 'A:10-14A, B:2');
  assert.equal(table.text([]), '');
  assert.match(table.describe(1, scene().structures[0].colorings[0]), /GLY A:11 · position 2 · UniProt 5 · pLDDT 91\.[23]$/);
});

test('residues of a second structure carry its name', () => {
  const table = new ResidueTable(scene(structure(), structure('two')));
  const [ref] = table.refsOf([6]);
  assert.equal(ref.structure, 'two');
  assert.deepEqual(table.rowsOf([ref]), [6]);
  assert.equal(table.refsOf([0])[0].structure, undefined);
});

test('classes become colours; a residue without a class is grey', () => {
  const table = new ResidueTable(scene());
  const colors = colorRows(scene(), table, 'confidence', 'alphafold', () => -1);
  assert.deepEqual([...colors.rows].map(hexText), ['#0053d6', '#0053d6', '#ff7d45', '#aaaaaa', '#ff7d45', '#0053d6']);
  assert.deepEqual(colors.legend[1], { label: 'low', color: '#FF7D45' });
  const computed = colorRows(scene(), table, 'secondary', 'alphafold', row => row % 2);
  assert.equal(hexText(computed.rows[0]), '#e0457b');
});

test('a structure without the colouring is grey, and the colouring is offered all the same', () => {
  const other = structure('two');
  other.colorings = other.colorings.slice(1);
  const both = scene(structure(), other);
  assert.deepEqual(offeredColorings(both).map(c => c.id), ['confidence', 'secondary']);
  const colors = colorRows(both, new ResidueTable(both), 'confidence', 'alphafold', () => -1);
  assert.equal(hexText(colors.rows[6]), NO_COLOR.toLowerCase());
});

test('the legend names the classes of every structure', () => {
  const [one, two] = [structure(), structure('two')];
  two.colorings[0] = { ...two.colorings[0], entries: ['high', 'other'], palettes: { alphafold: ['#000000', '#111111'] } };
  const both = scene(one, two);
  const { legend } = colorRows(both, new ResidueTable(both), 'confidence', 'alphafold', () => -1);
  assert.deepEqual(legend.map(e => e.label), ['high', 'low', 'other']);
  assert.equal(legend[0].color, '#0053D6', 'the first one to name a class gives its colour');
});

test('a scene of another version is named, not drawn wrongly', () => {
  assert.equal(sceneFault(scene()), null);
  assert.match(sceneFault({ ...scene(), version: 1 })!, /another version/);
  assert.match(sceneFault(null)!, /nothing to show/);
});

test('clicks select, toggle, stretch and clear', () => {
  const selection = new Selection();
  assert.ok(selection.pick(3, PLAIN));
  assert.ok(selection.pick(6, { shift: true, toggle: false }));
  assert.deepEqual([...selection.current], [3, 4, 5, 6]);
  assert.ok(selection.pick(5, { shift: false, toggle: true }));
  assert.deepEqual([...selection.current], [3, 4, 6]);
  assert.ok(selection.pick(1, PLAIN));
  assert.ok(selection.pick(1, PLAIN), 'a second click on the only one clears');
  assert.equal(selection.current.size, 0);
  assert.ok(!selection.set([]), 'nothing changed');
});

test('a range stretches from the same residue, in both directions', () => {
  const selection = new Selection();
  selection.pick(5, PLAIN);
  selection.extend(8, false);
  selection.extend(3, false);
  assert.deepEqual([...selection.current], [3, 4, 5]);
});

test('the pool freezes the least recently used view that is out of sight first', async () => {
  const frozen: string[] = [];
  const member = (name: string, seen: boolean): Member => ({ visible: () => seen, freeze: async () => void frozen.push(name) });
  const pool = new Pool(2);
  const [a, b, c, d] = [member('a', true), member('b', false), member('c', true), member('d', true)];
  for (const m of [a, b]) await pool.enter(m, async () => undefined);
  await pool.enter(c, async () => undefined);
  assert.deepEqual(frozen, ['b']);
  pool.touch(a);
  await pool.enter(d, async () => undefined);
  assert.deepEqual(frozen, ['b', 'c']);
  assert.equal(pool.size, 2);
});

test('a view that fails to start gives its place back', async () => {
  const pool = new Pool(1);
  const member: Member = { visible: () => true, freeze: async () => undefined };
  await assert.rejects(pool.enter(member, async () => { throw new Error('no WebGL'); }), /no WebGL/);
  assert.equal(pool.size, 0);
  await pool.enter(member, async () => undefined);
});

const JOB: Job = {
  id: '1', name: 'x', state: 'queued', progress: 0, message: '', engine: 'template', created: '2026-01-01T00:00:00Z',
  started: null, finished: null, position: 2, cached: false, error: null
};

test('a job is told in words', () => {
  assert.equal(describe(JOB), 'queued, 2 before it');
  assert.equal(describe({ ...JOB, position: 0 }), 'queued, next');
  assert.equal(describe({ ...JOB, state: 'running' }), 'running · template');
  assert.equal(describe({ ...JOB, state: 'done', cached: true }), 'done, from the cache');
  assert.equal(shownState({ ...JOB, state: 'failed', error: { message: '', hint: '', refused: true } }), 'refused');
});

test('time runs from the start to the end', () => {
  const started = '2026-01-01T00:00:10Z';
  assert.equal(elapsed({ ...JOB, started }, Date.parse('2026-01-01T00:01:35Z')), '1 min 25 s');
  assert.equal(elapsed({ ...JOB, started }, Date.parse('2026-01-02T02:05:00Z')), '26 h 4 min');
  assert.equal(elapsed({ ...JOB, started, finished: '2026-01-01T00:00:12.5Z' }, 0), '2.5 s');
  assert.equal(elapsed({ ...JOB, created: null }, 0), '');
});
