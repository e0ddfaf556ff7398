import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitEstimate } from './wait-estimate.ts';

const MINUTE = 60_000;

test('nothing is said before some runs are over', () => {
  const estimate = new WaitEstimate(10 * MINUTE);
  for (let index = 0; index < 2; index++) estimate.ended(MINUTE);
  assert.equal(estimate.waitAfter(0, [0]), undefined);
  estimate.ended(MINUTE);
  assert.equal(estimate.waitAfter(0, [0]), MINUTE);
  assert.equal(estimate.waitAfter(0, []), undefined);
});

test('the more are before one, the longer; the more places, the shorter', () => {
  const estimate = new WaitEstimate(10 * MINUTE);
  for (let index = 0; index < 5; index++) estimate.ended(2 * MINUTE);
  assert.equal(estimate.waitAfter(0, [0, 0]), MINUTE);
  assert.equal(estimate.waitAfter(3, [0, 0]), 4 * MINUTE);
  assert.equal(estimate.waitAfter(3, [0, 0, 0, 0]), 2 * MINUTE);
});

test('runs that go on for long count, and none for more than it may last', () => {
  const estimate = new WaitEstimate(10 * MINUTE);
  for (let index = 0; index < 4; index++) estimate.ended(MINUTE);
  // Four ended in (4 × 1 + 8) minutes of running: one in three.
  assert.equal(estimate.waitAfter(0, [8 * MINUTE]), 3 * MINUTE);
  assert.equal(estimate.waitAfter(0, [9000 * MINUTE]), 10 * MINUTE);
});

test('what was long ago is forgotten', () => {
  const estimate = new WaitEstimate(100 * MINUTE);
  for (let index = 0; index < 1000; index++) estimate.ended(90 * MINUTE);
  for (let index = 0; index < 32; index++) estimate.ended(MINUTE);
  assert.equal(estimate.waitAfter(0, [0]), MINUTE);
});
