import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineRuns, shownOf } from './source-line.ts';

test('lines that follow each other are one run, and each line finds the one that is shown', () => {
  const shown = [1, 2, undefined, 3, 4, undefined, undefined, 8];
  const runs = lineRuns(shown);
  assert.deepEqual(runs, [
    [1, 1],
    [3, null],
    [4, 3],
    [6, null],
    [8, 8],
  ]);
  assert.deepEqual(
    shown.map((_, index) => shownOf(index + 1, runs)),
    shown,
  );
});

test('without runs no line is shown', () => {
  assert.equal(shownOf(5, []), undefined);
  assert.equal(shownOf(5, [[1, 1]]), 5);
});
