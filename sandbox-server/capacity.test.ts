import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Capacity, availableMemory } from './capacity.ts';

const GiB = 1024 ** 3;

test('slots are handed out once, and come back', () => {
  const capacity = new Capacity(2, () => 8 * GiB);
  const [first, second] = [capacity.take(), capacity.take()];
  assert.ok(!('full' in first) && !('full' in second));
  assert.notEqual(first.index, second.index);
  assert.equal(capacity.used, 2);
  const third = capacity.take();
  assert.ok('full' in third && third.full.includes('2 runs'));
  capacity.release(first);
  assert.deepEqual(capacity.take(), first);
});

test('memory bounds the size, and a shortage lets nobody in', () => {
  let memory = GiB;
  const capacity = new Capacity(1000, () => memory);
  assert.equal(capacity.size, 8);
  memory = GiB / 4;
  const slot = capacity.take();
  assert.ok('full' in slot && slot.full.includes('memory'));
  assert.equal(capacity.used, 0);
});

test('there is room for one run on the smallest computer', () => {
  assert.equal(new Capacity(Infinity, () => 0).size, 1);
});

test('root gives each sandbox a user of its own, others give theirs', () => {
  const capacity = new Capacity(2, () => 8 * GiB);
  const slots = [capacity.take(), capacity.take()].map((slot) => ('full' in slot ? NaN : slot.uid));
  if (process.getuid?.() === 0) {
    assert.equal(new Set(slots).size, 2);
    assert.ok(slots.every((uid) => uid !== undefined && uid >= 60_000));
  } else {
    assert.deepEqual(slots, [undefined, undefined]);
  }
});

test('available memory is what the kernel says, in bytes', () => {
  assert.ok(availableMemory() > 64 * 1024 * 1024);
});
