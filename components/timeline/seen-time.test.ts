import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { centred, isSeen, zoomed } from './seen-time.ts';

test('what one zooms around keeps its place, however often', () => {
  const factors = fc.array(fc.constantFrom(1.6, 1 / 1.6, 1.05, 30, 1 / 30), { maxLength: 30 });
  fc.assert(
    fc.property(factors, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      let seen = { from: 2000, to: 12_000 };
      const at = seen.from + share * (seen.to - seen.from);
      for (const factor of all) {
        seen = zoomed(seen, factor, at);
        const span = seen.to - seen.from;
        assert.ok(span >= 3.999 && span <= 600_001);
        assert.ok(Math.abs((at - seen.from) / span - share) < 1e-6);
      }
    }),
  );
});

test('more time and less', () => {
  assert.deepEqual(zoomed({ from: 0, to: 100 }, 2, 50), { from: -50, to: 150 });
  assert.deepEqual(zoomed({ from: 0, to: 100 }, 0.5, 100), { from: 50, to: 100 });
});

test('what is out of sight comes into the middle', () => {
  const seen = { from: 0, to: 100 };
  assert.ok(!isSeen(seen, 300));
  const moved = centred(seen, 300);
  assert.deepEqual(moved, { from: 250, to: 350 });
  assert.ok(isSeen(moved, 300));
});
