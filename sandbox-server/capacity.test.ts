import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Capacity, availableMemory, type Resources } from './capacity.ts';

const GiB = 1024 ** 3;

/** A computer with so much of each. */
function having(memory: number, descriptors = 1000): Resources {
  return { memory: () => memory, descriptors: () => descriptors };
}

test('slots are handed out once, and come back', () => {
  const capacity = new Capacity(2, having(8 * GiB));
  const [first, second] = [capacity.take(), capacity.take()];
  assert.ok(!('full' in first) && !('full' in second));
  assert.notEqual(first.index, second.index);
  assert.equal(capacity.used, 2);
  const third = capacity.take();
  assert.ok('full' in third && third.full.includes('2 runs'));
  capacity.release(first);
  assert.deepEqual(capacity.take(), first);
});

test('a place whose processes could not be killed comes back as one that nobody has had', () => {
  const capacity = new Capacity(2, having(8 * GiB));
  const [first, second] = [capacity.take(), capacity.take()];
  assert.ok(!('full' in first) && !('full' in second));
  assert.equal(typeof capacity.shortage, 'string');
  capacity.release(first, false);
  assert.equal(capacity.shortage, undefined);
  assert.equal(capacity.used, 1);
  const third = capacity.take();
  assert.ok(!('full' in third) && third.index === 2);
  if (first.uid !== undefined) assert.equal(third.uid, first.uid + 2 - first.index);
});

test('memory bounds the size, and a shortage lets nobody in', () => {
  let memory = GiB;
  const capacity = new Capacity(1000, { ...having(0), memory: () => memory });
  assert.equal(capacity.size, 8);
  memory = GiB / 4;
  const slot = capacity.take();
  assert.ok('full' in slot && slot.full.includes('memory'));
  assert.equal(capacity.used, 0);
});

test('nobody is let in when a session could run out of descriptors', () => {
  let descriptors = 1000;
  const capacity = new Capacity(10, { ...having(8 * GiB), descriptors: () => descriptors });
  assert.ok(!('full' in capacity.take()));
  descriptors = 99;
  const slot = capacity.take();
  assert.ok('full' in slot && slot.full.includes('descriptors'));
  assert.equal(capacity.used, 1);
});

test('there is room for one run on the smallest computer', () => {
  assert.equal(new Capacity(Infinity, having(0)).size, 1);
});

test('root gives each sandbox a user of its own, others give theirs', () => {
  const capacity = new Capacity(2, having(8 * GiB));
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
