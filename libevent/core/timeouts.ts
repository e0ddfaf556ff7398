import type { EventRecord } from './event_record.ts';
import { TimerHeap } from './timer_heap.ts';

// epoll_wait(2) takes an int; a longer wait just goes round the loop once more.
const LONGEST_WAIT = 35 * 60 * 1000;

/**
 * The events that wait for a time, on a monotonic clock in milliseconds.
 *
 * @internal
 */
export class Timeouts {
  readonly #heap = new TimerHeap();
  readonly #isCached: boolean;
  #started = 0;
  #passTime = 0;
  #inPass = false;

  /** @param isCached - whether the clock stands still during a pass */
  constructor(isCached = true) {
    this.#isCached = isCached;
  }

  /** How many events wait. */
  get size(): number {
    return this.#heap.size;
  }

  /** Puts all events that wait at the end of an array. */
  collect(events: EventRecord[]): void {
    this.#heap.collect(events);
  }

  /** Stops the clock for a pass: all that its callbacks start counts from the same moment. */
  enterPass(): void {
    this.#passTime = performance.now();
    this.#inPass = this.#isCached;
  }

  /** Lets the clock run again. */
  leavePass(): void {
    this.#inPass = false;
  }

  /** What the clock says, as it stands in a pass. */
  get now(): number {
    return this.#inPass ? this.#passTime : performance.now();
  }

  /** Makes an event due a number of milliseconds from now, whether it waits already or not. */
  start(event: EventRecord, timeout: number): void {
    this.#schedule(event, this.now + timeout);
  }

  /**
   * Makes a persistent event due again, after its interval.
   *
   * @param wasDue - whether it runs because its time was up
   */
  restart(event: EventRecord, wasDue: boolean): void {
    const now = this.now;
    // A timer is due one interval after it was due, not after it ran: it does not drift. Rounds
    // that were missed altogether are not made up for.
    const next = (wasDue ? event.deadline : now) + event.interval;
    this.#schedule(event, next >= now ? next : now + event.interval);
  }

  /** Takes out an event that waits. */
  stop(event: EventRecord): void {
    this.#heap.remove(event);
  }

  /**
   * Takes out an event whose time is up, the one due first, or null if there is none.
   *
   * @param now - up to when
   */
  takeDue(now = this.now): EventRecord | null {
    const event = this.#heap.first;
    if (event === undefined || event.deadline > now) return null;
    this.#heap.remove(event);
    return event;
  }

  /** Milliseconds until an event is due, or -1 if none waits. */
  untilDue(): number {
    const event = this.#heap.first;
    if (event === undefined) return -1;
    // Rounded up, for a wait that is short by a fraction would spin until the time is there.
    const wait = Math.ceil(event.deadline - performance.now());
    return Math.max(0, Math.min(wait, LONGEST_WAIT));
  }

  #schedule(event: EventRecord, deadline: number): void {
    if (event.heapIndex >= 0) this.#heap.remove(event);
    event.deadline = deadline;
    event.turn = this.#started++;
    this.#heap.push(event);
  }
}
