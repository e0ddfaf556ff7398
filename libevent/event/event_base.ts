import { chooseMethod, supportedMethods } from '../backends/choice.ts';
import type { AfterCallbacks } from '../core/after_callbacks.ts';
import type { Completions } from '../core/completions.ts';
import { EVENT_BASE_FLAG_NO_CACHE_TIME } from '../core/config.ts';
import type { EventConfig } from '../core/config.ts';
import { DescriptorCloser } from '../core/descriptor_closer.ts';
import { dumpEvents } from '../core/dump.ts';
import { usedAfterFree } from '../core/errors.ts';
import { IDLE } from '../core/event_record.ts';
import type { EventRecord } from '../core/event_record.ts';
import { EV_PERSIST, EV_SIGNAL, EV_TIMEOUT, IO_EVENTS } from '../core/flags.ts';
import { eventMsg } from '../core/log.ts';
import { EventLoop } from '../core/loop.ts';
import { EventRegistry } from '../core/registry.ts';
import { WallClock } from '../core/wall_clock.ts';
import { ChainPool } from '../memory/chain_pool.ts';
import { EINVAL, setErrno } from '../sys/errno.ts';
import { Event, milliseconds } from './event.ts';
import type { EventCallback } from './event.ts';

/** One more than the most priorities a base can have. */
const EVENT_MAX_PRIORITIES = 256;

/** The most memory that is kept for the bufferevents of a base while none of them needs it: 1 MiB. */
const MOST_KEPT = 2 ** 20;

/** Waits for events, and runs their callbacks: libevent's `struct event_base`. */
export class EventBase implements Disposable {
  /** @internal Memory that the bufferevents of the base take turns to use. */
  readonly chainPool = new ChainPool(MOST_KEPT);
  readonly #registry: EventRegistry;
  readonly #loop: EventLoop;
  readonly #wallClock: WallClock;
  #freed = false;

  /**
   * Makes a base: `event_base_new()`, `event_base_new_with_config()`. With `EVENT_SHOW_METHOD` in
   * the environment it logs which backend it uses.
   *
   * @param config - what the base should be like; without one, it takes the fastest backend there
   *   is
   * @throws SystemError `ENOSYS` if configuration and environment rule out every backend, or the
   *   reason why the backend cannot be set up, such as `EMFILE`
   */
  constructor(config: EventConfig | null = null) {
    const isCached = ((config?.flags ?? 0) & EVENT_BASE_FLAG_NO_CACHE_TIME) === 0;
    const ops = chooseMethod(config, process.env);
    this.#registry = new EventRegistry(ops, isCached);
    if (process.env['EVENT_SHOW_METHOD'] !== undefined) eventMsg(`libevent using: ${ops.name}`);
    this.#loop = new EventLoop(this.#registry, config?.limits ?? null);
    this.#wallClock = new WallClock(this.#registry.timeouts);
  }

  /** The names of the backends, the fastest first: `event_get_supported_methods()`. */
  static getSupportedMethods(): string[] {
    return supportedMethods();
  }

  /** The name of the backend in use, "epoll" for instance: `event_base_get_method()`. */
  getMethod(): string {
    return this.#checked().ops.name;
  }

  /** What the backend can do, EV_FEATURE_ flags: `event_base_get_features()`. */
  getFeatures(): number {
    return this.#checked().ops.features;
  }

  /** Runs events until none is left or the loop is told to end: `event_base_dispatch()`. See `loop()`. */
  dispatch(): number {
    return this.loop(0);
  }

  /**
   * Runs events: `event_base_loop()`. It blocks the thread: Node's own timers and promises stand
   * still while it runs.
   *
   * @param flags - EVLOOP_ONCE, EVLOOP_NONBLOCK, both for one pass without waiting,
   *   EVLOOP_NO_EXIT_ON_EMPTY, or 0
   * @returns 1 when there are no events, 0 when it ended for another reason, -1 when it was called
   *   from one of its own callbacks
   * @throws SystemError if the backend cannot wait
   * @throws whatever a callback throws; events that have not run yet run in the next loop
   */
  loop(flags = 0): number {
    this.#checked();
    return this.#loop.run(flags);
  }

  /**
   * Ends the loop when the events of the present priority that are active by then have run:
   * `event_base_loopexit()`. Called before the loop, it lets one pass run.
   *
   * @param seconds - how long to wait first; left out or 0, not at all
   * @throws RangeError for a time that is negative or not finite
   */
  loopExit(seconds = 0): void {
    this.#checked();
    this.#loop.exitAfter(milliseconds(seconds));
  }

