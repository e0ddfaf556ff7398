import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { BuffereventCore } from './bufferevent_core.ts';
import { BuffereventRateLimit } from './rate_limit.ts';
import type { BuffereventRateLimitGroup } from './rate_limit_group.ts';
import { MAX_SINGLE_DEFAULT } from './state.ts';
import { EV_RATE_LIMIT_MAX } from './token_bucket.ts';
import type { EvTokenBucketCfg } from './token_bucket.ts';

/** The watermarks of one direction. */
export interface Watermarks {
  /** Bytes. */
  readonly low: number;
  /** Bytes, 0 for no limit. */
  readonly high: number;
}

function seconds(timeout: number | null): number {
  if (timeout === null) return 0;
  if (Number.isFinite(timeout) && timeout >= 0) return timeout;
  throw new RangeError(`a timeout is 0 seconds or more, not ${String(timeout)}`);
}

function checkBytes(name: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 0) return;
  throw new RangeError(`${name} is a number of bytes, not ${String(count)}`);
}

/** What limits how much a bufferevent moves, and how long it waits. */
export abstract class LimitedBufferevent extends BuffereventCore {
  /**
   * Sets limits: `bufferevent_setwatermark()`.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @param low - for reading, how many bytes there must be for the read callback; for writing, how
   *   many may be left for the write callback
   * @param high - for reading, how many bytes the input takes before reading stops until some are
   *   drained; for writing, how many a filter above puts in the output; 0 for no limit. A read
   *   callback that leaves the input full is called once, and again only when more has come.
   * @throws RangeError for a limit that is not a whole number of bytes
   */
  setWatermark(what: number, low: number, high: number): void {
    const { state } = this;
    state.check();
    checkBytes('a low watermark', low);
    checkBytes('a high watermark', high);
    if ((what & EV_WRITE) !== 0) {
      state.writeLow = low;
      state.writeHigh = high;
    }
    if ((what & EV_READ) === 0) return;
    state.readLow = low;
    state.readHigh = high;
    state.checkFullness();
  }

  /**
   * The limits of one direction: `bufferevent_getwatermark()`.
   *
   * @param what - EV_READ or EV_WRITE
   * @throws RangeError for both, or neither
   */
  getWatermark(what: number): Watermarks {
    const { state } = this;
    state.check();
    if (what === EV_READ) return { low: state.readLow, high: state.readHigh };
    if (what === EV_WRITE) return { low: state.writeLow, high: state.writeHigh };
    throw new RangeError('getWatermark() wants EV_READ or EV_WRITE');
  }

  /**
   * Says how long nothing may move: `bufferevent_set_timeouts()`. When the time is up the direction
   * is disabled and the event callback gets BEV_EVENT_TIMEOUT with BEV_EVENT_READING or
   * BEV_EVENT_WRITING. Whatever is read or written starts the time anew; for writing it runs only
   * while there is something to write.
   *
   * @param read - seconds while reading is enabled; null or 0 for any time
   * @param write - seconds while there is something to write; null or 0 for any time
   * @throws RangeError for a time that is negative or not finite
   */
  setTimeouts(read: number | null, write: number | null): void {
    const { state } = this;
    state.check();
    const [forReading, forWriting] = [seconds(read), seconds(write)];
    state.readTimeout = forReading;
    state.writeTimeout = forWriting;
    state.ops.timeoutsChanged();
  }

  /**
   * Sets the most bytes one pass of the loop reads: `bufferevent_set_max_single_read()`.
   *
   * @param size - bytes; 0 for the usual 65,536, which is 16,384 in libevent
   * @returns 0
   * @throws RangeError for what is no number of bytes
   */
  setMaxSingleRead(size: number): number {
    this.state.check();
    checkBytes('the most for one read', size);
    this.state.maxSingleRead = size === 0 ? MAX_SINGLE_DEFAULT : size;
    return 0;
  }

