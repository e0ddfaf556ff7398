import assert from 'node:assert/strict';
import { test } from 'node:test';
import { descendantsOf } from './process-tree.ts';

test('a chain of processes is walked however long it is, and no further than asked', () => {
  const chain = (pid: number): number[] => (pid < 100_000 ? [pid + 1] : []);
  const found = descendantsOf(1, 200_000, chain);
  assert.equal(found.length, 99_999);
  assert.deepEqual(descendantsOf(1, 3, chain), [2, 3, 4]);
});

test('a crowd of children is cut short too', () => {
  const crowd = (pid: number): number[] =>
    pid === 1 ? Array.from({ length: 500_000 }, (_, index) => index + 2) : [];
  assert.equal(descendantsOf(1, 1000, crowd).length, 1000);
});

test('parents come before their children', () => {
  const tree = new Map([
    [1, [2, 3]],
    [2, [4]],
    [4, [5]],
  ]);
  assert.deepEqual(
    descendantsOf(1, 10, (pid) => tree.get(pid) ?? []),
    [2, 3, 4, 5],
  );
});
