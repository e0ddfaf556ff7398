import { AfterCallbacks } from './after_callbacks.ts';
import { DescriptorCloser } from './descriptor_closer.ts';
import { epollops } from './epoll.ts';
import { SystemError, usedAfterFree } from './errors.ts';
import { Event, isPersistent } from './event.ts';
import {
  ACTIVE,
  ACTIVE_LATER,
  EV_ET,
  EV_TIMEOUT,
  EventQueue,
  IDLE,
  IO_EVENTS,
} from './event_node.ts';
import type { EventNode } from './event_node.ts';
import type { EventopState } from './eventop.ts';
import { EventMap } from './evmap.ts';
import { Timeouts } from './timeouts.ts';

/** Run until events became active and all of them have run, then return. */
export const EVLOOP_ONCE = 0x01;
/** Do not wait: run what is ready now, then return. */
export const EVLOOP_NONBLOCK = 0x02;

/** Finds out which events are ready, and runs them: libevent's `struct event_base`. */
export class EventBase implements Disposable {
  readonly #ops = epollops;
  readonly #backend: EventopState;
  readonly #map: EventMap;
  readonly #timeouts = new Timeouts();
  readonly #active = new EventQueue();
  readonly #later = new EventQueue();
  /** @internal Work to be done as soon as the callback that runs now returns. */
  readonly afterCallbacks = new AfterCallbacks();
  #running = false;
  #exit = false;
  #break = false;
  #freed = false;

  /**
   * Makes a base: `event_base_new()`.
   *
   * @throws SystemError if the backend cannot be set up, `EMFILE` for instance
   */
  constructor() {
    this.#backend = this.#ops.init(this);
    this.#map = new EventMap(this.#backend);
  }

  /** The name of the backend in use, "epoll": `event_base_get_method()`. */
  getMethod(): string {
    this.#check();
    return this.#ops.name;
  }

  /** What the backend can do, EV_FEATURE_ flags: `event_base_get_features()`. */
  getFeatures(): number {
    this.#check();
    return this.#ops.features;
  }

  /** Runs events until none is left or the loop is told to end: `event_base_dispatch()`. See `loop()`. */
  dispatch(): number {
    return this.loop(0);
  }

