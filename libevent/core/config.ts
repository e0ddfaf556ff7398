import { usedAfterFree } from './errors.ts';

/** Accepted for the sake of C's users: there are no locks here to leave out. */
export const EVENT_BASE_FLAG_NOLOCK = 0x01;
/** Do not look at the environment when choosing a backend. */
export const EVENT_BASE_FLAG_IGNORE_ENV = 0x02;
/**
 * Have the kernel accept, receive and send for listeners and bufferevents, by io_uring(7). In C this
 * is IOCP, on Windows alone. Where io_uring can't be had, which is before Linux 6.1 and in many
 * containers, a line is logged and the base is like any other; `getMethod()` tells.
 */
export const EVENT_BASE_FLAG_STARTUP_IOCP = 0x04;
/** Read the clock each time it is asked for, instead of once in each pass. */
export const EVENT_BASE_FLAG_NO_CACHE_TIME = 0x08;
/** Tell epoll(7) of changes right before it waits, so that all of one descriptor cost one call at most. */
export const EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST = 0x10;
/** Accepted: the clock is precise anyway; waits are rounded up to milliseconds all the same. */
export const EVENT_BASE_FLAG_PRECISE_TIMER = 0x20;

/**
 * How much may run before more urgent events are looked for.
 *
 * @internal
 */
export interface DispatchLimits {
  /** Milliseconds, Infinity for no limit. */
  readonly interval: number;
  /** Callbacks, Infinity for no limit. */
  readonly callbacks: number;
  /** The most urgent priority that the limits are for. */
  readonly minPriority: number;
}

/** What an event base is to be like: libevent's `struct event_config`. */
export class EventConfig implements Disposable {
  readonly #avoided = new Set<string>();
  #features = 0;
  #flags = 0;
  #limits: DispatchLimits | null = null;
  #freed = false;

  /**
   * Excludes a backend: `event_config_avoid_method()`.
   *
   * @param method - "epoll", "poll", "select" or "io_uring"; other names exclude nothing
   */
  avoidMethod(method: string): void {
    this.#check();
    this.#avoided.add(method);
  }

  /**
   * Excludes the backends that cannot do something: `event_config_require_features()`.
   *
   * @param features - EV_FEATURE_ flags, in place of those required before
   */
  requireFeatures(features: number): void {
    this.#check();
    this.#features = features;
  }

  /**
   * Sets a flag of the base: `event_config_set_flag()`.
   *
   * @param flag - EVENT_BASE_FLAG_ flags, added to those set before
   */
  setFlag(flag: number): void {
    this.#check();
    this.#flags |= flag;
  }

  /**
   * Limits how long events of low priority keep more urgent ones waiting that become ready
   * meanwhile: `event_config_set_max_dispatch_interval()`.
   *
   * @param seconds - look for more urgent events after this time; null for no limit
   * @param maxCallbacks - and after this many callbacks; negative for no limit
   * @param minPriority - events more urgent than this run without these limits
   * @throws RangeError for a time that is negative or not finite, 0 callbacks or a negative priority
   */
  setMaxDispatchInterval(seconds: number | null, maxCallbacks: number, minPriority: number): void {
    this.#check();
    if (seconds !== null && !(Number.isFinite(seconds) && seconds >= 0)) {
      throw new RangeError(`a dispatch interval is 0 seconds or more, not ${String(seconds)}`);
    }
    if (!Number.isInteger(maxCallbacks) || maxCallbacks === 0 || !(minPriority >= 0)) {
      throw new RangeError(`no limit: ${String(maxCallbacks)} from ${String(minPriority)}`);
    }
    const interval = seconds === null ? Infinity : seconds * 1000;
    const callbacks = maxCallbacks < 0 ? Infinity : maxCallbacks;
    const isLimited = interval !== Infinity || callbacks !== Infinity;
    this.#limits = isLimited ? { interval, callbacks, minPriority } : null;
  }

  /** Makes it unusable; bases made with it stay as they are: `event_config_free()`. */
  free(): void {
    this.#check();
    this.#freed = true;
  }

  /** Frees it at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    this.#freed = true;
  }

  /** @internal */
  avoids(method: string): boolean {
    this.#check();
    return this.#avoided.has(method);
  }

  /** @internal */
  get features(): number {
    return this.#features;
  }

  /** @internal */
  get flags(): number {
    return this.#flags;
  }

  /** @internal */
  get limits(): DispatchLimits | null {
    return this.#limits;
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('EventConfig');
  }
}
