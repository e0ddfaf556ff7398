import { addressOf } from '../sys/raw_io.ts';
import type { ChainOwner } from './chain_owner.ts';
import { FileMemory } from './file_memory.ts';
import { SharedMemory } from './shared_memory.ts';

const NO_MEMORY = Buffer.alloc(0);

/**
 * One piece of an evbuffer: some memory, and which part of it holds bytes.
 *
 * @internal
 */
export class Chain {
  /** Where the bytes begin. */
  start: number;
  /** Where the bytes end, and the room after them begins. */
  end: number;
  /** The chain that holds the bytes after these, or null. */
  next: Chain | null = null;
  /** Whether it shows bytes of another evbuffer. */
  isMulticast = false;
  #data: Buffer;
  /** Where the memory begins, or 0 if it is not the chain's own. */
  readonly #address: number;
  #owner: ChainOwner | null;

  private constructor(data: Buffer, address: number, end: number, owner: ChainOwner | null) {
    this.#data = data;
    this.#address = address;
    this.start = 0;
    this.end = end;
    this.#owner = owner;
    owner?.retain();
  }

  /** Makes an empty chain with memory of its own. */
  static allocate(capacity: number): Chain {
    // Never from Node's shared pool, and not filled with zeros: the bytes from `end` on are never
    // shown to anyone.
    const data = Buffer.allocUnsafeSlow(capacity);
    return new Chain(data, addressOf(data), 0, null);
  }

  /** Makes a chain of bytes that belong to someone else. */
  static of(data: Uint8Array, owner: ChainOwner): Chain {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
    return new Chain(bytes, 0, bytes.length, owner);
  }

  /** Makes a chain of bytes that are still in a file. */
  static ofFile(file: FileMemory, start: number, end: number): Chain {
    const chain = new Chain(NO_MEMORY, 0, end, file);
    chain.start = start;
    return chain;
  }

  /** Makes another chain of the same bytes; neither can be written to any more. */
  share(): Chain {
    if (this.#owner === null) {
      this.#owner = new SharedMemory();
      this.#owner.retain();
    }
    const chain = new Chain(this.#data, this.#address, this.end, this.#owner);
    chain.start = this.start;
    chain.isMulticast = true;
    return chain;
  }

  /** How many bytes it holds. */
  get length(): number {
    return this.end - this.start;
  }

  /** How many bytes its memory holds. */
  get capacity(): number {
    return this.#data.length;
  }

  /** How many bytes more there is room for after them. */
  get room(): number {
    return this.#owner === null ? this.#data.length - this.end : 0;
  }

  /** How many bytes more there is room for before them. */
  get roomBefore(): number {
    return this.#owner === null ? this.start : 0;
  }

  /** Whether the memory is its own, for writing and for using again. */
  get isOwn(): boolean {
    return this.#owner === null;
  }

  /** Whether `share()` may be called: what is shared already, or comes from a file, is not. */
  get isShareable(): boolean {
    return !this.isMulticast && !(this.#owner instanceof FileMemory);
  }

  /** The file that the bytes are still in, or null. */
  get file(): FileMemory | null {
    return this.#data === NO_MEMORY && this.#owner instanceof FileMemory ? this.#owner : null;
  }

  /** The memory. Bytes that are still in a file are fetched first. */
  get data(): Buffer {
    if (this.#data === NO_MEMORY) this.#data = this.file?.contents() ?? NO_MEMORY;
    return this.#data;
  }

  /** The number of the place in memory where the bytes begin. */
  get address(): number {
    const data = this.data;
    // Whoever was shown the memory can have transferred it; the kernel would not know.
    if (this.end > data.length) throw new Error("an evbuffer's memory was transferred");
    return (this.#address === 0 ? addressOf(data) : this.#address) + this.start;
  }

  /** Lets memory go that is not its own. */
  release(): void {
    const owner = this.#owner;
    this.#data = NO_MEMORY;
    this.#owner = null;
    this.start = this.end = 0;
    owner?.release();
  }
}
