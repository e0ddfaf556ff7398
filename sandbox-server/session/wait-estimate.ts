/**
 * About how long a place in the queue takes, from how long runs last. Those that go on count with what
 * they have lasted so far: to look only at those that are over would be to look at the short ones. Pure.
 */

/** So many runs have to be over before anything is said. */
const BASIS = 3;
/** So many of the latest runs are looked at. */
const MOST_RUNS = 32;

/** Knows how long the latest runs were. */
export class WaitEstimate {
  readonly #longest: number;
  /** In milliseconds, the latest last. */
  readonly #lasted: number[] = [];

  /** @param longest how long a run may last, in milliseconds */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** A run is over. @param lasted in milliseconds */
  ended(lasted: number): void {
    this.#lasted.push(lasted);
    if (this.#lasted.length > MOST_RUNS) this.#lasted.shift();
  }

  /**
   * How long the one waits who is let in after `ahead` others.
   * @param running how long each run that goes on has lasted, in milliseconds; each has a place
   * @returns in milliseconds; undefined when there is nothing to tell by
   */
  waitAfter(ahead: number, running: readonly number[]): number | undefined {
    if (this.#lasted.length < BASIS || running.length === 0) return undefined;
    const total = [...this.#lasted, ...running].reduce((sum, each) => sum + each, 0);
    const mean = Math.min(total / this.#lasted.length, this.#longest);
    return ((ahead + 1) * mean) / running.length;
  }
}
