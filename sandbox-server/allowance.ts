/** How much of something one side may do in a time: a token bucket. Pure. */

/** An allowance that fills up again at a steady rate. */
export class Allowance {
  readonly #most: number;
  readonly #perMillisecond: number;
  #left: number;
  #at: number;

  /**
   * @param most how much may be used at once
   * @param perSecond how much comes back in a second
   * @param now in milliseconds, from any start
   */
  constructor(most: number, perSecond: number, now: number) {
    this.#most = most;
    this.#perMillisecond = perSecond / 1000;
    this.#left = most;
    this.#at = now;
  }

  /** Uses some of it, whether or not there is as much: what was done can’t be undone. */
  use(amount: number, now: number): void {
    this.#fill(now);
    this.#left -= amount;
  }

  /** How many milliseconds to wait until it is no longer overdrawn; 0 when it is not. */
  overdrawn(now: number): number {
    this.#fill(now);
    return Math.max(0, -this.#left / this.#perMillisecond);
  }

  #fill(now: number): void {
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMillisecond);
    this.#at = now;
  }
}
