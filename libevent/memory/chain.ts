import { addressOf } from '../sys/raw_io.ts';
import type { ChainOwner } from './chain_owner.ts';
import { FileMemory } from './file_memory.ts';
import { SharedMemory } from './shared_memory.ts';

const NO_MEMORY = Buffer.alloc(0);

/**
 * Where chains go back to that are of no pool.
 *
 * @internal
 */
export interface ChainHome {
  /** Takes back a chain that nobody uses any more. */
  giveBack(chain: Chain): void;
}

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
  /** Whether the kernel works with the bytes: see {@link hold}. */
  isHeld = false;
  /** Where it goes when it is empty; null for a pool. */
  readonly home: ChainHome | null;
  /** Its number there. */
  readonly place: number;
  /** Whether it is to go there when it is no longer held. */
  #isToGo = false;
  /** Whose the memory was when it was held. */
  #heldOwner: ChainOwner | null = null;
  #data: Buffer;
  /** Where the memory begins, or 0 if it is not the chain's own. */
  readonly #address: number;
  #owner: ChainOwner | null;

  private constructor(
    data: Buffer,
    address: number,
    end: number,
    owner: ChainOwner | null,
    home: ChainHome | null = null,
    place = 0,
  ) {
    this.home = home;
    this.place = place;
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

  /**
   * Makes an empty chain with memory that the kernel fills.
   *
   * @param address - where that begins
   * @param home - where it goes when it is empty
   * @param place - its number there
   */
  static provided(data: Buffer, address: number, home: ChainHome, place: number): Chain {
    return new Chain(data, address, 0, null, home, place);
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
      const { home } = this;
      this.#owner = new SharedMemory(home === null ? null : () => home.giveBack(this));
      this.#owner.retain();
      if (this.isHeld) this.#retainHeld();
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

  /**
   * Keeps the bytes as they are until `letGo()`, whatever becomes of the evbuffer: the kernel is to
   * send them. Whoever calls this keeps `data` reachable. More bytes may be added after them.
   */
  hold(): void {
    this.isHeld = true;
    this.#retainHeld();
  }

  /** The kernel is done with the bytes. */
  letGo(): void {
    const owner = this.#heldOwner;
    this.isHeld = false;
    this.#heldOwner = null;
    owner?.release();
    if (!this.#isToGo) return;
    this.#isToGo = false;
    this.home?.giveBack(this);
  }

  /** It is empty and goes back, as soon as it is not held. One without a home is forgotten then. */
  goHome(): void {
    if (this.isHeld) this.#isToGo = true;
    else this.home?.giveBack(this);
  }

  #retainHeld(): void {
    this.#heldOwner = this.#owner;
    this.#owner?.retain();
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
