import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkDescriptors } from '../testing/descriptors.ts';
import { World, operations } from '../testing/evbuffer_operations.ts';

checkDescriptors();

const step = fc.tuple(fc.nat(2), fc.nat(2), fc.oneof(...operations));

test('V01-V22 any sequence of operations does to evbuffers what it does to plain Buffers', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), (steps) => {
      using world = new World();
      for (const [i, j, operation] of steps) {
        const a = world.buffers[i];
        const b = world.buffers[j];
        assert.ok(a !== undefined && b !== undefined);
        operation(world, a, b);
        for (const buffer of world.buffers) buffer.checkCounts();
      }
      for (const buffer of world.buffers) buffer.check();
    }),
    { numRuns: 300 },
  );
});
