import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrowPath } from './arrow.ts';

test('an arrow ends in a head that points along its last stretch', () => {
  const right = arrowPath([
    [0, 0],
    [20, 0],
  ]);
  assert.equal(right.line, 'M0 0L20 0');
  assert.equal(right.head, 'M13.9 -3.4L20 0L13.9 3.4');
  const down = arrowPath([
    [0, 0],
    [20, 0],
    [20, 30],
  ]);
  assert.equal(down.line, 'M0 0L20 0L20 30');
  assert.match(down.head, /^M23\.4 23\.9L20 30L16\.6 23\.9$/);
});

test('one point makes no arrow', () => {
  assert.throws(() => arrowPath([[1, 1]]), /two points/);
});
