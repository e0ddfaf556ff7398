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

/** How many records are left, and since when. */
const LEFT = 0;
const AT = 1;
/** How many numbers a budget keeps. @internal */
export const BUDGET_NUMBERS = 2;

/**
 * How many records may be written. When it is spent nothing is for a while, so that what is told are
 * whole stretches of the program and not one call in ten. All times are by performance.now(), which a
 * process and its forks read off one clock.
 *
 * @internal
 */
export class TraceBudget {
  readonly #perSecond: number;
  /** A fork shares its parent's budget: two at once may count one record, which nobody minds. */
  readonly #shared: Float64Array;
  #isFolding = false;
  #calls = 0;
  #from = 0;
  #until = 0;

  /** @param shared - what it keeps, `BUDGET_NUMBERS` of them, zeros at first */
  constructor(perSecond: number, shared: Float64Array, now: number) {
    this.#perSecond = perSecond;
    this.#shared = shared;
    shared[LEFT] = perSecond * MOST;
    shared[AT] = now;
  }

  /** Whether what comes now is only to be counted. */
  isSpent(now: number): boolean {
    const { [LEFT]: before = 0, [AT]: at = now } = this.#shared;
    const more = (Math.max(now - at, 0) / 1000) * this.#perSecond;
    const left = Math.min(before + more, this.#perSecond * MOST);
    this.#shared[LEFT] = left;
    this.#shared[AT] = now;
    this.#isFolding = left < (this.#isFolding ? this.#perSecond * ENOUGH : 1);
    return this.#isFolding;
  }

  /** A record is written. What has to be written although nothing is left makes no debt. */
  use(): void {
    this.#shared[LEFT] = Math.max((this.#shared[LEFT] ?? 0) - 1, 0);
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
