import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CallRates } from './call-rates.ts';

suite('rates of calls', () => {
  test('are over the time they were made in', () => {
    const rates = new CallRates();
    rates.read(0);
    rates.add({ recv: 900, send: 100 });
    assert.deepEqual(rates.read(0.5), { calls: 2000, mostCalled: { name: 'recv', count: 1800 } });
    assert.equal(rates.read(1).calls, 1000);
  });

  test('names are bounded, whether or not anybody reads', () => {
    const rates = new CallRates();
    rates.read(0);
    for (let index = 0; index < 100_000; index++) rates.add({ [`made_up_${index}`]: 1 });
    assert.equal(rates.read(1).calls, 100);
    rates.read(2);
    rates.add({ recv: 1 });
    assert.equal(rates.read(3).mostCalled?.name, 'made_up_0');
  });

  test('stay whole numbers that a page takes, however many are claimed and however soon', () => {
    const rates = new CallRates();
    rates.read(1);
    for (let index = 0; index < 100; index++) rates.add({ recv: Number.MAX_SAFE_INTEGER });
    assert.deepEqual(rates.read(1), { calls: 0 });
    rates.add({ recv: Number.MAX_SAFE_INTEGER });
    const { calls, mostCalled } = rates.read(1.000001);
    assert.ok(Number.isSafeInteger(calls) && Number.isSafeInteger(mostCalled?.count));
  });
});
