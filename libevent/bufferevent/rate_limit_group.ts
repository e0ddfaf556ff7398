import { usedAfterFree } from '../core/errors.ts';
import { Event } from '../event/event.ts';
import type { EventBase } from '../event/event_base.ts';
import { SUSPEND_BANDWIDTH_GROUP } from './suspension.ts';
import type { Suspendable } from './suspension.ts';
import { TokenBucket } from './token_bucket.ts';
import type { EvTokenBucketCfg } from './token_bucket_cfg.ts';

const DEFAULT_MIN_SHARE = 64;

/** How much the members of a group have moved: `bufferevent_rate_limit_group_get_totals()`. */
export interface RateLimitTotals {
  /** Bytes read. */
  readonly read: number;
  /** Bytes written. */
  readonly written: number;
}

/**
 * Bufferevents that share one rate limit: libevent's `struct bufferevent_rate_limit_group`. Each of
 * them is let to move an equal share of what is left at a time; when nothing is left all of them
 * wait for the next tick.
 */
export class BuffereventRateLimitGroup implements Disposable {
  readonly #bucket: TokenBucket;
  readonly #members: Suspendable[] = [];
  readonly #refill: Event<BuffereventRateLimitGroup>;
  #minShare = DEFAULT_MIN_SHARE;
  #readSuspended = false;
  #writeSuspended = false;
  #totalRead = 0;
  #totalWritten = 0;
  #freed = false;

