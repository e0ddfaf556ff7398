import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from './token_bucket.ts';
import { EV_RATE_LIMIT_MAX, EvTokenBucketCfg } from './token_bucket_cfg.ts';

test('R01 rates from 1 up to their bursts, ticks from a millisecond', () => {
  for (const bad of [0, -1, 1.5, Number.NaN, Infinity, EV_RATE_LIMIT_MAX + 1]) {
    assert.throws(() => new EvTokenBucketCfg(bad, 10, 1, 1), RangeError);
    assert.throws(() => new EvTokenBucketCfg(1, bad, 1, 1), RangeError);
    assert.throws(() => new EvTokenBucketCfg(1, 1, bad, 10), RangeError);
    assert.throws(() => new EvTokenBucketCfg(1, 1, 1, bad), RangeError);
  }
  assert.throws(() => new EvTokenBucketCfg(11, 10, 1, 1), RangeError);
  assert.throws(() => new EvTokenBucketCfg(1, 1, 11, 10), RangeError);
  for (const bad of [0, -1, 0.0009, Number.NaN, Infinity]) {
    assert.throws(() => new EvTokenBucketCfg(1, 1, 1, 1, bad), RangeError);
  }
});

test('R01 a tick is a second unless told', () => {
  assert.equal(new EvTokenBucketCfg(1, 2, 3, 4).tickLength, 1);
  const largest = EV_RATE_LIMIT_MAX;
  const cfg = new EvTokenBucketCfg(largest, largest, largest, largest, 0.001);
  assert.equal(cfg.tickLength, 0.001);
  assert.equal(cfg.readBurst, largest);
});

/** A cfg whose ticks are so long that none passes in a test. */
function still(rate: number, burst: number): EvTokenBucketCfg {
  return new EvTokenBucketCfg(rate, burst, rate, burst, 1e6);
}

test('R02 a bucket starts with one rate, not with a burst', () => {
  const bucket = new TokenBucket(still(10, 100));
  assert.equal(bucket.readLimit(), 10);
  assert.equal(bucket.writeLimit(), 10);
  assert.equal(bucket.takeRead(25), -15);
  assert.equal(bucket.readLimit(), -15);
  assert.equal(bucket.writeLimit(), 10);
  assert.equal(bucket.takeWrite(-5), 15);
});

test('R04 other rates keep what is left, cut at the new burst', () => {
  const bucket = new TokenBucket(still(1000, 2000));
  bucket.takeRead(950);
  bucket.setCfg(still(100, 100));
  assert.equal(bucket.readLimit(), 50);
  assert.equal(bucket.writeLimit(), 100);
});

test('R02 ticks put a rate in each, up to the burst: never more passes than that', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 0, max: 5000 }),
      fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 30 }),
      (rate, more, takes) => {
        const burst = rate + more;
        const tick = 0.001;
        const start = performance.now();
        const bucket = new TokenBucket(new EvTokenBucketCfg(rate, burst, rate, burst, tick));
        let taken = 0;
        for (const wanted of takes) {
          const limit = bucket.readLimit();
          assert.ok(limit <= burst);
          const count = Math.min(wanted, Math.max(0, limit));
          bucket.takeRead(count);
          taken += count;
        }
        const ticks = Math.floor((performance.now() - start) / (tick * 1000)) + 1;
        assert.ok(taken <= rate * (1 + ticks));
      },
    ),
  );
});
