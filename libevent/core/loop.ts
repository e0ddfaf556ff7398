import { AfterCallbacks } from './after_callbacks.ts';
import type { DispatchLimits } from './config.ts';
import { EV_SIGNAL, EV_TIMEOUT, EventNode, INTERNAL } from './event_record.ts';
import type { EventQueue } from './event_record.ts';
import { eventWarn } from './log.ts';
import type { EventCore } from './registry.ts';

/** Run until events became active and all of them have run, then return. */
export const EVLOOP_ONCE = 0x01;
/** Do not wait: run what is ready now, then return. */
export const EVLOOP_NONBLOCK = 0x02;
/** Go on waiting when there are no events, until the loop is told to end. */
export const EVLOOP_NO_EXIT_ON_EMPTY = 0x04;

/**
 * The loop of a base: waits, runs what is active, and does so again.
 *
 * @internal
 */
export class EventLoop {
  readonly afterCallbacks = new AfterCallbacks();
  isRunning = false;
  /** Whether the loop was told to end when what is active has run. */
  isToldToExit = false;
  /** Whether the loop was told to end at once. */
  isBroken = false;
  readonly #core: EventCore;
  readonly #limits: DispatchLimits | null;

  constructor(core: EventCore, limits: DispatchLimits | null) {
    this.#core = core;
    this.#limits = limits;
  }

  /** See `EventBase.loop()`. */
  run(flags: number): number {
    if (this.isRunning) {
      eventWarn('the loop of an event base cannot be run from its own callback');
      return -1;
    }
    this.isRunning = true;
    this.isToldToExit = false;
    this.isBroken = false;
    try {
      this.afterCallbacks.run();
      return this.#passes(flags);
    } finally {
      this.isRunning = false;
      this.#core.running = null;
      this.#core.queues.running = -1;
      this.#core.timeouts.leavePass();
    }
  }

  /**
   * Ends the loop after a time.
   *
   * @param timeout - milliseconds, 0 for when what is active has run
   */
  exitAfter(timeout: number): void {
    const exit = new LoopExit(this);
    exit.priority = this.#core.queues.priorities >> 1;
    if (timeout === 0) this.#core.activate(exit, EV_TIMEOUT);
    else this.#core.add(exit, timeout);
  }

  #passes(flags: number): number {
    const { counts, queues } = this.#core;
    const isPatient = (flags & EVLOOP_NONBLOCK) === 0;
    for (;;) {
      if (this.isToldToExit || this.isBroken) return 0;
      const isDone = !counts.isAny && queues.length === 0;
      if (isDone && (flags & EVLOOP_NO_EXIT_ON_EMPTY) === 0) return 1;
      this.#core.wait(isPatient);
      if (queues.lengthNow > 0) {
        const count = this.#runActive();
        if ((flags & EVLOOP_ONCE) !== 0 && count > 0 && queues.lengthNow === 0) return 0;
      } else if (!isPatient) {
        return 0;
      }
    }
  }

  /**
   * Runs the active events of the most urgent priority that has any; the less urgent ones have to
   * wait until the backend was asked again.
   *
   * @returns how many ran, without the base's own
   */
  #runActive(): number {
    const { queues } = this.#core;
    queues.isInterrupted = false;
    const queue = queues.mostUrgent();
    const count = queue === null ? 0 : this.#runQueue(queue, queues.running);
    queues.running = -1;
    return count;
  }

  #runQueue(queue: EventQueue, priority: number): number {
    const limits =
      this.#limits !== null && priority >= this.#limits.minPriority ? this.#limits : null;
    const start = limits === null ? 0 : performance.now();
    const { queues } = this.#core;
    let count = 0;
    for (let event = queue.first; event !== null; event = queue.first) {
      this.#runEvent(event);
      if ((event.what & INTERNAL) === 0) count++;
      if (this.isBroken) break;
      if (limits !== null && count > 0) {
        const isLate = performance.now() - start >= limits.interval;
        if (isLate || count >= limits.callbacks) break;
      }
      if (queues.isInterrupted) {
        queues.isInterrupted = false;
        break;
      }
    }
    return count;
  }

  #runEvent(event: EventNode): void {
    const { result, ncalls } = event;
    this.#core.take(event);
    this.#core.running = event;
    if ((event.what & EV_SIGNAL) === 0) event.fire(result);
    else this.#runForSignals(event, result, ncalls);
    this.#core.running = null;
    this.afterCallbacks.run();
  }

  /** Runs an event once for each time that its signal has come. */
  #runForSignals(event: EventNode, result: number, ncalls: number): void {
    const core = this.#core;
    core.callsLeft = ncalls;
    try {
      while (core.callsLeft > 0 && !this.isBroken) {
        core.callsLeft--;
        event.fire(result);
      }
    } finally {
      // After loopBreak() or an error the next loop goes on with what is left.
      const left = core.callsLeft;
      core.callsLeft = 0;
      if (left > 0) core.activate(event, result, left);
    }
  }
}

/** The event that `EventBase.loopExit()` makes. */
class LoopExit extends EventNode {
  readonly #loop: EventLoop;

  constructor(loop: EventLoop) {
    super(-1, 0);
    this.#loop = loop;
  }

  override fire(): void {
    this.#loop.isToldToExit = true;
  }
}
