import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventRecord } from './event_record.ts';
import { TimerHeap } from './timer_heap.ts';

class Timer extends EventRecord {
  constructor(deadline: number, turn: number) {
    super(-1, 0);
    this.deadline = deadline;
    this.turn = turn;
  }

  override fire(): void {
    assert.fail('a heap runs nothing');
  }
}

/** Takes all events out, the one due first first. */
function drain(heap: TimerHeap): EventRecord[] {
  const timers: EventRecord[] = [];
  for (let timer = heap.first; timer !== undefined; timer = heap.first) {
    timers.push(timer);
    heap.remove(timer);
  }
  return timers;
}

/** By deadline, then by turn. */
function ascending(timers: readonly Timer[]): Timer[] {
  return timers.toSorted((a, b) => a.deadline - b.deadline || a.turn - b.turn);
}

/** Whether two lists have the same events in the same order. */
function isSame(some: readonly EventRecord[], others: readonly EventRecord[]): boolean {
  return some.length === others.length && some.every((one, i) => one === others[i]);
}

test('E58 E61 1,024 events come out in the order of their deadlines', () => {
  const deadline = fc.integer({ min: 0, max: 5000 });
  const deadlines = fc.array(deadline, { minLength: 1024, maxLength: 1024 });
  fc.assert(
    fc.property(deadlines, (all) => {
      const heap = new TimerHeap();
      const timers = all.map((one, turn) => new Timer(one, turn));
      for (const timer of timers) heap.push(timer);
      assert.equal(heap.size, 1024);
      assert.ok(isSame(drain(heap), ascending(timers)));
      assert.equal(heap.size, 0);
    }),
    { numRuns: 20 },
  );
});

test('E58 E61 a heap is a sorted list, whatever is put in and taken out, in whatever order', () => {
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
      for (const [turn, one] of steps.entries()) {
        if ('push' in one) {
          const timer = new Timer(one.push, turn);
          model.push(timer);
          heap.push(timer);
        } else if ('first' in one) {
          const { first } = heap;
          assert.equal(first, ascending(model)[0]);
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
      assert.ok(isSame(drain(heap), ascending(model)));
    }),
  );
});
