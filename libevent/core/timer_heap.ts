import type { EventRecord } from './event_record.ts';

function isBefore(one: EventRecord, other: EventRecord): boolean {
  const [due, otherDue] = [one.deadline, other.deadline];
  return due < otherDue || (due === otherDue && one.turn < other.turn);
}

/**
 * A binary heap of events by deadline, those of one deadline in the order in which they were started.
 * Each event knows its own place, so that deleting one that is not due costs O(log n), not a search.
 *
 * @internal
 */
export class TimerHeap {
  readonly #events: EventRecord[] = [];

  /** How many are in it. */
  get size(): number {
    return this.#events.length;
  }

  /** The event that is due first, or undefined. */
  get first(): EventRecord | undefined {
    return this.#events[0];
  }

  /** Puts all of them at the end of an array, in no order. */
  collect(events: EventRecord[]): void {
    for (const event of this.#events) events.push(event);
  }

  /** Puts in an event that is not in it, by its deadline. */
  push(event: EventRecord): void {
    this.#events.push(event);
    this.#moveUp(event, this.#events.length - 1);
  }

  /** Takes out an event that is in it. */
  remove(event: EventRecord): void {
    const index = event.heapIndex;
    event.heapIndex = -1;
    const last = this.#events.pop();
    if (last === undefined || last === event) return;
    const parent = this.#events[(index - 1) >> 1];
    if (index > 0 && parent !== undefined && isBefore(last, parent)) {
      this.#moveUp(last, index);
    } else {
      this.#moveDown(last, index);
    }
  }

  #moveUp(event: EventRecord, from: number): void {
    const { deadline, turn } = event;
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#events[parentIndex];
      if (parent === undefined) break;
      const due = parent.deadline;
      if (due < deadline || (due === deadline && parent.turn < turn)) break;
      this.#put(parent, index);
      index = parentIndex;
    }
    this.#put(event, index);
  }

  #moveDown(event: EventRecord, from: number): void {
    const { deadline, turn } = event;
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = this.#events[childIndex];
      if (child === undefined) break;
      const right = this.#events[childIndex + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childIndex++;
      }
      const due = child.deadline;
      if (due > deadline || (due === deadline && child.turn > turn)) break;
      this.#put(child, index);
      index = childIndex;
    }
    this.#put(event, index);
  }

  #put(event: EventRecord, index: number): void {
    this.#events[index] = event;
    event.heapIndex = index;
  }
}
