import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BUDGET_NUMBERS, TraceBudget } from './trace_budget.ts';

/** Makes calls at a rate for some seconds; returns how many were recorded, each with one record, and told of. */
function spend(perSecond: number, calls: number, seconds: number): { used: number; told: number } {
  const budget = new TraceBudget(perSecond, new Float64Array(BUDGET_NUMBERS), 0);
  let [used, told] = [0, 0];
  for (let i = 0; i < calls * seconds; i++) {
    const now = (i * 1000) / calls;
    if (!budget.isSpent(now)) {
      budget.use();
      used++;
    } else if (budget.fold(now)) {
      told += budget.take()?.calls ?? 0;
    }
  }
  told += budget.take()?.calls ?? 0;
  return { used, told };
}

suite('a budget of records', () => {
  test('lets through what is within it', () => {
    assert.deepEqual(spend(2000, 1900, 10), { used: 19_000, told: 0 });
  });

  test('of a flood lets through so many a second, and counts the rest', () => {
    const { used, told } = spend(2000, 200_000, 10);
    assert.equal(used + told, 2_000_000);
    assert.ok(used >= 19_000 && used <= 20_600, `${used} records`);
  });

  test('is one for all that share it', () => {
    const shared = new Float64Array(BUDGET_NUMBERS);
    const parent = new TraceBudget(100, shared, 0);
    const child = new TraceBudget(100, shared, 0);
    let used = 0;
    for (let i = 0; i < 100; i++) {
      for (const each of [parent, child]) {
        if (each.isSpent(0)) continue;
        each.use();
        used++;
      }
    }
    assert.equal(used, 25);
  });
});
