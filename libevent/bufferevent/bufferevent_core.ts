import type { Evbuffer } from '../buffer/evbuffer.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import type { EventBase } from '../event/event_base.ts';
import { BEV_OPT_DEFER_CALLBACKS, BEV_OPT_UNLOCK_CALLBACKS } from './constants.ts';
import type { BuffereventFlushMode } from './constants.ts';
import type { BuffereventOps } from './ops.ts';
import { BuffereventState } from './state.ts';

const ALL_OPTIONS = 0x0f;
const DIRECTIONS = EV_READ | EV_WRITE;

function checkOptions(options: number): void {
  if (!Number.isInteger(options) || (options & ~ALL_OPTIONS) !== 0) {
    throw new RangeError(`options ${String(options)} are not made of BEV_OPT_ flags`);
  }
  const unlockWithoutDefer =
    (options & BEV_OPT_UNLOCK_CALLBACKS) !== 0 && (options & BEV_OPT_DEFER_CALLBACKS) === 0;
  if (unlockWithoutDefer) {
    throw new RangeError('BEV_OPT_UNLOCK_CALLBACKS needs BEV_OPT_DEFER_CALLBACKS');
  }
}

/** What every bufferevent is: two buffers, two directions to switch on and off, and an end. */
export abstract class BuffereventCore implements Disposable {
  /** @internal */
  readonly state: BuffereventState;

  protected constructor(
    base: EventBase,
    options: number,
    makeOps: (state: BuffereventState) => BuffereventOps,
  ) {
    checkOptions(options);
    this.state = new BuffereventState(base, options, makeOps);
  }

  /**
   * Lets it read, write or both: `bufferevent_enable()`. Enabling a socket to write when there is
   * nothing to write runs the write callback once, as soon as the socket would take something.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @returns 0, or -1 and leaves errno
   */
  enable(what: number): number {
    this.state.check();
    return this.state.enable(what & DIRECTIONS);
  }

  /**
   * Stops it reading, writing or both: `bufferevent_disable()`. What comes in stays in the kernel.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @returns 0, or -1 and leaves errno
   */
  disable(what: number): number {
    this.state.check();
    return this.state.disable(what & DIRECTIONS);
  }

  /** What is enabled, of EV_READ and EV_WRITE: `bufferevent_get_enabled()`. */
  getEnabled(): number {
    this.state.check();
    return this.state.enabled;
  }

  /** What came in, for taking out; only the bufferevent adds to it: `bufferevent_get_input()`. */
  getInput(): Evbuffer {
    this.state.check();
    return this.state.input;
  }

  /** What is to go out, for putting in; only the bufferevent drains it: `bufferevent_get_output()`. */
  getOutput(): Evbuffer {
    this.state.check();
    return this.state.output;
  }

  /**
   * Hands on what is held back: `bufferevent_flush()`. A socket holds nothing back. A pair moves its
   * output to the partner, whatever the partner's watermark; a filter calls its functions with the
   * mode and flushes what is underneath.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @param mode - BEV_NORMAL, which does nothing to a pair; BEV_FLUSH; or BEV_FINISHED, after which
   *   the partner of a pair is told of the end of the file
   * @returns 1 if a filter moved something, else 0; -1 for a pair whose other end was freed
   */
  flush(what: number, mode: BuffereventFlushMode): number {
    this.state.check();
    return this.state.ops.flush(what, mode);
  }

  /** The socket, a filter's is the one underneath, or -1: `bufferevent_getfd()`. */
  getFd(): number {
    this.state.check();
    return this.state.ops.getFd();
  }

  /**
   * Uses another socket: `bufferevent_setfd()`. What is enabled stays so. The old one stays open,
   * and is the caller's.
   *
   * @param fd - a connected, nonblocking socket, or -1 for none
   * @returns 0, or -1 for a pair, or if the base cannot watch the descriptor, which leaves errno
   * @throws RangeError for what is no descriptor
   */
  setFd(fd: number): number {
    this.state.check();
    if (!Number.isInteger(fd) || fd < -1) {
      throw new RangeError(`a descriptor is a whole number from -1, not ${String(fd)}`);
    }
    return this.state.ops.setFd(fd);
  }

  /** The base: `bufferevent_get_base()`. */
  getBase(): EventBase {
    this.state.check();
    return this.state.base;
  }

  /**
   * Lets another base do the work of a socket: `bufferevent_base_set()`. Unlike libevent's it may be
   * enabled; its events move along.
   *
   * @param base - the new base
   * @returns 0, or -1 for a pair or a filter, or if the base cannot watch the descriptor
   */
  baseSet(base: EventBase): number {
    this.state.check();
    return this.state.setBase(base);
  }

  /**
   * Sets the priority of the events of a socket: `bufferevent_priority_set()`.
   *
   * @param priority - from 0, the most urgent, to one less than the base's number of priorities
   * @returns 0, or -1 for a priority that the base does not have, an event that is about to run, a
   *   pair or a filter
   */
  prioritySet(priority: number): number {
    this.state.check();
    return this.state.setPriority(priority);
  }

  /** The priority, the base's middle one unless set: `bufferevent_get_priority()`. */
  getPriority(): number {
    this.state.check();
    return this.state.priority;
  }

  /**
   * Stops everything and makes the bufferevent unusable: `bufferevent_free()`. Output that has not
   * gone out is dropped. No callback runs afterwards; its own may call this. With
   * BEV_OPT_CLOSE_ON_FREE the loop closes the socket when it next runs, and a filter frees the
   * bufferevent underneath.
   *
   * @throws Error if that was done before
   */
  free(): void {
    this.state.check();
    this.state.free();
  }

  /** Frees the bufferevent at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    if (!this.state.freed) this.free();
  }
}
