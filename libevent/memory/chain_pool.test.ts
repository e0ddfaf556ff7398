import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Evbuffer } from '../buffer/evbuffer.ts';
import { ChainPool, LARGEST_CHAIN, SMALLEST_CHAIN } from './chain_pool.ts';

test('a chain is at least as large as was asked for, and is used again', () => {
  const pool = new ChainPool(10 * LARGEST_CHAIN);
  for (const size of [1, 4096, 4097, 8192, 8193, 16_384, 20_000, 32_769, 65_536]) {
    const chain = pool.take(size);
    assert.ok(chain.capacity >= size && chain.capacity < Math.max(2 * size, SMALLEST_CHAIN + 1));
    chain.end = size;
    pool.give(chain);
    assert.equal(pool.take(size), chain);
    assert.deepEqual([chain.start, chain.end, chain.next], [0, 0, null]);
    pool.give(chain);
  }
  const large = pool.take(LARGEST_CHAIN + 1);
  assert.equal(large.capacity, LARGEST_CHAIN + 1);
  pool.give(large);
  assert.notEqual(pool.take(LARGEST_CHAIN + 1), large);
});

test('a pool keeps no more than its limit', () => {
  const pool = new ChainPool(3 * SMALLEST_CHAIN);
  const chains = Array.from({ length: 5 }, () => pool.take(1));
  for (const chain of chains) pool.give(chain);
  const kept = chains.slice(0, 3);
  for (const chain of kept.toReversed()) assert.equal(pool.take(1), chain);
  assert.ok(!chains.includes(pool.take(1)));
});

test('an empty buffer keeps nothing for itself: the next one gets its memory', () => {
  const pool = new ChainPool(LARGEST_CHAIN);
  const memory = (buffer: Evbuffer) => {
    buffer.add('x');
    return buffer.pullup(1)?.buffer;
  };
  const a = new Evbuffer(null, pool);
  const b = new Evbuffer(null, pool);
  const first = memory(a);
  assert.notEqual(memory(b), first);
  a.drain(1);
  b.drain(1);
  b.addPrintf('%s', 'y');
  a.free();
  const c = new Evbuffer(null, pool);
  const all = [b.pullup(1)?.buffer, memory(c)];
  assert.ok(all.includes(first));
});

test('what reads gets a chain back from what writes', () => {
  const reads = new Evbuffer();
  const writes = new Evbuffer();
  const seen = new Set<unknown>();
  for (let i = 0; i < 100; i++) {
    reads.add('request');
    seen.add(reads.pullup(1)?.buffer);
    writes.addBuffer(reads);
    writes.drain(-1);
  }
  assert.ok(seen.size <= 2, `${String(seen.size)} chains`);
});
