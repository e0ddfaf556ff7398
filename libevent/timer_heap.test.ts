import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventNode } from './event_node.ts';
import { TimerHeap } from './timer_heap.ts';

class Timer extends EventNode {
  constructor(deadline: number) {
    super(-1, 0);
    this.deadline = deadline;
  }

  override fire(): void {
    assert.fail('a heap runs nothing');
  }
}

/** The same numbers each time, so that a failure can be repeated. */
function* pseudoRandom(): Generator<number, never> {
  let state = 12345;
  for (;;) {
    state = (state * 1103515245 + 12345) % 2147483648;
    yield state;
  }
}

test('E61 events come out in the order of their deadlines, whichever were taken out between', () => {
  const random = pseudoRandom();
  const heap = new TimerHeap();
  const timers = Array.from({ length: 1024 }, () => new Timer(random.next().value % 500));
  for (const timer of timers) heap.push(timer);
  const removed = timers.filter((_, i) => i % 3 === 0);
  for (const timer of removed) heap.remove(timer);
  assert.ok(removed.every((timer) => timer.heapIndex === -1));
  const expected = timers
    .filter((timer) => timer.heapIndex >= 0)
    .map((timer) => timer.deadline)
    .sort((a, b) => a - b);
  const actual: number[] = [];
  for (let timer = heap.first; timer !== undefined; timer = heap.first) {
    actual.push(timer.deadline);
    heap.remove(timer);
  }
  assert.deepEqual(actual, expected);
  assert.equal(heap.size, 0);
});
