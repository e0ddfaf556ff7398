import { Event } from '../event/event.ts';
import type { BuffereventRateLimitGroup } from './rate_limit_group.ts';
import { SUSPEND_BANDWIDTH } from './suspension.ts';
import type { Suspendable } from './suspension.ts';
import { TokenBucket } from './token_bucket.ts';
import { EV_RATE_LIMIT_MAX } from './token_bucket_cfg.ts';
import type { EvTokenBucketCfg } from './token_bucket_cfg.ts';

/**
 * What limits the rate of one bufferevent, a bucket of its own, a group or both: libevent's
 * `struct bufferevent_rate_limit`.
 *
 * @internal
 */
export class BuffereventRateLimit {
  readonly #limited: Suspendable;
  #bucket: TokenBucket | null = null;
  #group: BuffereventRateLimitGroup | null = null;
  /** Waits for the tick that puts something in a bucket that is used up. */
  #refill: Event<BuffereventRateLimit> | null = null;

  constructor(limited: Suspendable) {
    this.#limited = limited;
  }

  get group(): BuffereventRateLimitGroup | null {
    return this.#group;
  }

  get cfg(): EvTokenBucketCfg | null {
    return this.#bucket?.cfg ?? null;
  }

  /** How many bytes its own bucket lets it read. */
  get readLimit(): number {
    return this.#bucket?.readLimit() ?? EV_RATE_LIMIT_MAX;
  }

  /** How many bytes its own bucket lets it write. */
  get writeLimit(): number {
    return this.#bucket?.writeLimit() ?? EV_RATE_LIMIT_MAX;
  }

  /** How many bytes may be read now, no more than `most`. */
  readMax(most: number): number {
    const own = this.#bucket === null ? most : Math.min(most, this.#bucket.readLimit());
    const all = this.#group === null ? own : Math.min(own, this.#group.readShare());
    return Math.max(0, all);
  }

  /** How many bytes may be written now, no more than `most`. */
  writeMax(most: number): number {
    const own = this.#bucket === null ? most : Math.min(most, this.#bucket.writeLimit());
    const all = this.#group === null ? own : Math.min(own, this.#group.writeShare());
    return Math.max(0, all);
  }

  /** Takes what was read out of the buckets. */
  countRead(count: number): void {
    this.decrementRead(count);
    this.#group?.countRead(count);
  }

  /** Takes what was written out of the buckets. */
  countWritten(count: number): void {
    this.decrementWrite(count);
    this.#group?.countWritten(count);
  }

  /** Takes bytes out of its own bucket for reading, or puts them back. */
  decrementRead(count: number): void {
    if (this.#bucket === null) return;
    if (this.#bucket.takeRead(count) > 0) {
      this.#limited.unsuspendRead(SUSPEND_BANDWIDTH);
    } else {
      this.#limited.suspendRead(SUSPEND_BANDWIDTH);
      this.#refillLater();
    }
  }

  /** Takes bytes out of its own bucket for writing, or puts them back. */
  decrementWrite(count: number): void {
    if (this.#bucket === null) return;
    if (this.#bucket.takeWrite(count) > 0) {
      this.#limited.unsuspendWrite(SUSPEND_BANDWIDTH);
    } else {
      this.#limited.suspendWrite(SUSPEND_BANDWIDTH);
      this.#refillLater();
    }
  }

  /** Sets its own limit, or lifts it with null. */
  setCfg(cfg: EvTokenBucketCfg | null): void {
    this.#refill?.del();
    if (cfg === null) this.#bucket = null;
    else if (this.#bucket === null) this.#bucket = new TokenBucket(cfg);
    else this.#bucket.setCfg(cfg);
    this.#resume();
  }

  /** Joins a group, and leaves the one it was in. */
  setGroup(group: BuffereventRateLimitGroup | null): void {
    if (this.#group === group) return;
    this.#group?.remove(this.#limited);
    this.#group = group;
    group?.add(this.#limited);
  }

  /** Waits in another base. */
  setBase(): void {
    const isWaiting = this.#refill !== null && this.#refill.heapIndex >= 0;
    this.#refill?.free();
    this.#refill = null;
    if (isWaiting) this.#refillLater();
  }

  free(): void {
    this.setGroup(null);
    // What has just been moved is still counted, and waits for no tick any more.
    this.#bucket = null;
    this.#refill?.free();
    this.#refill = null;
  }

  static #onRefill(_fd: number, _what: number, limit: BuffereventRateLimit): void {
    limit.#resume();
  }

  /** Lets those directions go on whose bucket holds something again. */
  #resume(): void {
    const canRead = this.readLimit > 0;
    const canWrite = this.writeLimit > 0;
    if (!canRead || !canWrite) this.#refillLater();
    if (canRead) this.#limited.unsuspendRead(SUSPEND_BANDWIDTH);
    if (canWrite) this.#limited.unsuspendWrite(SUSPEND_BANDWIDTH);
  }

  #refillLater(): void {
    const tick = this.#bucket?.cfg.tickLength;
    if (tick === undefined) return;
    this.#refill ??= new Event<BuffereventRateLimit>(
      this.#limited.base,
      -1,
      0,
      BuffereventRateLimit.#onRefill,
      this,
    );
    if (this.#refill.heapIndex < 0) this.#refill.add(tick);
  }
}
