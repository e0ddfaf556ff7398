import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as sys from './index.ts';

function now(clock: number): sys.Timespec {
  const time = new sys.Timespec();
  assert.equal(sys.clock_gettime(clock, time), 0);
  return time;
}

test('clock_gettime reads the clocks that Node reads', () => {
  const before = Date.now();
  const time = now(sys.CLOCK_REALTIME).toSeconds() * 1000;
  assert.ok(time >= before && time <= Date.now() + 1);
  const monotonic = process.hrtime.bigint();
  const [seconds, nanoseconds] = now(sys.CLOCK_MONOTONIC).words;
  assert.ok(seconds !== undefined && nanoseconds !== undefined);
  assert.ok(seconds * 1_000_000_000n + nanoseconds >= monotonic);
});

test('nanosleep sleeps at least that long, and refuses nonsense', () => {
  const start = now(sys.CLOCK_MONOTONIC).toSeconds();
  assert.equal(sys.nanosleep(new sys.Timespec(0, 2_000_000)), 0);
  assert.ok(now(sys.CLOCK_MONOTONIC).toSeconds() - start >= 0.002);
  assert.equal(sys.nanosleep(new sys.Timespec(0, 1_000_000_000)), -1);
  assert.equal(sys.errno(), sys.EINVAL);
  assert.equal(sys.clock_gettime(99, new sys.Timespec()), -1);
  assert.equal(sys.errno(), sys.EINVAL);
  assert.throws(() => new sys.Timespec(0.5), RangeError);
});
