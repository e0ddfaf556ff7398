import { usedAfterFree } from '../core/errors.ts';
import { ChainList } from '../memory/chain_list.ts';
import type { ChainPool } from '../memory/chain_pool.ts';
import { printf } from './printf.ts';
import type { EvbufferPrintfArgument } from './printf.ts';

/**
 * How many bytes are meant.
 *
 * @param count - what the caller said; less than 0 for all
 * @param length - how many there are
 * @throws RangeError for something that is no number of bytes
 * @internal
 */
export function countOf(count: number, length: number): number {
  if (count < 0 || count === Infinity) return length;
  if (!Number.isInteger(count)) throw new RangeError(`${String(count)} is no number of bytes`);
  return Math.min(count, length);
}

/**
 * The part of an evbuffer that copies bytes in and out, and looks at them.
 *
 * @internal
 */
export abstract class EvbufferBytes implements Disposable {
  /** @internal */
  protected readonly chains: ChainList;
  /** @internal */
  protected frontFrozen = false;
  /** @internal */
  protected endFrozen = false;
  #freed = false;

  /** @param pool - where its memory comes from and goes to */
  constructor(pool: ChainPool) {
    this.chains = new ChainList(pool);
  }

  /** How many bytes it holds: `evbuffer_get_length()`. */
  getLength(): number {
    this.check();
    return this.chains.length;
  }

  /**
   * How many bytes are at the front in one piece: `evbuffer_get_contiguous_space()`. So many
   * `pullup()` shows without copying.
   */
  getContiguousSpace(): number {
    this.check();
    return this.chains.first?.length ?? 0;
  }

  /**
   * Copies bytes to the end: `evbuffer_add()`.
   *
   * @param data - bytes, or a string that goes in as UTF-8
   * @returns 0, or -1 if the end is frozen
   */
  add(data: Uint8Array | string): number {
    this.check();
    if (this.endFrozen) return -1;
    this.#append(data);
    return 0;
  }

  /**
   * Adds formatted text: `evbuffer_add_printf()`. The format is that of printf(3), without `%n`,
   * `%p` and `%a`; a string for `%s` goes in as UTF-8.
   *
   * @returns how many bytes were added, or -1 if the end is frozen
   * @throws RangeError for a format that is not understood, or if arguments are missing
   * @throws TypeError if an argument does not fit its place in the format
   */
  addPrintf(format: string, ...args: EvbufferPrintfArgument[]): number {
    this.check();
    return this.endFrozen ? -1 : this.#append(printf(format, args));
  }

  /**
   * Copies several pieces to the end, one after the other: `evbuffer_add_iovec()`.
   *
   * @returns how many bytes were added; 0 if the end is frozen
   */
  addIovec(vectors: readonly Uint8Array[]): number {
    this.check();
    let added = 0;
    for (const vector of vectors) {
      // The callbacks of the one before may have frozen or freed the buffer.
      if (this.endFrozen || this.#freed) break;
      added += this.#append(vector);
    }
    return added;
  }

  /**
   * Copies bytes to the front: `evbuffer_prepend()`.
   *
   * @param data - bytes, or a string that goes in as UTF-8
   * @returns 0, or -1 if the front is frozen, unless there is nothing to copy
   */
  prepend(data: Uint8Array | string): number {
    this.check();
    if (data.length === 0) return 0;
    if (this.frontFrozen) return -1;
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    this.chains.prepend(bytes);
    this.changed(bytes.length, 0);
    return 0;
  }

  /**
   * Takes bytes from the front: `evbuffer_remove()`.
   *
   * @param into - where they go; as many are taken as it has room for
   * @returns how many, or -1 if the front is frozen
   */
  remove(into: Uint8Array): number {
    this.check();
    if (this.frontFrozen) return -1;
    const count = this.chains.copyTo(into);
    this.discard(count);
    return count;
  }

  /**
   * Throws bytes at the front away: `evbuffer_drain()`.
   *
   * @param count - how many; all there are if it is more than that, or -1
   * @returns 0, or -1 if the front is frozen, unless there are none
   * @throws RangeError for something that is no number of bytes
   */
  drain(count: number): number {
    this.check();
    const drained = countOf(count, this.chains.length);
    if (this.chains.length === 0) return 0;
    if (this.frontFrozen) return -1;
    this.discard(drained);
    return 0;
  }

  /**
   * Copies bytes at the front and leaves them there: `evbuffer_copyout()`.
   *
   * @param into - where they go; as many are copied as it has room for
   * @returns how many, or -1 if the front is frozen
   */
  copyout(into: Uint8Array): number {
    this.check();
    return this.frontFrozen ? -1 : this.chains.copyTo(into);
  }

  /**
   * Brings bytes at the front into one piece and shows it: `evbuffer_pullup()`.
   *
   * @param size - how many bytes, -1 for all
   * @returns the buffer's own memory, good until the buffer is next changed; null if there are
   *   fewer bytes than that, or none
   * @throws RangeError for something that is no number of bytes
   */
  pullup(size: number): Buffer | null {
    this.check();
    const count = countOf(size, this.chains.length);
    return count === 0 || count < size ? null : this.chains.pullup(count);
  }

  /**
   * Makes one end fail to change: `evbuffer_freeze()`.
   *
   * @param atFront - true to stop draining, removing and prepending, false to stop adding
   * @returns 0
   */
  freeze(atFront: boolean): number {
    return this.#setFrozen(atFront, true);
  }

  /** Lets an end change again: `evbuffer_unfreeze()`. Returns 0. */
  unfreeze(atFront: boolean): number {
    return this.#setFrozen(atFront, false);
  }

  /**
   * Throws the bytes away and makes the buffer unusable: `evbuffer_free()`. No callback for changes
   * is called any more; those that clean up after references and files are.
   *
   * @throws Error if that was done before
   */
  free(): void {
    this.check();
    this.#freed = true;
    this.chains.clear();
  }

  /** Frees the buffer at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  /** @internal Tells whoever wants to know of a change, unless it is one of nothing. */
  protected abstract changed(added: number, deleted: number): void;

  /** @internal Drains, and tells. */
  protected discard(count: number): void {
    this.chains.drain(count);
    this.changed(0, count);
  }

  /** @internal */
  protected isFreed(): boolean {
    return this.#freed;
  }

  /** @internal */
  protected check(): void {
    if (this.#freed) throw usedAfterFree('Evbuffer');
  }

  #append(data: Uint8Array | string): number {
    let added = data.length;
    if (typeof data === 'string') added = this.chains.appendString(data);
    else this.chains.append(data);
    this.changed(added, 0);
    return added;
  }

  #setFrozen(atFront: boolean, frozen: boolean): number {
    this.check();
    if (atFront) this.frontFrozen = frozen;
    else this.endFrozen = frozen;
    return 0;
  }
}
