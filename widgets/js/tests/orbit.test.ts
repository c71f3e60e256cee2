import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movedBy, movesCamera, type Pose } from '../src/mol/orbit';

const START: Pose = { position: [5, 0, 10], target: [5, 0, 0], up: [0, 1, 0] };

function far({ position, target }: Pose): number {
  return Math.hypot(...position.map((x, i) => x - target[i]));
}

test('arrow keys turn around the target and back', () => {
  const right = movedBy('ArrowRight', START)!;
  assert.ok(right.position[0] < 5, 'what was in the middle in front goes to the right');
  assert.ok(Math.abs(far(right) - 10) < 1e-9);
  assert.deepEqual(right.up, START.up);
  const down = movedBy('ArrowDown', START)!;
  assert.ok(down.position[1] > 0);
  for (const [there, back] of [['ArrowRight', 'ArrowLeft'], ['ArrowUp', 'ArrowDown'], ['+', '-']]) {
    const again = movedBy(back, movedBy(there, START)!)!;
    again.position.forEach((x, i) => assert.ok(Math.abs(x - START.position[i]) < 1e-9));
  }
});

test('plus goes nearer; other keys and fields are left alone', () => {
  const near = movedBy('+', { ...START, fov: 1 })!;
  assert.ok(far(near) < 10);
  assert.equal(near.fov, 1);
  assert.equal(movedBy('a', START), null);
  assert.deepEqual([movesCamera('ArrowUp'), movesCamera('Tab')], [true, false]);
});
