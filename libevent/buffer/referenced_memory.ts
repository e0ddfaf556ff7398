import { ChainOwner } from '../memory/chain_owner.ts';

/**
 * What to call when bytes that were added by reference are needed no more.
 *
 * @param data - the bytes
 * @param length - how many they are
 * @param extra - what was given with them
 */
export type EvbufferCleanupCallback<T> = (data: Uint8Array, length: number, extra: T) => void;

/**
 * Memory that belongs to the program.
 *
 * @internal
 */
export class ReferencedMemory<T> extends ChainOwner {
  readonly #data: Uint8Array;
  readonly #cleanup: EvbufferCleanupCallback<T>;
  readonly #extra: T;

  constructor(data: Uint8Array, cleanup: EvbufferCleanupCallback<T>, extra: T) {
    super();
    this.#data = data;
    this.#cleanup = cleanup;
    this.#extra = extra;
  }

  protected released(): void {
    this.#cleanup(this.#data, this.#data.length, this.#extra);
  }
}
