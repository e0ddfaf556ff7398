import { Chain } from './chain.ts';
import { LARGEST_CHAIN, SMALLEST_CHAIN } from './chain_pool.ts';
import type { ChainPool } from './chain_pool.ts';

/** A new chain at the end of a long list holds this part of what is there: so much is wasted at most. */
const GROWTH = 8;
/** A chain of no more bytes than this is copied into a list that holds more than this, if it fits. */
const SMALL = 512;

/**
 * Bytes in a list of chains: the memory of an evbuffer. No chain in the list is empty.
 *
 * @internal
 */
export class ChainList {
  /** How many bytes it holds. */
  length = 0;
  /** Where chains come from and go to. */
  readonly pool: ChainPool;
  #first: Chain | null = null;
  #last: Chain | null = null;
  /** An empty chain for what is added next, or null. */
  #reserved: Chain | null = null;

  constructor(pool: ChainPool) {
    this.pool = pool;
  }

  /** The chain with the first bytes, or null. */
  get first(): Chain | null {
    return this.#first;
  }

  /** The chain with the last bytes, or null. */
  get last(): Chain | null {
    return this.#last;
  }

  /** Copies bytes to the end. */
  append(bytes: Uint8Array): void {
    const size = bytes.length;
    if (size === 0) return;
    const tail = this.#last;
    const room = tail === null ? 0 : tail.room;
    if (tail === null || room < size) {
      this.#appendBeyond(bytes, tail, room);
      return;
    }
    tail.data.set(bytes, tail.end);
    this.commit(tail, size);
  }

  /** Copies a string to the end, as UTF-8. Returns how many bytes that took. */
  appendString(text: string): number {
    const size = Buffer.byteLength(text, 'utf8');
    if (size === 0) return 0;
    let chain = this.#last;
    if (chain === null || chain.room < size) {
      if (chain !== null && chain.room > chain.capacity / GROWTH) {
        this.append(Buffer.from(text, 'utf8'));
        return size;
      }
      chain = this.#take(size);
    }
    // Of ASCII alone the other encoding makes the same bytes, faster.
    chain.data.write(text, chain.end, size === text.length ? 'latin1' : 'utf8');
    this.commit(chain, size);
    return size;
  }

  /** Puts a chain at the end that is not empty. */
  appendChain(chain: Chain): void {
    this.length += chain.length;
    this.#link(chain);
  }

  /** Copies bytes to the front. */
  prepend(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    let chain = this.#first;
    if (chain === null || chain.roomBefore < bytes.length) {
      chain = this.pool.take(bytes.length);
      // At the far end, so that the next prepend finds room before it.
      chain.start = chain.end = chain.capacity;
      chain.next = this.#first;
      this.#first = chain;
      this.#last ??= chain;
    }
    chain.start -= bytes.length;
    chain.data.set(bytes, chain.start);
    this.length += bytes.length;
  }

