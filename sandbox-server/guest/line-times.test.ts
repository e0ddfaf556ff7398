import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineTimes } from './line-times.ts';

test('half of the lines took no longer than the middle, 19 of 20 no longer than the slow', () => {
  const times = new LineTimes();
  for (let took = 1; took <= 20; took++) times.add(0, took);
  assert.deepEqual(times.read(20, undefined), { middle: 10, slow: 19, waits: 0 });
});

test('only the last five seconds count', () => {
  const times = new LineTimes();
  times.add(0, 900);
  times.add(6000, 6001);
  assert.deepEqual(times.read(6001, undefined), { middle: 1, slow: 1, waits: 0 });
  assert.equal(times.read(20_000, undefined), null);
});

test('a line that waits longer than others took is a slow one, and there need be no other', () => {
  const times = new LineTimes();
  assert.equal(times.read(0, undefined), null);
  assert.deepEqual(times.read(2000, 500), { middle: 1500, slow: 1500, waits: 1500 });
  times.add(2000, 2001);
  assert.deepEqual(times.read(2002, 2001.5), { middle: 1, slow: 1, waits: 0.5 });
});
