import { usedAfterFree } from '../core/errors.ts';
import { EventRecord, IDLE } from '../core/event_record.ts';
import { EV_PERSIST, EV_SIGNAL, EV_TIMEOUT, IO_EVENTS } from '../core/flags.ts';
import { EINVAL, setErrno } from '../sys/errno.ts';
import type { EventBase } from './event_base.ts';

const MILLISECONDS = 1000;

/** Stands for the event itself as the argument of its callback; see `eventSelfCbarg()`. */
class SelfCbarg {
  readonly #isSelf = true;

  /** Whether something is it. */
  static is(value: unknown): boolean {
    return value instanceof SelfCbarg && value.#isSelf;
  }
}

const SELF = new SelfCbarg();

/**
 * The argument that stands for the event itself: `event_self_cbarg()`. A callback with this
 * argument gets its own event, which does not exist yet when its constructor is called.
 */
export function eventSelfCbarg(): SelfCbarg {
  return SELF;
}

/** What a callback gets for an argument of type `T`: that, or its event for `eventSelfCbarg()`. */
export type EventArgument<T> = T extends SelfCbarg ? Event<T> : T;

/**
 * What an event calls.
 *
 * @param fd - the descriptor of the event, the number of its signal, or -1
 * @param what - why: EV_READ, EV_WRITE, EV_TIMEOUT, …, one or several
 * @param arg - what was given to the event's constructor
 */
export type EventCallback<T> = (fd: number, what: number, arg: EventArgument<T>) => void;

/** What an event was made with: see `Event.getAssignment()`. */
export interface EventAssignment<T> {
  readonly base: EventBase;
  readonly fd: number;
  readonly events: number;
  readonly callback: EventCallback<T>;
  readonly arg: EventArgument<T>;
}

/**
 * A time for the base's clock.
 *
 * @internal
 * @throws RangeError for one that is negative or not finite
 */
export function milliseconds(seconds: number): number {
  if (!Number.isFinite(seconds) || seconds < 0) {
    throw new RangeError(`a timeout is 0 seconds or more, not ${String(seconds)}`);
  }
  return seconds * MILLISECONDS;
}

/**
 * Something to wait for and what to call when it happens: libevent's `struct event`. A new event
 * waits for nothing until `add()`.
 */
export class Event<T> extends EventRecord implements Disposable {
  readonly #base: EventBase;
  readonly #callback: EventCallback<T>;
  readonly #arg: EventArgument<T>;
  #freed = false;

  /**
   * Makes an event: `event_new()`.
   *
   * @param base - the base it belongs to
   * @param fd - the descriptor to watch, the number of the signal to catch, or -1 for a timer and
   *   for an event that is only activated by hand
   * @param what - EV_READ, EV_WRITE, EV_CLOSED, or EV_SIGNAL alone; with EV_PERSIST to stay added
   *   after it has run, and EV_ET for changes only
   * @param callback - what to call
   * @param arg - handed to the callback; `eventSelfCbarg()` for the event itself
   * @throws RangeError if it has something to watch for but no descriptor, or if it is for a signal
   *   and a descriptor at once
   */
  constructor(base: EventBase, fd: number, what: number, callback: EventCallback<T>, arg: T) {
    if (!Number.isInteger(fd) || ((what & IO_EVENTS) !== 0 && fd < 0)) {
      throw new RangeError(`an event cannot watch descriptor ${String(fd)}`);
    }
    if ((what & EV_SIGNAL) !== 0 && (what & IO_EVENTS) !== 0) {
      throw new RangeError('EV_SIGNAL goes with neither EV_READ, EV_WRITE nor EV_CLOSED');
    }
    super(fd, what);
    this.#base = base;
    this.#callback = callback;
    this.#arg = argumentOf(this, arg);
    this.priority = base.getNpriorities() >> 1;
  }

