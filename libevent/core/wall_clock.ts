import type { Timeouts } from './timeouts.ts';

/**
 * The time of day, as it was when the present pass of a loop began.
 *
 * @internal
 */
export class WallClock {
  readonly #timeouts: Timeouts;
  #time = 0;
  /** The monotonic time that belongs to it. */
  #monotonic = -1;

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

  /** Seconds since 1970. */
  seconds(): number {
    const { now } = this.#timeouts;
    // Asked again in the same pass it says the same, even if the clock was set meanwhile.
    if (now !== this.#monotonic) {
      this.#monotonic = now;
      this.#time = Date.now() - (performance.now() - now);
    }
    return this.#time / 1000;
  }
}
