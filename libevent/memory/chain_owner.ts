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

/**
 * Memory that several chains show: nobody may write to it, and the last to let it go leaves it to
 * the garbage collector.
 *
 * @internal
 */
export class SharedMemory extends ChainOwner {
  protected released(): void {}
}

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

/**
 * Memory that is filled when somebody looks at it, and can be sent without that: a file's.
 *
 * @internal
 */
export abstract class FileMemory extends ChainOwner {
  /** All of the bytes. */
  abstract contents(): Buffer;
  /** Whether `send()` may be tried. */
  abstract readonly canSend: boolean;
  /**
   * Sends bytes to a descriptor.
   *
   * @param start - where they begin
   * @returns how many were taken, or -1 and leaves errno; or -2 if that cannot be done from here
   */
  abstract send(fd: number, start: number, count: number): number;
}
