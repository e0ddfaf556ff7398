import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchLoopDelay } from './loop-delay.ts';

test('a late look is told as late as each event that came meanwhile was', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let now = 1000;
  const told: number[] = [];
  const end = watchLoopDelay(
    (seconds) => told.push(seconds),
    () => now,
  );
  const look = (after: number): number[] => {
    now += after;
    context.mock.timers.tick(20);
    return told.splice(0);
  };
  assert.deepEqual(look(20), [0]);
  // A clock that is early by a fraction is not late by less than nothing.
  assert.deepEqual(look(19.5), [0]);
  assert.deepEqual(look(25), [0.005]);
  assert.deepEqual(look(85), [0.065, 0.045, 0.025, 0.005]);
  // A computer that slept for a day.
  assert.equal(look(86_400_000).length, 501);
  end();
  assert.deepEqual(look(85), []);
});
