/** The time of a run, in milliseconds since it began by the server’s clock, as near as a page can know it. */
export class RunTime {
  /** What the page’s own clock said when the run began: the earliest that what has come allows for. */
  #begun: number | undefined;
  #stopped: number | undefined;

  /** Something has come that happened at this time, so that now can’t be earlier. */
  learn(at: number): void {
    const begun = performance.now() - at;
    this.#begun = Math.min(begun, this.#begun ?? begun);
  }

  get now(): number {
    if (this.#stopped !== undefined) return this.#stopped;
    return this.#begun === undefined ? 0 : performance.now() - this.#begun;
  }

  /** Whether anything has come, and the run is not over. */
  get goesOn(): boolean {
    return this.#begun !== undefined && this.#stopped === undefined;
  }

  /** The run is over. */
  stop(): void {
    this.#stopped ??= this.now;
  }
}
