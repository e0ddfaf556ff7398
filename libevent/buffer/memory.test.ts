import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GCProfiler } from 'node:v8';
import { ChainPool } from '../memory/chain_pool.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { Pair } from '../testing/sockets.ts';
import { Evbuffer } from './evbuffer.ts';

checkDescriptors();

const WARM_UP = 20_000;
const ROUNDS = 100_000;
/** Whatever else the process does meanwhile; one object for each round would be far more. */
const MOST_A_ROUND = 8;

/** How many bytes of JavaScript's memory some work takes, given back or not. */
function allocatedBy(work: () => void): number {
  const profiler = new GCProfiler();
  profiler.start();
  let used = process.memoryUsage().heapUsed;
  work();
  const end = process.memoryUsage().heapUsed;
  let allocated = 0;
  for (const { beforeGC, afterGC } of profiler.stop().statistics) {
    allocated += beforeGC.heapStatistics.usedHeapSize - used;
    used = afterGC.heapStatistics.usedHeapSize;
  }
  return allocated + end - used;
}

for (const [name, pool] of [
  ['of their own', undefined],
  ['that they share', new ChainPool(65_536)],
] as const) {
  test(`an echo takes no memory: buffers with a pool ${name}`, () => {
    using pair = new Pair();
    using request = new Evbuffer();
    using input = new Evbuffer(null, pool);
    using output = new Evbuffer(null, pool);
    request.addReference(Buffer.alloc(64), null, null);
    assert.equal(request.write(pair.a), 64);
    const echo = (rounds: number) => {
      for (let i = 0; i < rounds; i++) {
        input.read(pair.b, 16_384);
        output.addBuffer(input);
        output.send(pair.b, 16_384);
        input.read(pair.a);
        output.addBuffer(input);
        output.write(pair.a);
      }
    };
    echo(WARM_UP);
    const external = process.memoryUsage().external;
    const allocated = allocatedBy(() => echo(ROUNDS));
    assert.ok(allocated < MOST_A_ROUND * ROUNDS, `${String(allocated)} bytes`);
    assert.ok(process.memoryUsage().external - external < 65_536);
    assert.equal(input.read(pair.b), 64);
  });
}
