import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkDescriptors } from '../testing/descriptors.ts';
import { Pair, put } from '../testing/sockets.ts';
import { EBADF, errno } from './errno.ts';
import {
  FD_CLR,
  FD_COPY,
  FD_ISSET,
  FD_SET,
  FD_SETSIZE,
  FD_ZERO,
  Timeval,
  fd_set,
  select,
} from './select.ts';

checkDescriptors();

test('an fd_set holds the descriptors that were put in and not taken out', () => {
  const descriptor = fc.integer({ min: 0, max: FD_SETSIZE - 1 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), descriptor)), (steps) => {
      const set = new fd_set();
      const model = new Set<number>();
      for (const [isPut, fd] of steps) {
        if (isPut) {
          FD_SET(fd, set);
          model.add(fd);
        } else {
          FD_CLR(fd, set);
          model.delete(fd);
        }
      }
      const copy = new fd_set();
      FD_COPY(set, copy);
      const all = Array.from({ length: FD_SETSIZE }, (_, fd) => fd);
      const sorted = [...model].sort((a, b) => a - b);
      assert.deepEqual(
        all.filter((fd) => FD_ISSET(fd, set)),
        sorted,
      );
      assert.deepEqual(copy.bits, set.bits);
      FD_ZERO(set);
      assert.ok(set.bits.every((word) => word === 0));
    }),
  );
});

test('a descriptor that a set has no bit for is refused, and nothing is written', () => {
  const set = new fd_set();
  assert.equal(set.bits.byteLength * 8, FD_SETSIZE);
  for (const fd of [FD_SETSIZE, FD_SETSIZE + 500, -1, 0.5, NaN]) {
    assert.throws(() => FD_SET(fd, set), RangeError);
    assert.throws(() => FD_CLR(fd, set), RangeError);
    assert.throws(() => FD_ISSET(fd, set), RangeError);
  }
  assert.throws(() => FD_SET(FD_SETSIZE, set), /ends at FD_SETSIZE, 1024/);
  assert.ok(set.bits.every((word) => word === 0));
  FD_SET(FD_SETSIZE - 1, set);
  assert.equal(FD_ISSET(FD_SETSIZE - 1, set), true);
});

test('select leaves in the sets what is ready', () => {
  using pair = new Pair();
  const nfds = Math.max(pair.a, pair.b) + 1;
  const reading = new fd_set();
  const writing = new fd_set();
  FD_SET(pair.a, reading);
  FD_SET(pair.b, reading);
  FD_SET(pair.b, writing);
  put(pair.b, 'x');
  assert.equal(select(nfds, reading, writing, null, null), 2);
  assert.equal(FD_ISSET(pair.a, reading), true);
  assert.equal(FD_ISSET(pair.b, reading), false);
  assert.equal(FD_ISSET(pair.b, writing), true);
});

test('select waits no longer than it is told, and leaves what was left of the time', () => {
  using pair = new Pair();
  const reading = new fd_set();
  FD_SET(pair.a, reading);
  const time = new Timeval(0, 20_000);
  const start = performance.now();
  assert.equal(select(pair.a + 1, reading, null, null, time), 0);
  assert.ok(performance.now() - start >= 20);
  assert.deepEqual([time.seconds, time.microseconds], [0, 0]);
  put(pair.b, 'x');
  FD_SET(pair.a, reading);
  time.set(100, 5);
  assert.equal(select(pair.a + 1, reading, null, null, time), 1);
  assert.ok(time.seconds >= 1 && time.seconds <= 100);
});

test('select fails on a descriptor that is not open, and refuses bad arguments', () => {
  const pair = new Pair();
  const reading = new fd_set();
  FD_SET(pair.a, reading);
  const nfds = pair.a + 1;
  pair[Symbol.dispose]();
  assert.equal(select(nfds, reading, null, null, null), -1);
  assert.equal(errno(), EBADF);
  for (const bad of [FD_SETSIZE + 1, -1, 0.5]) {
    assert.throws(() => select(bad, reading, null, null, null), RangeError);
  }
  for (const [seconds, microseconds] of [
    [-1, 0],
    [0, 1e6],
    [0, -1],
    [0.5, 0],
  ] as const) {
    assert.throws(() => new Timeval(seconds, microseconds), RangeError);
  }
  const long = new Timeval(2 ** 40 + 7, 999_999);
  assert.deepEqual([long.seconds, long.microseconds], [2 ** 40 + 7, 999_999]);
});
