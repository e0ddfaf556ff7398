import { AfterCallbacks } from './after_callbacks.ts';
import type { DispatchLimits } from './config.ts';
import type { EventQueue } from './event_queue.ts';
import { EventRecord } from './event_record.ts';
import { EV_SIGNAL, EV_TIMEOUT, INTERNAL } from './flags.ts';
import { eventWarn } from './log.ts';
import type { EventRegistry } from './registry.ts';
import { runTraced } from '../sys/callback_trace.ts';
import { callbackTrace } from '../sys/libc.ts';

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
  readonly #registry: EventRegistry;
  readonly #limits: DispatchLimits | null;

  constructor(registry: EventRegistry, limits: DispatchLimits | null) {
    this.#registry = registry;
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
      this.#registry.leave();
    }
  }

  /**
   * Ends the loop after a time.
   *
   * @param timeout - milliseconds, 0 for when what is active has run
   */
  exitAfter(timeout: number): void {
    const exit = new LoopExit(this);
    exit.priority = this.#registry.queues.priorities >> 1;
    if (timeout === 0) this.#registry.activate(exit, EV_TIMEOUT);
    else this.#registry.add(exit, timeout);
  }

  #passes(flags: number): number {
    const { counts, queues } = this.#registry;
    const isPatient = (flags & EVLOOP_NONBLOCK) === 0;
    for (;;) {
      if (this.isToldToExit || this.isBroken) return 0;
      const isDone = !counts.isAny && queues.length === 0;
      if (isDone && (flags & EVLOOP_NO_EXIT_ON_EMPTY) === 0) return 1;
      this.#registry.wait(isPatient);
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
    const { queues } = this.#registry;
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
    const { queues } = this.#registry;
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

  #runEvent(event: EventRecord): void {
    const { result, ncalls } = event;
    this.#registry.take(event);
    this.#registry.running = event;
    if ((event.what & EV_SIGNAL) === 0) fire(event, result);
    else this.#runForSignals(event, result, ncalls);
    this.#registry.running = null;
    this.afterCallbacks.run();
  }

  /** Runs an event once for each time that its signal has come. */
  #runForSignals(event: EventRecord, result: number, ncalls: number): void {
    const registry = this.#registry;
    registry.callsLeft = ncalls;
    try {
      while (registry.callsLeft > 0 && !this.isBroken) {
        registry.callsLeft--;
        fire(event, result);
      }
    } finally {
      // After loopBreak() or an error the next loop goes on with what is left.
      const left = registry.callsLeft;
      registry.callsLeft = 0;
      if (left > 0) registry.activate(event, result, left);
    }
  }
}

/** Runs an event, and tells of it if anybody wants to know. The base's own are nobody's business. */
function fire(event: EventRecord, result: number): void {
  if (callbackTrace === null || (event.what & INTERNAL) !== 0) event.fire(result);
  else runTraced(callbackTrace, result, event.fd, event.function, () => event.fire(result));
}

/** The event that `EventBase.loopExit()` makes. */
class LoopExit extends EventRecord {
  readonly #loop: EventLoop;

  constructor(loop: EventLoop) {
    super(-1, 0);
    this.#loop = loop;
  }

  override fire(): void {
    this.#loop.isToldToExit = true;
  }
}
