import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from './allowance.ts';

test('an allowance lets so much through at once, and then as it comes back', () => {
  const allowance = new Allowance(10, 5, 0);
  allowance.use(10, 0);
  assert.equal(allowance.overdrawn(0), 0);
  allowance.use(1, 0);
  assert.equal(allowance.overdrawn(0), 200);
  assert.equal(allowance.overdrawn(100), 100);
  assert.equal(allowance.overdrawn(200), 0);
});

test('it never saves up more than it holds', () => {
  const allowance = new Allowance(10, 5, 0);
  allowance.use(11, 1e9);
  assert.equal(allowance.overdrawn(1e9), 200);
});
