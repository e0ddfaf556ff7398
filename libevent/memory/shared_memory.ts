import { ChainOwner } from './chain_owner.ts';

/**
 * Memory that several chains show: nobody may write to it, and the last to let it go leaves it to
 * the garbage collector.
 *
 * @internal
 */
export class SharedMemory extends ChainOwner {
  readonly #released: (() => void) | null;

  /** @param released - called when nobody holds the memory any more */
  constructor(released: (() => void) | null = null) {
    super();
    this.#released = released;
  }

  protected released(): void {
    this.#released?.();
  }
}
