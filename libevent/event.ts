import { usedAfterFree } from './errors.ts';
import type { EventBase } from './event_base.ts';
import { EV_PERSIST, EV_TIMEOUT, EventNode, IDLE, IO_EVENTS } from './event_node.ts';

const MILLISECONDS = 1000;

/**
 * What an event calls.
 *
 * @param fd - the descriptor of the event, or -1
 * @param what - why: EV_READ, EV_WRITE, EV_TIMEOUT, …, one or several
 * @param arg - what was given to the event's constructor
 */
export type EventCallback<T> = (fd: number, what: number, arg: T) => void;

/**
 * Something to wait for and what to call when it happens: libevent's `struct event`. A new event
 * waits for nothing until `add()`.
 */
export class Event<T> extends EventNode implements Disposable {
  readonly #base: EventBase;
  readonly #callback: EventCallback<T>;
  readonly #arg: T;
  #freed = false;

  /**
   * Makes an event: `event_new()`.
   *
   * @param base - the base it belongs to
   * @param fd - the descriptor to watch, -1 for an event that only times or is only activated
   * @param what - EV_READ, EV_WRITE, EV_CLOSED, with EV_PERSIST to stay added after it has run and
   *   EV_ET for changes only
   * @param callback - what to call
   * @param arg - handed to the callback
   * @throws RangeError if it is to watch for something but has no descriptor
   */
  constructor(base: EventBase, fd: number, what: number, callback: EventCallback<T>, arg: T) {
    if (!Number.isInteger(fd) || ((what & IO_EVENTS) !== 0 && fd < 0)) {
      throw new RangeError(`an event cannot watch descriptor ${String(fd)}`);
    }
    super(fd, what);
    this.#base = base;
    this.#callback = callback;
    this.#arg = arg;
  }

  /**
   * Starts waiting: `event_add()`. Added again, it takes a new timeout if one is given.
   *
   * @param seconds - how long to wait for the descriptor before it runs with EV_TIMEOUT; 0 is due
   *   in the next pass; left out, as long as it takes (or as was said before, if it waits already)
   * @returns 0, or -1 and leaves errno
   * @throws RangeError for a timeout that is negative or not finite
   * @throws Error after free()
   */
  add(seconds?: number): number {
    this.#check();
    if (seconds === undefined) return this.#base.addEvent(this, -1);
    if (!Number.isFinite(seconds) || seconds < 0) {
      throw new RangeError(`a timeout is 0 seconds or more, not ${String(seconds)}`);
    }
    return this.#base.addEvent(this, seconds * MILLISECONDS);
  }

  /**
   * Stops waiting: `event_del()`. If it was about to run, it does not.
   *
   * @returns 0, also if it was not added, or -1 and leaves errno
   * @throws Error after free()
   */
  del(): number {
    this.#check();
    return this.#base.deleteEvent(this);
  }

  /**
   * What of something the event waits for, or is about to run for: `event_pending()`.
   *
   * @param what - the EV_ flags to ask about
   * @returns those of them that are so
   * @throws Error after free()
   */
  pending(what: number): number {
    this.#check();
    let flags = 0;
    if (this.inserted) flags |= this.what & IO_EVENTS;
    if (this.heapIndex >= 0) flags |= EV_TIMEOUT;
    if (this.state !== IDLE) flags |= this.result;
    return flags & what;
  }

  /**
   * Makes the event run in the present pass of the loop, or else the next, as if what it waits for
   * had happened: `event_active()`.
   *
   * @param what - what its callback is told
   * @throws Error after free()
   */
  active(what: number): void {
    this.#check();
    this.#base.activate(this, what);
  }

  /** The descriptor, or -1: `event_get_fd()`. */
  getFd(): number {
    this.#check();
    return this.fd;
  }

  /** The base it belongs to: `event_get_base()`. */
  getBase(): EventBase {
    this.#check();
    return this.#base;
  }

  /**
   * Deletes the event and makes it unusable: `event_free()`. Its own callback may do this.
   *
   * @throws Error if that was done before
   */
  free(): void {
    this.#check();
    this.#base.deleteEvent(this);
    this.#freed = true;
  }

  /** Frees the event at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  /** @internal */
  override fire(result: number): void {
    this.#callback(this.fd, result, this.#arg);
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('Event');
  }
}

/** Whether an event stays added when it has run. */
export function isPersistent(event: EventNode): boolean {
  return (event.what & EV_PERSIST) !== 0;
}
