import type { EvTokenBucketCfg } from './token_bucket_cfg.ts';

const MILLISECONDS = 1000;

function fill(limit: number, ticks: number, rate: number, burst: number): number {
  return Math.min(burst, limit + ticks * rate);
}

/**
 * A bucket for reading and one for writing: libevent's `struct ev_token_bucket`. They are filled
 * when someone looks, so an unused one costs nothing.
 *
 * @internal
 */
export class TokenBucket {
  #cfg: EvTokenBucketCfg;
  #readLimit: number;
  #writeLimit: number;
  #tick: number;

  constructor(cfg: EvTokenBucketCfg) {
    this.#cfg = cfg;
    this.#readLimit = cfg.readRate;
    this.#writeLimit = cfg.writeRate;
    this.#tick = this.#now();
  }

  get cfg(): EvTokenBucketCfg {
    return this.#cfg;
  }

  /** How many bytes may be read; 0 or less for none until a later tick. */
  readLimit(): number {
    this.#update();
    return this.#readLimit;
  }

  /** How many bytes may be written; 0 or less for none until a later tick. */
  writeLimit(): number {
    this.#update();
    return this.#writeLimit;
  }

  /** Takes bytes out, or puts them in if there are less than none. Returns what is left. */
  takeRead(count: number): number {
    this.#update();
    this.#readLimit -= count;
    return this.#readLimit;
  }

  /** Takes bytes out, or puts them in if there are less than none. Returns what is left. */
  takeWrite(count: number): number {
    this.#update();
    this.#writeLimit -= count;
    return this.#writeLimit;
  }

  /** Goes on with other rates; what is left is cut at the new bursts. */
  setCfg(cfg: EvTokenBucketCfg): void {
    this.#update();
    this.#cfg = cfg;
    this.#readLimit = Math.min(this.#readLimit, cfg.readBurst);
    this.#writeLimit = Math.min(this.#writeLimit, cfg.writeBurst);
    this.#tick = this.#now();
  }

  #update(): void {
    const tick = this.#now();
    const ticks = tick - this.#tick;
    if (ticks <= 0) return;
    const cfg = this.#cfg;
    this.#tick = tick;
    this.#readLimit = fill(this.#readLimit, ticks, cfg.readRate, cfg.readBurst);
    this.#writeLimit = fill(this.#writeLimit, ticks, cfg.writeRate, cfg.writeBurst);
  }

  #now(): number {
    return Math.floor(performance.now() / (this.#cfg.tickLength * MILLISECONDS));
  }
}
