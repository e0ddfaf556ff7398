import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Capacity, availableMemory, type Resources } from './capacity.ts';
import { memoryFor } from './memory-plan.ts';

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

test('memory is set aside for what a run runs, and given out once', () => {
  // Half a gibibyte is left to everything else.
  const capacity = new Capacity(10, having(GiB));
  const usual = memoryFor({ programs: 1, clients: 2 });
  const large = memoryFor({ programs: 3, clients: 8 });
  const [first, second] = [capacity.take(large), capacity.take(large)];
  assert.ok(!('full' in first) && !('full' in second));
  const third = capacity.take(large);
  assert.ok('full' in third && third.taken && third.full.includes('set aside'));
  assert.ok(!('full' in capacity.take(usual)));
  assert.match(capacity.shortage ?? '', /set aside/);
  capacity.release(first);
  assert.ok(!('full' in capacity.take(large)));
});

test('a run gets more memory only while there is some', () => {
  let memory = GiB;
  const capacity = new Capacity(10, { ...having(0), memory: () => memory });
  const slot = capacity.take(GiB / 4);
  assert.ok(!('full' in slot));
  assert.equal(capacity.grow(slot, GiB / 8), undefined);
  assert.match(capacity.grow(slot, GiB / 4) ?? '', /set aside/);
  memory = GiB / 4;
  assert.match(capacity.grow(slot, 1) ?? '', /short of memory/);
  memory = GiB;
  capacity.release(slot);
  assert.ok(!('full' in capacity.take(GiB / 2)));
});

test('what comes of a shortage can’t be waited for; the end of a run can', () => {
  let descriptors = 1000;
  const capacity = new Capacity(1, { ...having(8 * GiB), descriptors: () => descriptors });
  capacity.take();
  const taken = capacity.take();
  assert.ok('full' in taken && taken.taken);
  descriptors = 99;
  const short = capacity.take();
  assert.ok('full' in short && !short.taken);
});
