import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { threadTime } from './thread-time.ts';

test('the time of a thread goes on while it works, in steps that are small', () => {
  const steps = new Set<number>();
  const began = threadTime();
  while (steps.size < 1000) steps.add(threadTime());
  // As many steps of the kernel’s accounting would take seconds.
  assert.ok(threadTime() - began < 1000);
});

test('it stands still while the thread sleeps', () => {
  const [worked, now] = [threadTime(), performance.now()];
  spawnSync('sleep', ['0.5']);
  const passed = performance.now() - now;
  assert.ok(threadTime() - worked < passed / 2);
});
