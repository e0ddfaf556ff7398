/**
 * Whoever lends memory to chains, and wants to know when none of them needs it any more.
 *
 * @internal
 */
export abstract class ChainOwner {
  #holders = 0;

  /** Counts one more chain, or other holder. */
  retain(): void {
    this.#holders++;
  }

  /** Counts one less. */
  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.released();
  }

  /** Called once, when nobody holds the memory any more. */
  protected abstract released(): void;
}