  /**
   * Ends the loop when the callback that runs now returns: `event_base_loopbreak()`. Events that
   * have not run yet run in the next loop. Outside the loop it does nothing.
   */
  loopBreak(): void {
    this.#checked();
    this.#loop.isBroken = true;
  }

  /**
   * Has the loop look for new events when the callback that runs now returns, before it goes on:
   * `event_base_loopcontinue()`. Outside the loop it does nothing.
   */
  loopContinue(): void {
    this.#checked().queues.isInterrupted = true;
  }

  /** Whether `loopExit()` ended the last loop: `event_base_got_exit()`. */
  gotExit(): boolean {
    this.#checked();
    return this.#loop.isToldToExit;
  }

  /** Whether `loopBreak()` ended the last loop: `event_base_got_break()`. */
  gotBreak(): boolean {
    this.#checked();
    return this.#loop.isBroken;
  }

  /**
   * Calls back once, without an event to keep: `event_base_once()`.
   *
   * @param fd - the descriptor to watch, or -1
   * @param what - EV_READ, EV_WRITE, EV_CLOSED, EV_TIMEOUT
   * @param seconds - how long to wait at most. With EV_TIMEOUT alone, 0 or nothing means at once
   * @returns 0, or -1 and leaves errno; EV_SIGNAL and EV_PERSIST are `EINVAL`
   * @throws RangeError for a bad time, or for a descriptor that cannot be watched
   */
  once<T>(fd: number, what: number, callback: EventCallback<T>, arg: T, seconds?: number): number {
    this.#checked();
    const isOnlyTimed = (what & (IO_EVENTS | EV_TIMEOUT)) === EV_TIMEOUT;
    if ((what & (EV_SIGNAL | EV_PERSIST)) !== 0 || (what & (IO_EVENTS | EV_TIMEOUT)) === 0) {
      setErrno(EINVAL);
      return -1;
    }
    const event = new Event(this, fd, what & IO_EVENTS, callback, arg);
    if (!isOnlyTimed || (seconds !== undefined && seconds !== 0)) return event.add(seconds);
    event.active(EV_TIMEOUT);
    return 0;
  }

  /**
   * Sets how many priorities events can have: `event_base_priority_init()`. The loop runs the most
   * urgent of the active events first.
   *
   * @param priorities - 1 to 255; a new base has 1. New events get the one in the middle.
   * @returns 0, or -1 with `EINVAL` for another number or while events are active
   */
  priorityInit(priorities: number): number {
    const { queues } = this.#checked();
    const isValid = Number.isInteger(priorities) && priorities >= 1;
    if (!isValid || priorities >= EVENT_MAX_PRIORITIES || queues.length > 0) {
      setErrno(EINVAL);
      return -1;
    }
    queues.priorities = priorities;
    return 0;
  }

  /** How many priorities events can have: `event_base_get_npriorities()`. */
  getNpriorities(): number {
    return this.#checked().queues.priorities;
  }

  /**
   * The time of day in seconds since 1970, with fractions: `event_base_gettimeofday_cached()`. In a
   * callback it is the time at which the present pass began, the same for all, unless the base was
   * made with EVENT_BASE_FLAG_NO_CACHE_TIME.
   */
  gettimeofdayCached(): number {
    this.#checked();
    return this.#wallClock.seconds();
  }