  /**
   * Starts waiting: `event_add()`. Added again, it takes a new timeout if one is given.
   *
   * @param seconds - how long to wait before it runs with EV_TIMEOUT; 0 is due in the next pass;
   *   left out, it waits for as long as it takes, or keeps the timeout that it has. A persistent
   *   event waits that long again after each run, but 0 counts only once.
   * @returns 0, or -1 and leaves errno: `EBADF`, `EPERM` for a file that epoll(7) does not take,
   *   `EINVAL` for a number that is no signal, or for EV_ET where events without it have the
   *   descriptor, or the reverse
   * @throws RangeError for a timeout that is negative or not finite, and for a descriptor of
   *   FD_SETSIZE or more with the backend on select(2)
   * @throws Error after free()
   */
  add(seconds?: number): number {
    this.#check();
    return this.#base.addEvent(this, seconds === undefined ? -1 : milliseconds(seconds));
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
   * Takes the timeout away and leaves the rest: `event_remove_timer()`.
   *
   * @throws Error after free()
   */
  removeTimer(): void {
    this.#check();
    this.#base.removeTimer(this);
  }

  /**
   * Which of these the event waits for, or is about to run for: `event_pending()`.
   *
   * @param what - the EV_ flags to ask about
   * @returns those of them that it does
   * @throws Error after free()
   */
  pending(what: number): number {
    this.#check();
    let flags = 0;
    if (this.inserted) flags |= this.what & (IO_EVENTS | EV_SIGNAL);
    if (this.heapIndex >= 0) flags |= EV_TIMEOUT;
    if (this.state !== IDLE) flags |= this.result;
    return flags & what;
  }

  /**
   * How long the event still waits before it runs with EV_TIMEOUT: the time that `event_pending()`
   * fills in, counted from now instead of from 1970.
   *
   * @returns seconds, 0 or less if it is due, or null if it has no timeout
   * @throws Error after free()
   */
  remaining(): number | null {
    this.#check();
    if (this.heapIndex < 0) return null;
    return (this.deadline - performance.now()) / MILLISECONDS;
  }

  /**
   * Makes the event run in the present pass of the loop, or else the next, as if what it waits for
   * had happened: `event_active()`.
   *
   * @param what - what its callback is told
   * @param ncalls - how often it runs, for a signal; other events run once
   * @throws Error after free()
   */
  active(what: number, ncalls = 1): void {
    this.#check();
    this.#base.activate(this, what, ncalls);
  }

  /**
   * Sets how urgent the event is: `event_priority_set()`.
   *
   * @param priority - 0, the most urgent, to the base's number of priorities - 1. A new event has
   *   the one in the middle.
   * @returns 0, or -1 with `EINVAL` for another number or while the event is active
   * @throws Error after free()
   */
  prioritySet(priority: number): number {
    this.#check();
    const isValid = Number.isInteger(priority) && priority >= 0;
    if (!isValid || priority >= this.#base.getNpriorities() || this.state !== IDLE) {
      setErrno(EINVAL);
      return -1;
    }
    this.priority = priority;
    return 0;
  }

  /** Its priority, of which 0 is the most urgent: `event_get_priority()`. */
  getPriority(): number {
    this.#check();
    return this.priority;
  }

  /** The descriptor, the signal, or -1: `event_get_fd()`, `event_get_signal()`. */
  getFd(): number {
    this.#check();
    return this.fd;
  }

  /** The base it belongs to: `event_get_base()`. */
  getBase(): EventBase {
    this.#check();
    return this.#base;
  }

  /** The EV_ flags it was made with: `event_get_events()`. */
  getEvents(): number {
    this.#check();
    return this.what;
  }

  /** What it calls: `event_get_callback()`. */
  getCallback(): EventCallback<T> {
    this.#check();
    return this.#callback;
  }

  /** The argument that its callback gets: `event_get_callback_arg()`. */
  getCallbackArg(): EventArgument<T> {
    this.#check();
    return this.#arg;
  }

  /** Everything that it was made with: `event_get_assignment()`. */
  getAssignment(): EventAssignment<T> {
    this.#check();
    return {
      base: this.#base,
      fd: this.fd,
      events: this.what,
      callback: this.#callback,
      arg: this.#arg,
    };
  }

  /** Whether it can be used, which ends with `free()`: `event_initialized()`. */
  initialized(): boolean {
    return !this.#freed;
  }

  /**
   * Deletes the event and makes it unusable: `event_free()`. Its own callback may do this.
   *
   * @throws Error if the event was freed before
   */
  free(): void {
    this.#check();
    this.#base.deleteEvent(this);
    this.#freed = true;
  }

  /** Frees the event at the end of a `using` block, unless it was freed before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  /** @internal */
  override get function(): object {
    return this.#callback;
  }

  /** @internal */
  override fire(result: number): void {
    this.#callback(this.fd, result, this.#arg);
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('Event');
  }
}

/**
 * A timer: `evtimer_new()`.
 *
 * @param callback - called once for each `add()`
 */
export function evtimerNew<T>(base: EventBase, callback: EventCallback<T>, arg: T): Event<T> {
  return new Event(base, -1, 0, callback, arg);
}

/**
 * An event that runs each time a signal arrives: `evsignal_new()`.
 *
 * @param signum - its number, `SIGTERM` for instance
 */
export function evsignalNew<T>(
  base: EventBase,
  signum: number,
  callback: EventCallback<T>,
  arg: T,
): Event<T> {
  return new Event(base, signum, EV_SIGNAL | EV_PERSIST, callback, arg);
}

/** What the callback of an event gets for the argument that the event was made with. */
function argumentOf<T>(event: Event<T>, arg: T): EventArgument<T>;
function argumentOf(event: unknown, arg: unknown): unknown {
  return SelfCbarg.is(arg) ? event : arg;
}