  /**
   * Makes a group without members: `bufferevent_rate_limit_group_new()`.
   *
   * @param base - the base whose loop wakes the members up at a tick
   * @param cfg - how much they may move together
   */
  constructor(base: EventBase, cfg: EvTokenBucketCfg) {
    this.#bucket = new TokenBucket(cfg);
    this.#refill = new Event<BuffereventRateLimitGroup>(
      base,
      -1,
      0,
      BuffereventRateLimitGroup.#onRefill,
      this,
    );
  }

  /** Goes on with other rates: `bufferevent_rate_limit_group_set_cfg()`. */
  setCfg(cfg: EvTokenBucketCfg): void {
    this.#check();
    this.#bucket.setCfg(cfg);
    // A timer of an old, long tick would keep the members waiting.
    if (this.#refill.del() === 0) this.#resume();
  }

  /**
   * Says what is the smallest share worth moving: `bufferevent_rate_limit_group_set_min_share()`.
   * With many members the equal share can be a few bytes, and a call for each of them; then fewer of
   * them get their turn in a tick, but with this many bytes. 64 unless set.
   *
   * @param share - bytes, from 0
   * @throws RangeError for anything else
   */
  setMinShare(share: number): void {
    this.#check();
    if (!Number.isSafeInteger(share) || share < 0) {
      throw new RangeError(`a share is a number of bytes, not ${String(share)}`);
    }
    this.#minShare = share;
  }

  /** How many bytes the group may read now: `bufferevent_rate_limit_group_get_read_limit()`. */
  getReadLimit(): number {
    this.#check();
    return this.#bucket.readLimit();
  }

  /** How many bytes the group may write now: `bufferevent_rate_limit_group_get_write_limit()`. */
  getWriteLimit(): number {
    this.#check();
    return this.#bucket.writeLimit();
  }

  /**
   * Takes bytes off what the group may read, as if they had been read:
   * `bufferevent_rate_limit_group_decrement_read()`.
   *
   * @param count - bytes; below 0 to give some back. The limit may go below 0.
   * @returns 0
   */
  decrementRead(count: number): number {
    this.#check();
    this.#takeRead(count);
    return 0;
  }

  /**
   * Takes bytes off what the group may write, as if they had been written:
   * `bufferevent_rate_limit_group_decrement_write()`.
   *
   * @param count - bytes; below 0 to give some back. The limit may go below 0.
   * @returns 0
   */
  decrementWrite(count: number): number {
    this.#check();
    this.#takeWrite(count);
    return 0;
  }

  /** What the members have moved since it was made: `bufferevent_rate_limit_group_get_totals()`. */
  getTotals(): RateLimitTotals {
    this.#check();
    return { read: this.#totalRead, written: this.#totalWritten };
  }

  /** Counts from nothing again: `bufferevent_rate_limit_group_reset_totals()`. */
  resetTotals(): void {
    this.#check();
    this.#totalRead = 0;
    this.#totalWritten = 0;
  }

  /**
   * Makes the group unusable: `bufferevent_rate_limit_group_free()`.
   *
   * @throws Error if it has members, or if that was done before
   */
  free(): void {
    this.#check();
    if (this.#members.length > 0) {
      throw new Error('BuffereventRateLimitGroup.free() called while it has members');
    }
    this.#freed = true;
    this.#refill.free();
  }

  /** Frees the group at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  /** @internal Takes in a member. */
  add(member: Suspendable): void {
    this.#check();
    this.#members.push(member);
    if (this.#readSuspended) member.suspendRead(SUSPEND_BANDWIDTH_GROUP);
    if (this.#writeSuspended) member.suspendWrite(SUSPEND_BANDWIDTH_GROUP);
  }

  /** @internal Lets a member go. */
  remove(member: Suspendable): void {
    const index = this.#members.indexOf(member);
    const last = this.#members.pop();
    if (last !== undefined && last !== member) this.#members[index] = last;
    if (member.freed) return;
    member.unsuspendRead(SUSPEND_BANDWIDTH_GROUP);
    member.unsuspendWrite(SUSPEND_BANDWIDTH_GROUP);
  }

  /** @internal How many bytes one member may read now. */
  readShare(): number {
    return this.#readSuspended ? 0 : this.#share(this.#bucket.readLimit(), this.#cfg.readRate);
  }

  /** @internal How many bytes one member may write now. */
  writeShare(): number {
    return this.#writeSuspended ? 0 : this.#share(this.#bucket.writeLimit(), this.#cfg.writeRate);
  }

  /** @internal Takes note of what a member has read. */
  countRead(count: number): void {
    this.#totalRead += count;
    this.#takeRead(count);
  }

  /** @internal Takes note of what a member has written. */
  countWritten(count: number): void {
    this.#totalWritten += count;
    this.#takeWrite(count);
  }

  static #onRefill(_fd: number, _what: number, group: BuffereventRateLimitGroup): void {
    group.#resume();
  }

  get #cfg(): EvTokenBucketCfg {
    return this.#bucket.cfg;
  }

  #share(limit: number, rate: number): number {
    const equal = Math.floor(limit / this.#members.length);
    return Math.max(1, equal, Math.min(this.#minShare, rate));
  }

  #takeRead(count: number): void {
    const left = this.#bucket.takeRead(count);
    if (left <= 0 && !this.#readSuspended) {
      this.#readSuspended = true;
      for (const member of this.#members) member.suspendRead(SUSPEND_BANDWIDTH_GROUP);
      this.#refillLater();
    } else if (left > 0 && this.#readSuspended) {
      this.#resumeReading();
    }
  }

  #takeWrite(count: number): void {
    const left = this.#bucket.takeWrite(count);
    if (left <= 0 && !this.#writeSuspended) {
      this.#writeSuspended = true;
      for (const member of this.#members) member.suspendWrite(SUSPEND_BANDWIDTH_GROUP);
      this.#refillLater();
    } else if (left > 0 && this.#writeSuspended) {
      this.#resumeWriting();
    }
  }

  #refillLater(): void {
    if (this.#refill.heapIndex < 0) this.#refill.add(this.#cfg.tickLength);
  }

  #resume(): void {
    if (this.#readSuspended && this.#bucket.readLimit() > 0) this.#resumeReading();
    if (this.#writeSuspended && this.#bucket.writeLimit() > 0) this.#resumeWriting();
    if (this.#readSuspended || this.#writeSuspended) this.#refillLater();
  }

  #resumeReading(): void {
    this.#readSuspended = false;
    for (const member of this.#inAnyOrder()) member.unsuspendRead(SUSPEND_BANDWIDTH_GROUP);
  }

  #resumeWriting(): void {
    this.#writeSuspended = false;
    for (const member of this.#inAnyOrder()) member.unsuspendWrite(SUSPEND_BANDWIDTH_GROUP);
  }

  /** The members from a random one on: whoever is first gets most when there is little. */
  #inAnyOrder(): Suspendable[] {
    const start = Math.floor(Math.random() * this.#members.length);
    return this.#members.slice(start).concat(this.#members.slice(0, start));
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('BuffereventRateLimitGroup');
  }
}