  /**
   * Sets the time of the pass to the present, for a callback that took long:
   * `event_base_update_cache_time()`. Outside the loop it does nothing.
   */
  updateCacheTime(): void {
    this.#checked();
    if (this.#loop.isRunning) this.#registry.timeouts.enterPass();
  }

  /**
   * Makes the events of a descriptor run as if it were ready: `event_base_active_by_fd()`.
   *
   * @param what - what it is ready for, EV_ flags; EV_TIMEOUT stands for the events that have a
   *   timeout
   */
  activeByFd(fd: number, what: number): void {
    this.#checked().activeByFd(fd, what);
  }

  /** Makes the events of a signal run as if it had come: `event_base_active_by_signal()`. */
  activeBySignal(signum: number): void {
    this.#checked().activeBySignal(signum);
  }

  /**
   * Makes the base usable in a child made by fork(2). Otherwise the child shares the backend, and
   * the path that signals take, with its parent: `event_reinit()`.
   *
   * @returns 0, or -1 and leaves errno if a descriptor could not be watched again
   * @throws SystemError if the backend cannot be set up
   */
  reinit(): number {
    return this.#checked().reinit();
  }

  /**
   * How many events there are: `event_base_get_num_events()`.
   *
   * @param what - which to count, EVENT_BASE_COUNT_ flags
   */
  getNumEvents(what: number): number {
    return this.#checked().counts.now(what);
  }

  /**
   * The most events there have been at one time: `event_base_get_max_events()`.
   *
   * @param what - which to count, EVENT_BASE_COUNT_ flags
   * @param clear - whether to forget it, so that the next call tells the most since this one
   */
  getMaxEvents(what: number, clear: boolean): number {
    return this.#checked().counts.most(what, clear);
  }

  /**
   * Calls a function for each event that waits or is active: `event_base_foreach_event()`. Here it
   * may add, delete and free events; those that it deletes before their turn are left out.
   *
   * @param callback - a result that is not 0 ends it
   * @returns the last result of the callback, 0 if there was none
   */
  foreachEvent<T>(callback: (base: this, event: Event<unknown>, arg: T) => number, arg: T): number {
    for (const event of this.#checked().collect()) {
      if (!(event instanceof Event) || !isKnown(event)) continue;
      const result = callback(this, event, arg);
      if (result !== 0) return result;
    }
    return 0;
  }

  /** The event whose callback runs now, or null: `event_base_get_running_event()`. */
  getRunningEvent(): Event<unknown> | null {
    const { running } = this.#checked();
    return running instanceof Event ? running : null;
  }

  /** All events in words, for debugging: `event_base_dump_events()`. Times are seconds from now. */
  dump(): string {
    const registry = this.#checked();
    return dumpEvents(registry.collect(), registry.timeouts.now);
  }

  /**
   * Deletes all events and gives back what the base holds: `event_base_free()`. Descriptors that
   * freed bufferevents have not closed yet are closed.
   *
   * @throws Error if a callback of the base's own loop calls it, or if the base was freed before
   */
  free(): void {
    this.#checked();
    if (this.#loop.isRunning) throw new Error('EventBase.free() called from its own loop');
    this.#freed = true;
    this.#registry.free();
  }

  /** Frees the base at the end of a `using` block, unless it was freed before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  /** @internal Work to be done as soon as the callback that runs now returns. */
  get afterCallbacks(): AfterCallbacks {
    return this.#loop.afterCallbacks;
  }

  /** @internal Whether it was freed. */
  isFreed(): boolean {
    return this.#freed;
  }

  /** @internal Whether its loop is running, so that now is in a callback. */
  isRunning(): boolean {
    return this.#loop.isRunning;
  }

  /** @internal The operations that the kernel carries out by itself; null on most bases, and once freed. */
  get completions(): Completions | null {
    return this.#freed ? null : this.#registry.completions;
  }

  /**
   * @internal Adds an event of whose descriptor an operation tells.
   * @param timeout - milliseconds, or -1 for none or the one it has
   */
  addElsewhere(event: EventRecord, timeout: number): number {
    return this.#checked().addElsewhere(event, timeout);
  }

  /**
   * @internal Adds an event.
   * @param timeout - milliseconds, or -1 for none or the one it has
   */
  addEvent(event: EventRecord, timeout: number): number {
    return this.#checked().add(event, timeout);
  }

  /** @internal Deletes an event, wherever it is. */
  deleteEvent(event: EventRecord): number {
    return this.#registry.delete(event);
  }

  /** @internal Has an event wait for no time any more. */
  removeTimer(event: EventRecord): void {
    this.#registry.removeTimer(event);
  }

  /** @internal Makes an event run in this pass. */
  activate(event: EventRecord, result: number, ncalls = 1): void {
    this.#checked().activate(event, result, ncalls);
  }

  /** @internal Makes an event run in the next pass, so that what else is ready is not starved. */
  activateLater(event: EventRecord, result: number): void {
    this.#checked().activateLater(event, result);
  }

  /** @internal Closes a descriptor when the loop next runs, or with the base. */
  closeInLoop(fd: number): void {
    const closer = new DescriptorCloser(fd);
    closer.priority = this.#checked().queues.priorities >> 1;
    this.#registry.activate(closer, 0);
  }

  /** @internal Something keeps the loop running without an event. */
  addVirtual(): void {
    this.#checked().counts.virtual.up();
  }

  /** @internal It does so no longer. */
  delVirtual(): void {
    this.#checked().counts.virtual.down();
  }

  /** The events, if the base was not freed. */
  #checked(): EventRegistry {
    if (this.#freed) throw usedAfterFree('EventBase');
    return this.#registry;
  }
}

/** Whether a base has an event anywhere. */
function isKnown(event: EventRecord): boolean {
  return event.inserted || event.heapIndex >= 0 || event.state !== IDLE;
}
