import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventRecord } from './event_record.ts';
import { TimerHeap } from './timer_heap.ts';

class Timer extends EventRecord {
  constructor(deadline: number) {
    super(-1, 0);
    this.deadline = deadline;
  }

  override fire(): void {
    assert.fail('a heap runs nothing');
  }
}

/** Takes all events out, the one due first first. */
function drain(heap: TimerHeap): number[] {
  const deadlines: number[] = [];
  for (let timer = heap.first; timer !== undefined; timer = heap.first) {
    deadlines.push(timer.deadline);
    heap.remove(timer);
  }
  return deadlines;
}

function ascending(timers: Iterable<Timer>): number[] {
  return Array.from(timers, (timer) => timer.deadline).sort((a, b) => a - b);
}

test('E61 1,024 events come out in the order of their deadlines', () => {
  const deadline = fc.integer({ min: 0, max: 5000 });
  const deadlines = fc.array(deadline, { minLength: 1024, maxLength: 1024 });
  fc.assert(
    fc.property(deadlines, (all) => {
      const heap = new TimerHeap();
      for (const one of all) heap.push(new Timer(one));
      assert.equal(heap.size, 1024);
      assert.deepEqual(
        drain(heap),
        all.sort((a, b) => a - b),
      );
      assert.equal(heap.size, 0);
    }),
    { numRuns: 20 },
  );
});

test('E61 a heap is a sorted list, whatever is put in and taken out, in whatever order', () => {
  // A number puts in an event due then; a pick takes out one of those that are in.
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ pick: fc.nat() }),
    fc.record({ first: fc.constant(true) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const heap = new TimerHeap();
      const model: Timer[] = [];
      for (const one of steps) {
        if ('push' in one) {
          const timer = new Timer(one.push);
          model.push(timer);
          heap.push(timer);
        } else if ('first' in one) {
          const { first } = heap;
          assert.equal(first?.deadline, ascending(model)[0]);
          if (!(first instanceof Timer)) continue;
          model.splice(model.indexOf(first), 1);
          heap.remove(first);
          assert.equal(first.heapIndex, -1);
        } else if (model.length > 0) {
          const [timer] = model.splice(one.pick % model.length, 1);
          assert.ok(timer);
          heap.remove(timer);
          assert.equal(timer.heapIndex, -1);
        }
        assert.equal(heap.size, model.length);
      }
      const inHeap: EventRecord[] = [];
      heap.collect(inHeap);
      assert.deepEqual(
        inHeap.map((timer) => timer.heapIndex),
        [...inHeap.keys()],
      );
      assert.deepEqual(new Set(inHeap), new Set(model));
      assert.deepEqual(drain(heap), ascending(model));
    }),
  );
});
