import { Mapping } from './mmap.ts';
import type { Uring } from './uring.ts';

const BUF_WORDS = 4;
const BUF_HALVES = 8;
const BYTES_PER_BUF = 16;
/** The half word of an entry that has the number of the buffer, and that of the first with the tail. */
const [HALF_NUMBER, HALF_TAIL] = [6, 7];
const HALF_MASK = 0xffff;
const TWO_TO_32 = 2 ** 32;

/**
 * Buffers that operations of a ring take one of when bytes have come, and not before: the provided
 * buffers of io_uring(7). All are equally large and equally far from each other.
 *
 * @internal
 */
export class BufferRing {
  readonly #uring: Uring;
  readonly #group: number;
  readonly #mapping: Mapping;
  readonly #words: Uint32Array;
  readonly #halves: Uint16Array;
  readonly #mask: number;
  readonly #address: number;
  readonly #size: number;
  readonly #stride: number;
  #tail = 0;
  #isFreed = false;

  private constructor(
    uring: Uring,
    group: number,
    mapping: Mapping,
    count: number,
    address: number,
    size: number,
    stride: number,
  ) {
    this.#uring = uring;
    this.#group = group;
    this.#mapping = mapping;
    this.#words = new Uint32Array(mapping.buffer);
    this.#halves = new Uint16Array(mapping.buffer);
    this.#mask = count - 1;
    this.#address = address;
    this.#size = size;
    this.#stride = stride;
  }

  /**
   * Registers buffers, none of which can be taken yet.
   *
   * @param group - the number that operations know them by
   * @param address - where the first begins; the memory has to be there until `free()`
   * @param count - how many, a power of two up to 32,768
   * @param size - bytes of each
   * @param stride - how far one begins after the other
   * @returns null and sets errno
   */
  static register(
    uring: Uring,
    group: number,
    address: number,
    count: number,
    size: number,
    stride = size,
  ): BufferRing | null {
    const mapping = Mapping.ofZeros(count * BYTES_PER_BUF);
    if (mapping === null) return null;
    if (uring.registerBuffers(group, mapping.address, count) < 0) {
      mapping.close();
      return null;
    }
    return new BufferRing(uring, group, mapping, count, address, size, stride);
  }

  /** Lets a buffer be taken, or taken again, from the next `publish()` on. */
  give(buffer: number): void {
    const index = this.#tail & this.#mask;
    const at = index * BUF_WORDS;
    const address = this.#address + buffer * this.#stride;
    this.#words[at] = address >>> 0;
    this.#words[at + 1] = address / TWO_TO_32;
    this.#words[at + 2] = this.#size;
    // Not as a word: the other half of the first one is the tail.
    this.#halves[index * BUF_HALVES + HALF_NUMBER] = buffer;
    this.#tail = (this.#tail + 1) & HALF_MASK;
  }

  /** Shows the kernel what was given. */
  publish(): void {
    Atomics.store(this.#halves, HALF_TAIL, this.#tail);
  }

  /** Gives the ring of buffers back; the buffers themselves are the caller's. */
  free(): void {
    if (this.#isFreed) return;
    this.#isFreed = true;
    this.#uring.unregisterBuffers(this.#group);
    this.#mapping.close();
  }
}