  /**
   * Runs events: `event_base_loop()`. It blocks the thread; Node's own timers and promises stand
   * still meanwhile.
   *
   * @param flags - EVLOOP_ONCE, EVLOOP_NONBLOCK, both for one pass without waiting, or 0
   * @returns 1 when there are no events, 0 when it ended for another reason, -1 when it was called
   *   from one of its own callbacks
   * @throws SystemError if the backend cannot wait
   * @throws whatever a callback throws; events that had yet to run do so in the next loop
   */
  loop(flags = 0): number {
    this.#check();
    if (this.#running) return -1;
    this.#running = true;
    this.#exit = false;
    this.#break = false;
    try {
      this.afterCallbacks.run();
      for (;;) {
        if (this.#isToldToEnd()) return 0;
        if (!this.#hasEvents()) return 1;
        this.#wait((flags & EVLOOP_NONBLOCK) !== 0);
        if (this.#active.length > 0) {
          this.#runActive();
          if ((flags & EVLOOP_ONCE) !== 0 && this.#active.length === 0) return 0;
        } else if ((flags & EVLOOP_NONBLOCK) !== 0) {
          return 0;
        }
      }
    } finally {
      this.#running = false;
      this.#timeouts.leavePass();
    }
  }

  /**
   * Ends the loop when the events that are active by then have run: `event_base_loopexit()`. Called
   * before the loop, it lets one pass run.
   *
   * @param seconds - how long to wait first; left out or 0, not at all
   * @throws RangeError for a time that is negative or not finite
   */
  loopExit(seconds = 0): void {
    this.#check();
    const event = new Event(this, -1, 0, EventBase.#exitNow, this);
    if (seconds === 0) event.active(EV_TIMEOUT);
    else event.add(seconds);
  }

  /**
   * Ends the loop when the callback that runs now returns: `event_base_loopbreak()`. Events that
   * had yet to run do so in the next loop. Outside the loop it does nothing.
   */
  loopBreak(): void {
    this.#check();
    this.#break = true;
  }

  /** Whether `loopExit()` ended the last loop: `event_base_got_exit()`. */
  gotExit(): boolean {
    this.#check();
    return this.#exit;
  }

  /** Whether `loopBreak()` ended the last loop: `event_base_got_break()`. */
  gotBreak(): boolean {
    this.#check();
    return this.#break;
  }

  /**
   * Deletes all events and gives back what the base holds: `event_base_free()`. Descriptors that
   * freed bufferevents had yet to close are closed.
   *
   * @throws Error from a callback of the base's own loop, and if it was freed before
   */
  free(): void {
    this.#check();
    if (this.#running) throw new Error('EventBase.free() called from its own loop');
    this.#freed = true;
    for (let event = this.#map.any(); event !== null; event = this.#map.any()) {
      this.deleteEvent(event);
    }
    for (let event = this.#timeouts.first; event !== undefined; event = this.#timeouts.first) {
      this.deleteEvent(event);
    }
    this.#moveLaterToActive();
    for (let event = this.#active.first; event !== null; event = this.#active.first) {
      this.deleteEvent(event);
      if (event instanceof DescriptorCloser) event.fire();
    }
    this.#backend.dealloc();
  }

  /** Frees the base at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  /** @internal Whether it was freed. */
  isFreed(): boolean {
    return this.#freed;
  }

  /** @internal Whether its loop is running, so that now is in a callback. */
  isRunning(): boolean {
    return this.#running;
  }

  /**
   * @internal Adds an event.
   * @param timeout - milliseconds, or -1 for none or the one it has
   */
  addEvent(event: EventNode, timeout: number): number {
    this.#check();
    const wanted = (event.what & IO_EVENTS) !== 0;
    if (wanted && !event.inserted && this.#map.add(event) < 0) return -1;
    if (timeout < 0) return 0;
    if (isPersistent(event)) event.interval = timeout;
    // What was about to run because the old time was up waits for the new time instead.
    if (event.state !== IDLE && (event.result & EV_TIMEOUT) !== 0) this.#dequeue(event);
    this.#timeouts.start(event, timeout);
    return 0;
  }

  /** @internal Deletes an event, wherever it is. */
  deleteEvent(event: EventNode): number {
    if (event.heapIndex >= 0) this.#timeouts.stop(event);
    if (event.state !== IDLE) this.#dequeue(event);
    event.interval = -1;
    return event.inserted ? this.#map.remove(event) : 0;
  }

  /** @internal Makes an event run in this pass. */
  activate(event: EventNode, result: number): void {
    this.#check();
    if (event.state === ACTIVE) {
      event.result |= result;
      return;
    }
    if (event.state === ACTIVE_LATER) {
      this.#later.remove(event);
      event.result |= result;
    } else {
      event.result = result;
    }
    event.state = ACTIVE;
    this.#active.push(event);
  }

  /** @internal Makes an event run in the next pass, so that what else is ready is not starved. */
  activateLater(event: EventNode, result: number): void {
    this.#check();
    if (event.state !== IDLE) {
      event.result |= result;
      return;
    }
    event.result = result;
    event.state = ACTIVE_LATER;
    this.#later.push(event);
  }

  /** @internal Closes a descriptor when the loop next runs, or with the base. */
  closeInLoop(fd: number): void {
    this.activate(new DescriptorCloser(fd), 0);
  }

  /** @internal Called by the backend. */
  ready(fd: number, events: number): void {
    for (let event = this.#map.first(fd); event !== null; event = event.fdNext) {
      const wanted = event.what & events;
      if (wanted !== 0) this.activate(event, wanted | (event.what & EV_ET));
    }
  }

  static #exitNow(_fd: number, _what: number, base: EventBase): void {
    base.#exit = true;
  }

  #isToldToEnd(): boolean {
    return this.#exit || this.#break;
  }

  #hasEvents(): boolean {
    return this.#map.size + this.#timeouts.size + this.#active.length + this.#later.length > 0;
  }

  #wait(nonblocking: boolean): void {
    const isBusy = this.#active.length + this.#later.length > 0;
    const timeout = nonblocking || isBusy ? 0 : this.#timeouts.untilDue();
    this.#moveLaterToActive();
    this.#timeouts.leavePass();
    if (this.#backend.dispatch(timeout) < 0) throw new SystemError(this.#ops.name);
    this.#timeouts.enterPass();
    for (let event = this.#timeouts.takeDue(); event !== null; event = this.#timeouts.takeDue()) {
      this.activate(event, EV_TIMEOUT);
    }
  }

  #runActive(): void {
    for (let event = this.#active.first; event !== null; event = this.#active.first) {
      const result = event.result;
      if (isPersistent(event)) {
        this.#dequeue(event);
        if (event.interval >= 0) this.#timeouts.restart(event, (result & EV_TIMEOUT) !== 0);
      } else {
        this.deleteEvent(event);
      }
      event.fire(result);
      this.afterCallbacks.run();
      if (this.#break) return;
    }
  }

  #dequeue(event: EventNode): void {
    (event.state === ACTIVE ? this.#active : this.#later).remove(event);
    event.state = IDLE;
  }

  #moveLaterToActive(): void {
    for (let event = this.#later.first; event !== null; event = this.#later.first) {
      this.#later.remove(event);
      event.state = ACTIVE;
      this.#active.push(event);
    }
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('EventBase');
  }
}
