import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { Pair, put } from '../testing/sockets.ts';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLRDHUP, PollFds, poll } from './poll.ts';

checkDescriptors();

test('poll reports what is ready, in its place', () => {
  using pair = new Pair();
  const fds = new PollFds(3);
  fds.set(0, pair.a, POLLIN);
  fds.set(1, -1, POLLIN);
  fds.set(2, pair.b, POLLIN | POLLOUT);
  assert.equal(poll(fds, 2, 0), 0);
  put(pair.b, 'x');
  assert.equal(poll(fds, 3, -1), 2);
  assert.deepEqual(
    [0, 1, 2].map((i) => fds.reventsAt(i)),
    [POLLIN, 0, POLLOUT],
  );
  assert.deepEqual([fds.fdAt(2), fds.eventsAt(2)], [pair.b, POLLIN | POLLOUT]);
});

test('poll tells that a peer has closed, and that a descriptor is not open', () => {
  const pair = new Pair();
  const fds = new PollFds(1);
  fds.set(0, pair.a, POLLRDHUP);
  assert.equal(poll(fds, 1, 0), 0);
  pair.close(pair.b);
  assert.equal(poll(fds, 1, 0), 1);
  assert.equal(fds.reventsAt(0) & ~POLLERR, POLLRDHUP | POLLHUP);
  pair[Symbol.dispose]();
  assert.equal(poll(fds, 1, 0), 1);
  assert.equal(fds.reventsAt(0), POLLNVAL);
});

test('poll waits no longer than it is told', () => {
  using pair = new Pair();
  const fds = new PollFds(1);
  fds.set(0, pair.a, POLLIN);
  const start = performance.now();
  assert.equal(poll(fds, 1, 20), 0);
  assert.ok(performance.now() - start >= 20);
});

test('an array grows with its contents, and its bounds are kept', () => {
  const small = new PollFds(1);
  small.set(0, 7, POLLIN);
  const large = new PollFds(4, small);
  assert.deepEqual([large.capacity, large.fdAt(0), large.eventsAt(0)], [4, 7, POLLIN]);
  for (const bad of [0, -1, 1.5]) assert.throws(() => new PollFds(bad), RangeError);
  assert.throws(() => new PollFds(2, large), RangeError);
  for (const bad of [5, -1, 0.5]) assert.throws(() => poll(large, bad, 0), RangeError);
  assert.equal(large.fdAt(4), -1);
});
