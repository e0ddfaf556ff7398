import { Chain, LARGEST_READ, SMALLEST_CHAIN } from './evbuffer_chain.ts';
import type { ByteSource } from './evbuffer_eol.ts';
import { IO_VECTOR_PARTS } from './sys/iovec.ts';
import type { IoVector } from './sys/iovec.ts';

/** A spare chain this many times too large is not used, so that one burst is not kept for ever. */
const SPARE_RATIO = 4;

/**
 * Bytes in a list of chains: the memory of an evbuffer. No chain in the list is empty.
 *
 * @internal
 */
export class ChainList implements ByteSource {
  /** How many bytes it holds. */
  length = 0;
  #first: Chain | null = null;
  #last: Chain | null = null;
  /** The chain that was emptied last, kept so that steady traffic allocates nothing. */
  #spare: Chain | null = null;

  /** The chain with the first bytes, or null. */
  get first(): Chain | null {
    return this.#first;
  }

  /** Copies bytes to the end. */
  append(bytes: Uint8Array): void {
    let done = 0;
    if (this.#last !== null && this.#last.room > 0) {
      const tail = this.#last;
      done = Math.min(tail.room, bytes.length);
      tail.data.set(done === bytes.length ? bytes : bytes.subarray(0, done), tail.end);
      this.commit(tail, done);
    }
    if (done === bytes.length) return;
    const chain = this.#take(bytes.length - done);
    chain.data.set(done === 0 ? bytes : bytes.subarray(done));
    this.commit(chain, bytes.length - done);
  }

  /** Copies a string to the end, as UTF-8. Returns how many bytes that took. */
  appendString(text: string): number {
    const size = Buffer.byteLength(text, 'utf8');
    if (size === 0) return 0;
    const chain = this.#last !== null && this.#last.room >= size ? this.#last : this.#take(size);
    chain.data.write(text, chain.end, 'utf8');
    this.commit(chain, size);
    return size;
  }

  /** Copies bytes to the front. */
  prepend(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    let chain = this.#first;
    if (chain === null || chain.start < bytes.length) {
      chain = this.#take(bytes.length);
      // At the far end, so that the next prepend finds room before it.
      chain.start = chain.end = chain.data.length;
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
    if (first === null) return;
    if (this.#last === null) this.#first = first;
    else this.#last.next = first;
    this.#last = source.#last;
    this.length += source.length;
    source.#first = null;
    source.#last = null;
    source.length = 0;
    // What reads gives its chains away and what writes is left with them: hand one back.
    if (source.#spare === null) {
      source.#spare = this.#spare;
      this.#spare = null;
    }
  }

  /**
   * A chain with room at its end, for `commit()` or `abandon()`.
   *
   * @param size - how much room would be good
   */
  reserve(size: number): Chain {
    const tail = this.#last;
    return tail !== null && tail.room * 2 >= size ? tail : this.#take(size);
  }

  /** Counts bytes that were put at the end of a reserved chain. */
  commit(chain: Chain, count: number): void {
    chain.end += count;
    this.length += count;
    if (chain === this.#last) return;
    if (this.#last === null) this.#first = chain;
    else this.#last.next = chain;
    this.#last = chain;
  }

  /** Gives back a reserved chain that nothing was put in. */
  abandon(chain: Chain): void {
    if (chain !== this.#last) this.#release(chain);
  }

  /** Throws away bytes at the front, as many as there are at most. */
  drain(count: number): void {
    let left = Math.min(count, this.length);
    this.length -= left;
    while (left > 0 && this.#first !== null) {
      const chain = this.#first;
      if (left < chain.length) {
        chain.start += left;
        return;
      }
      left -= chain.length;
      this.#first = chain.next;
      if (this.#first === null) this.#last = null;
      this.#release(chain);
    }
  }

  /** Copies bytes from the front, as many as fit or there are. Returns how many. */
  copyTo(into: Uint8Array): number {
    let done = 0;
    for (let chain = this.#first; chain !== null && done < into.length; chain = chain.next) {
      done += chain.data.copy(into, done, chain.start, chain.end);
    }
    return done;
  }

  /**
   * Brings bytes at the front into one piece.
   *
   * @param count - how many; at least 1, and no more than there are
   */
  pullup(count: number): Buffer {
    let chain = this.#first;
    if (chain === null || chain.length < count) {
      const whole = this.#take(count);
      const target = whole.data.subarray(0, count);
      const length = this.length;
      this.copyTo(target);
      this.drain(count);
      whole.end = count;
      whole.next = this.#first;
      this.#first = whole;
      this.#last ??= whole;
      this.length = length;
      chain = whole;
    }
    return chain.data.subarray(chain.start, chain.start + count);
  }

  /** Puts bytes from the front into a vector, up to `count` and what it takes. */
  fillVector(vector: IoVector, count: number): void {
    vector.clear();
    let left = count;
    for (let chain = this.#first; chain !== null && left > 0; chain = chain.next) {
      if (vector.count === IO_VECTOR_PARTS) return;
      const part = Math.min(chain.length, left);
      vector.push(chain.data, chain.start, part);
      left -= part;
    }
  }

  byteAt(position: number): number {
    let before = 0;
    for (let chain = this.#first; chain !== null; chain = chain.next) {
      if (position < before + chain.length) {
        return chain.data[chain.start + position - before] ?? -1;
      }
      before += chain.length;
    }
    return -1;
  }

  indexOf(byte: number, from: number): number {
    let before = 0;
    for (let chain = this.#first; chain !== null; chain = chain.next) {
      const start = chain.start + Math.max(0, from - before);
      if (start < chain.end) {
        const found = chain.data.indexOf(byte, start);
        // The search runs into the room after the bytes, where old ones may lie.
        if (found >= 0 && found < chain.end) return before + found - chain.start;
      }
      before += chain.length;
    }
    return -1;
  }

  /** Throws away everything, the spare chain too. */
  clear(): void {
    this.drain(this.length);
    this.#spare = null;
  }

  #take(size: number): Chain {
    const spare = this.#spare;
    if (spare !== null && spare.data.length >= size) {
      if (spare.data.length < SPARE_RATIO * Math.max(size, SMALLEST_CHAIN)) {
        this.#spare = null;
        return spare;
      }
    }
    return new Chain(size);
  }

  #release(chain: Chain): void {
    chain.reset();
    if (chain.data.length <= LARGEST_READ) this.#spare = chain;
  }
}
