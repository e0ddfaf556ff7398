/** The largest rate and burst: `EV_RATE_LIMIT_MAX`. Also what limits read as when there are none. */
export const EV_RATE_LIMIT_MAX = Number.MAX_SAFE_INTEGER;

const MILLISECONDS = 1000;
const DEFAULT_TICK = 1;

function checkLimit(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} is a number of bytes from 1, not ${String(value)}`);
  }
}

/**
 * How many bytes may pass in a while: libevent's `struct ev_token_bucket_cfg`. Each tick puts `rate`
 * bytes in a bucket that holds `burst` at most; what passes takes them out. A full bucket is used
 * up at once, an empty one waits for the next tick.
 */
export class EvTokenBucketCfg {
  /** Bytes a tick to read. */
  readonly readRate: number;
  /** The most bytes to read at once, after a quiet time. */
  readonly readBurst: number;
  /** Bytes a tick to write. */
  readonly writeRate: number;
  /** The most bytes to write at once, after a quiet time. */
  readonly writeBurst: number;
  /** The length of a tick in seconds. */
  readonly tickLength: number;

  /**
   * Makes a configuration: `ev_token_bucket_cfg_new()`. It does not change, and any number of
   * bufferevents and groups can share it.
   *
   * @param readRate - bytes a tick to read, from 1
   * @param readBurst - the most bytes to read at once, `readRate` or more
   * @param writeRate - bytes a tick to write, from 1
   * @param writeBurst - the most bytes to write at once, `writeRate` or more
   * @param tickLength - the length of a tick in seconds, from a millisecond; left out, a second
   * @throws RangeError for anything else
   */
  constructor(
    readRate: number,
    readBurst: number,
    writeRate: number,
    writeBurst: number,
    tickLength = DEFAULT_TICK,
  ) {
    checkLimit('readRate', readRate);
    checkLimit('readBurst', readBurst);
    checkLimit('writeRate', writeRate);
    checkLimit('writeBurst', writeBurst);
    if (readRate > readBurst || writeRate > writeBurst) {
      throw new RangeError('a burst is at least as much as the rate');
    }
    if (!Number.isFinite(tickLength) || tickLength * MILLISECONDS < 1) {
      throw new RangeError(`a tick takes a millisecond or more, not ${String(tickLength)} seconds`);
    }
    this.readRate = readRate;
    this.readBurst = readBurst;
    this.writeRate = writeRate;
    this.writeBurst = writeBurst;
    this.tickLength = tickLength;
  }
}
