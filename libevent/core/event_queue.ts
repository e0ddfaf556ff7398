import type { EventRecord } from './event_record.ts';

/**
 * A queue of events linked through themselves: any of them can leave it in constant time.
 *
 * @internal
 */
export class EventQueue {
  /** How many are in it. */
  length = 0;
  #first: EventRecord | null = null;
  #last: EventRecord | null = null;

  /** The event whose turn it is, or null. */
  get first(): EventRecord | null {
    return this.#first;
  }

  /** Puts an event that is in no queue at the end. */
  push(event: EventRecord): void {
    event.queuePrevious = this.#last;
    if (this.#last === null) this.#first = event;
    else this.#last.queueNext = event;
    this.#last = event;
    this.length++;
  }

  /** Takes out an event that is in this queue. */
  remove(event: EventRecord): void {
    if (event.queuePrevious === null) this.#first = event.queueNext;
    else event.queuePrevious.queueNext = event.queueNext;
    if (event.queueNext === null) this.#last = event.queuePrevious;
    else event.queueNext.queuePrevious = event.queuePrevious;
    event.queueNext = null;
    event.queuePrevious = null;
    this.length--;
  }
}
