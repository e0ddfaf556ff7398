/**
 * Something with work left over from a callback, to be done as soon as the callback returns.
 *
 * @internal
 */
export interface AfterCallback {
  /** The next of those that wait, for {@link AfterCallbacks} to link them. */
  afterNext: AfterCallback | null;
  /** Does the work. */
  afterCallback(): void;
}

/**
 * The work left over from the callback that runs now, linked through those who have it to do.
 *
 * @internal
 */
export class AfterCallbacks {
  /** Whether the callback that runs now is a deferred one. */
  isDeferred = false;
  #first: AfterCallback | null = null;
  #last: AfterCallback | null = null;

  /** Puts in one that is not in it. */
  push(work: AfterCallback): void {
    if (this.#last === null) this.#first = work;
    else this.#last.afterNext = work;
    this.#last = work;
  }

  /** Does all of it. */
  run(): void {
    for (let work = this.#first; work !== null; work = this.#first) {
      this.#first = work.afterNext;
      if (this.#first === null) this.#last = null;
      work.afterNext = null;
      work.afterCallback();
    }
  }
}
