import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Capacity, availableMemory, type Resources } from './capacity.ts';
import { memoryFor } from './memory-plan.ts';

const GiB = 1024 ** 3;

/** A computer with so much of each. */
function having(memory: number, descriptors = 1000): Resources {
  return { memory: () => memory, descriptors: () => descriptors };
}

test('places are given out once, and come back', () => {
  const capacity = new Capacity(2, having(8 * GiB));
  assert.deepEqual([capacity.take(), capacity.take()], [undefined, undefined]);
  assert.equal(capacity.used, 2);
  assert.match(capacity.take() ?? '', /2 runs/);
  assert.equal(capacity.used, 2);
  capacity.release();
  assert.equal(capacity.shortage, undefined);
  assert.equal(capacity.used, 1);
  assert.equal(capacity.take(), undefined);
});

test('memory bounds the size, and a shortage lets nobody in', () => {
  let memory = GiB;
  const capacity = new Capacity(1000, { ...having(0), memory: () => memory });
  assert.equal(capacity.size, 8);
  memory = GiB / 4;
  assert.match(capacity.take() ?? '', /memory/);
  assert.equal(capacity.used, 0);
});

test('nobody is let in when a session could run out of descriptors', () => {
  let descriptors = 1000;
  const capacity = new Capacity(10, { ...having(8 * GiB), descriptors: () => descriptors });
  assert.equal(capacity.take(), undefined);
  descriptors = 99;
  assert.match(capacity.take() ?? '', /descriptors/);
  assert.equal(capacity.used, 1);
});

test('there is room for one run on the smallest computer', () => {
  assert.equal(new Capacity(Infinity, having(0)).size, 1);
});

test('available memory is what the kernel says, in bytes', () => {
  assert.ok(availableMemory() > 64 * 1024 * 1024);
});

test('memory is set aside for what a run runs, and given out once', () => {
  // Half a gibibyte is left to everything else.
  const capacity = new Capacity(10, having(GiB));
  const usual = memoryFor({ programs: 1, clients: 2 });
  const large = memoryFor({ programs: 3, clients: 8 });
  assert.deepEqual([capacity.take(large), capacity.take(large)], [undefined, undefined]);
  assert.match(capacity.take(large) ?? '', /set aside/);
  assert.equal(capacity.take(usual), undefined);
  assert.match(capacity.shortage ?? '', /set aside/);
  assert.equal(capacity.short, undefined);
  capacity.release(large);
  assert.equal(capacity.take(large), undefined);
});

test('a run gets more memory only while there is some', () => {
  let memory = GiB;
  const capacity = new Capacity(10, { ...having(0), memory: () => memory });
  assert.equal(capacity.take(GiB / 4), undefined);
  assert.equal(capacity.grow(GiB / 8), undefined);
  assert.match(capacity.grow(GiB / 4) ?? '', /set aside/);
  memory = GiB / 4;
  assert.match(capacity.grow(1) ?? '', /short of memory/);
  memory = GiB;
  capacity.release(GiB / 4 + GiB / 8);
  assert.equal(capacity.take(GiB / 2), undefined);
});

test('what the computer is short of is told apart from what runs have taken', () => {
  let descriptors = 1000;
  const capacity = new Capacity(1, { ...having(8 * GiB), descriptors: () => descriptors });
  capacity.take();
  assert.match(capacity.shortage ?? '', /All places are taken/);
  const short = (): string | undefined => capacity.short;
  assert.equal(short(), undefined);
  descriptors = 99;
  assert.match(short() ?? '', /descriptors/);
});