  /** Moves all chains of another list to the end of this one. */
  moveAll(source: ChainList): void {
    const first = source.#first;
    if (first === null || this.#mergeSmall(source, first)) return;
    if (this.#last === null) this.#first = first;
    else this.#last.next = first;
    this.#last = source.#last;
    this.length += source.length;
    source.#forget();
    source.pool.balance(this.pool);
  }

  /** Moves all chains of another list to the front of this one. */
  moveAllToFront(source: ChainList): void {
    const last = source.#last;
    if (last === null) return;
    last.next = this.#first;
    this.#first = source.#first;
    this.#last ??= last;
    this.length += source.length;
    source.#forget();
    source.pool.balance(this.pool);
  }

  /** Moves bytes from the front of another list, fewer than it holds, to the end of this one. */
  moveSome(source: ChainList, count: number): void {
    let left = count;
    for (let chain = source.#first; chain !== null && left >= chain.length; chain = source.#first) {
      left -= chain.length;
      source.#first = chain.next;
      source.length -= chain.length;
      chain.next = null;
      this.appendChain(chain);
    }
    const rest = source.#first;
    if (rest === null || left === 0) return;
    const { file } = rest;
    if (file === null) this.append(rest.data.subarray(rest.start, rest.start + left));
    else this.appendChain(Chain.ofFile(file, rest.start, rest.start + left));
    source.drain(left);
  }

  /**
   * An empty chain of at least `size` bytes, which is the one that the next bytes go to that don't
   * fit after the last.
   */
  reserve(size: number): Chain {
    if (this.#reserved === null || this.#reserved.capacity < size) {
      const chain = this.pool.take(size);
      if (this.#reserved !== null) this.pool.give(this.#reserved);
      this.#reserved = chain;
    }
    return this.#reserved;
  }

  /** Counts bytes that were put in the room of the last chain, or in the reserved one. */
  commit(chain: Chain, count: number): void {
    chain.end += count;
    this.length += count;
    if (chain !== this.#last && count > 0) this.#link(chain);
  }

  /** Gives the reserved chain back. */
  unreserve(): void {
    if (this.#reserved !== null) this.pool.give(this.#reserved);
    this.#reserved = null;
  }

  /** The reserved chain, or null. */
  get reserved(): Chain | null {
    return this.#reserved;
  }

  /** Throws away bytes at the front, as many as there are at most. */
  drain(count: number): void {
    const released = this.#unlink(Math.min(count, this.length));
    // Their owners may call the program, which may use this list: only now is it in order again.
    if (released !== null) releaseAll(released);
  }

  /** Copies bytes from a position on, as many as fit or there are. Returns how many. */
  copyTo(into: Uint8Array, from = 0): number {
    let done = 0;
    let skip = from;
    for (let chain = this.#first; chain !== null && done < into.length; chain = chain.next) {
      if (skip >= chain.length) {
        skip -= chain.length;
        continue;
      }
      done += chain.data.copy(into, done, chain.start + skip, chain.end);
      skip = 0;
    }
    return done;
  }

  /**
   * Brings bytes at the front into one piece.
   *
   * @param count - how many; at least 1, and no more than there are
   */
  pullup(count: number): Buffer {
    const first = this.#first;
    if (first !== null && first.length >= count) {
      return first.data.subarray(first.start, first.start + count);
    }
    const hasRoom = first !== null && first.isOwn && first.start + count <= first.capacity;
    const whole = hasRoom ? first : this.pool.take(count);
    const { length } = this;
    // Into the room of the first chain, or into one that is not in the list yet: if the bytes cannot
    // be fetched from their file, nothing has happened.
    const before = whole.length;
    const target = whole.data.subarray(whole.end, whole.end + count - before);
    this.copyTo(target, before);
    if (hasRoom) this.#first = first.next;
    const released = this.#unlink(target.length);
    whole.end += target.length;
    whole.next = this.#first;
    this.#first = whole;
    this.#last ??= whole;
    this.length = length;
    if (released !== null) releaseAll(released);
    return whole.data.subarray(whole.start, whole.start + count);
  }

  /** Throws away everything. */
  clear(): void {
    this.unreserve();
    this.drain(this.length);
  }

  /**
   * Takes bytes off the front, no more than there are.
   *
   * @returns the chains of others that went with them, linked; their owners are to be told
   */
  #unlink(count: number): Chain | null {
    let left = count;
    let released: Chain | null = null;
    let lastReleased: Chain | null = null;
    this.length -= count;
    for (let chain = this.#first; left > 0 && chain !== null; chain = this.#first) {
      if (left < chain.length) {
        chain.start += left;
        break;
      }
      left -= chain.length;
      this.#first = chain.next;
      if (this.#first === null) this.#last = null;
      if (chain.isOwn) {
        this.pool.give(chain);
        continue;
      }
      chain.next = null;
      if (lastReleased === null) released = chain;
      else lastReleased.next = chain;
      lastReleased = chain;
    }
    return released;
  }

  #appendBeyond(bytes: Uint8Array, tail: Chain | null, room: number): void {
    const { length } = bytes;
    if (tail !== null && room > 0) {
      tail.data.set(bytes.subarray(0, room), tail.end);
      this.commit(tail, room);
    }
    const chain = this.#take(length - room);
    chain.data.set(room === 0 ? bytes : bytes.subarray(room));
    this.commit(chain, length - room);
  }

  /** Copies the only chain of another list, if it is small and many are here: saves the chain. */
  #mergeSmall(source: ChainList, chain: Chain): boolean {
    const size = chain.length;
    if (this.length <= SMALL || size > SMALL || chain.next !== null || !chain.isOwn) return false;
    const tail = this.#last;
    if (tail === null || tail.room < size) return false;
    chain.data.copy(tail.data, tail.end, chain.start, chain.end);
    this.commit(tail, size);
    source.drain(size);
    return true;
  }

  #forget(): void {
    this.#first = null;
    this.#last = null;
    this.length = 0;
  }

  #link(chain: Chain): void {
    if (chain === this.#reserved) this.#reserved = null;
    if (this.#last === null) this.#first = chain;
    else this.#last.next = chain;
    this.#last = chain;
  }

  /** An empty chain of at least `size` bytes, for the end of the list. */
  #take(size: number): Chain {
    if (this.#reserved !== null && this.#reserved.capacity >= size) return this.#reserved;
    if (this.length < GROWTH * SMALLEST_CHAIN) return this.pool.take(size);
    return this.pool.take(Math.max(size, Math.min(this.length / GROWTH, LARGEST_CHAIN) / 2));
  }
}

/**
 * Lets the memory go of chains that are linked and in no list any more. Every owner is told, also
 * when the callback of another throws.
 *
 * @throws what the first callback that threw has thrown
 */
function releaseAll(first: Chain): void {
  const errors: unknown[] = [];
  let chain: Chain | null = first;
  while (chain !== null) {
    const next: Chain | null = chain.next;
    chain.next = null;
    try {
      chain.release();
    } catch (error) {
      errors.push(error);
    }
    chain = next;
  }
  if (errors.length > 0) throw errors[0];
}
