import type { EventCounts } from './counts.ts';
import { EventQueue } from './event_queue.ts';
import { ACTIVE, ACTIVE_LATER, IDLE } from './event_record.ts';
import type { EventRecord } from './event_record.ts';
import { INTERNAL } from './flags.ts';

/**
 * The events that are to run: a queue for each priority, 0 the most urgent, and one of those that
 * wait for the next pass.
 *
 * @internal
 */
export class ActiveQueues {
  /** The priority of the queue that is being worked off, or -1. */
  running = -1;
  /** Whether the loop is to look for more urgent events before it goes on with that queue. */
  isInterrupted = false;
  readonly #counts: EventCounts;
  readonly #later = new EventQueue();
  #queues = [new EventQueue()];
  #length = 0;

  constructor(counts: EventCounts) {
    this.#counts = counts;
  }

  /** How many events are in all of them. */
  get length(): number {
    return this.#length;
  }

  /** How many events are to run in this pass. */
  get lengthNow(): number {
    return this.#length - this.#later.length;
  }

  /** How many priorities there are. */
  get priorities(): number {
    return this.#queues.length;
  }

  /** Changes how many there are. All queues have to be empty. */
  set priorities(count: number) {
    this.#queues = Array.from({ length: count }, () => new EventQueue());
  }

  /** The most urgent queue that is not empty, or null; `running` is its priority then. */
  mostUrgent(): EventQueue | null {
    for (let priority = 0; priority < this.#queues.length; priority++) {
      const queue = this.#queues[priority];
      if (queue === undefined || queue.first === null) continue;
      this.running = priority;
      return queue;
    }
    return null;
  }

  /** Puts in an event that is not in, to run in this pass. */
  push(event: EventRecord): void {
    this.#count(event);
    this.#pushNow(event);
  }

  /** Puts in an event that is not in, to run in the next pass. */
  pushLater(event: EventRecord): void {
    this.#count(event);
    event.state = ACTIVE_LATER;
    this.#later.push(event);
  }

  /** Takes out an event that is in one of them. */
  remove(event: EventRecord): void {
    if (event.state === ACTIVE) this.#queueOf(event).remove(event);
    else this.#later.remove(event);
    event.state = IDLE;
    this.#length--;
    if ((event.what & INTERNAL) !== 0) return;
    this.#counts.active.down();
    this.#counts.added.down();
  }

  /** Has an event that waits for the next pass run in this one. */
  hurry(event: EventRecord): void {
    this.#later.remove(event);
    this.#pushNow(event);
  }

  /** The next pass begins: has all that waited for it run in it. */
  hurryAll(): void {
    for (let event = this.#later.first; event !== null; event = this.#later.first) {
      this.hurry(event);
    }
  }

  /** Puts all of them at the end of an array, the most urgent first. */
  collect(events: EventRecord[]): void {
    for (const queue of [...this.#queues, this.#later]) {
      for (let event = queue.first; event !== null; event = event.queueNext) events.push(event);
    }
  }

  #pushNow(event: EventRecord): void {
    event.state = ACTIVE;
    this.#queueOf(event).push(event);
    if (event.priority < this.running) this.isInterrupted = true;
  }

  #count(event: EventRecord): void {
    this.#length++;
    if ((event.what & INTERNAL) !== 0) return;
    this.#counts.active.up();
    this.#counts.added.up();
  }

  /** The queue of its priority, or the last one if there are fewer than when that was set. */
  #queueOf(event: EventRecord): EventQueue {
    const queue = this.#queues[Math.min(event.priority, this.#queues.length - 1)];
    if (queue === undefined)
      throw new RangeError(`no queue for priority ${String(event.priority)}`);
    return queue;
  }
}