  /**
   * Sets the most bytes one pass of the loop writes: `bufferevent_set_max_single_write()`.
   *
   * @param size - bytes; 0 for the usual 65,536, which is 16,384 in libevent
   * @returns 0
   * @throws RangeError for what is no number of bytes
   */
  setMaxSingleWrite(size: number): number {
    this.state.check();
    checkBytes('the most for one write', size);
    this.state.maxSingleWrite = size === 0 ? MAX_SINGLE_DEFAULT : size;
    return 0;
  }

  /** The most bytes one pass of the loop reads: `bufferevent_get_max_single_read()`. */
  getMaxSingleRead(): number {
    this.state.check();
    return this.state.maxSingleRead;
  }

  /** The most bytes one pass of the loop writes: `bufferevent_get_max_single_write()`. */
  getMaxSingleWrite(): number {
    this.state.check();
    return this.state.maxSingleWrite;
  }

  /**
   * Limits the rate of a socket: `bufferevent_set_rate_limit()`. Pairs and filters take the limit
   * and are not slowed by it, as in libevent; limit the socket underneath.
   *
   * @param cfg - how much may pass; null lifts the limit
   * @returns 0
   */
  setRateLimit(cfg: EvTokenBucketCfg | null): number {
    this.state.check();
    if (cfg !== null || this.state.rateLimit !== null) this.#rateLimit().setCfg(cfg);
    return 0;
  }

  /** Its own limit as it was set, or null: `bufferevent_get_token_bucket_cfg()`. */
  getTokenBucketCfg(): EvTokenBucketCfg | null {
    this.state.check();
    return this.state.rateLimit?.cfg ?? null;
  }

  /**
   * Shares the limit of a group, and that of no other: `bufferevent_add_to_rate_limit_group()`.
   *
   * @returns 0
   * @throws Error if the group was freed
   */
  addToRateLimitGroup(group: BuffereventRateLimitGroup): number {
    this.state.check();
    this.#rateLimit().setGroup(group);
    return 0;
  }

  /** Leaves its group, if it is in one: `bufferevent_remove_from_rate_limit_group()`. Returns 0. */
  removeFromRateLimitGroup(): number {
    this.state.check();
    this.state.rateLimit?.setGroup(null);
    return 0;
  }

  /**
   * How many bytes its own limit lets it read now, EV_RATE_LIMIT_MAX without one:
   * `bufferevent_get_read_limit()`. 0 or less means none until a later tick.
   */
  getReadLimit(): number {
    this.state.check();
    return this.state.rateLimit?.readLimit ?? EV_RATE_LIMIT_MAX;
  }

  /**
   * How many bytes its own limit lets it write now, EV_RATE_LIMIT_MAX without one:
   * `bufferevent_get_write_limit()`. 0 or less means none until a later tick.
   */
  getWriteLimit(): number {
    this.state.check();
    return this.state.rateLimit?.writeLimit ?? EV_RATE_LIMIT_MAX;
  }

  /** How many bytes the next pass may read, all limits together: `bufferevent_get_max_to_read()`. */
  getMaxToRead(): number {
    this.state.check();
    return this.state.readMax();
  }

  /** How many bytes the next pass may write, all limits together: `bufferevent_get_max_to_write()`. */
  getMaxToWrite(): number {
    this.state.check();
    return this.state.writeMax();
  }

  /**
   * Takes bytes off what its own limit lets it read, as if they had been read:
   * `bufferevent_decrement_read_limit()`. Used up, or below 0, reading waits for a tick that refills
   * it.
   *
   * @param count - bytes; below 0 to give some back
   * @returns 0
   */
  decrementReadLimit(count: number): number {
    this.state.check();
    this.state.rateLimit?.decrementRead(count);
    return 0;
  }

  /**
   * Takes bytes off what its own limit lets it write, as if they had been written:
   * `bufferevent_decrement_write_limit()`. Used up, or below 0, writing waits for a tick that
   * refills it.
   *
   * @param count - bytes; below 0 to give some back
   * @returns 0
   */
  decrementWriteLimit(count: number): number {
    this.state.check();
    this.state.rateLimit?.decrementWrite(count);
    return 0;
  }

  #rateLimit(): BuffereventRateLimit {
    return (this.state.rateLimit ??= new BuffereventRateLimit(this.state));
  }
}
