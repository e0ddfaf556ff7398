/** The longest time that calls are counted without telling of it, in milliseconds. */
const TOLD_EVERY = 100;
/** How much of a second’s records may be written at once, and how much has to be left to begin again. */
const MOST = 0.25;
const ENOUGH = 0.1;

/** Calls that were only counted. */
export interface Folded {
  /** When the first and the last of them were made, by performance.now(). */
  readonly from: number;
  readonly until: number;
  readonly calls: number;
}

/**
 * How many records may be written. When it is spent nothing is for a while, so that what is told are
 * whole stretches of the program and not one call in ten. All times are by performance.now().
 *
 * @internal
 */
export class TraceBudget {
  readonly #perSecond: number;
  #left: number;
  #at: number;
  #isFolding = false;
  #calls = 0;
  #from = 0;
  #until = 0;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * MOST;
    this.#at = now;
  }

  /** Whether what comes now is only to be counted. */
  isSpent(now: number): boolean {
    const more = ((now - this.#at) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#left + more, this.#perSecond * MOST);
    this.#at = now;
    this.#isFolding = this.#left < (this.#isFolding ? this.#perSecond * ENOUGH : 1);
    return this.#isFolding;
  }

  /** A record is written. What has to be written although nothing is left makes no debt. */
  use(): void {
    if (this.#left >= 1) this.#left--;
  }

  /**
   * Counts a call.
   *
   * @returns whether it is time to tell
   */
  fold(now: number): boolean {
    if (this.#calls++ === 0) this.#from = now;
    this.#until = now;
    return now - this.#from >= TOLD_EVERY;
  }

  /** What was counted since the last time, if anything was. */
  take(): Folded | null {
    if (this.#calls === 0) return null;
    const folded = { from: this.#from, until: this.#until, calls: this.#calls };
    this.#calls = 0;
    return folded;
  }
}
