import type { Chain } from '../memory/chain.ts';
import type { ChainList } from '../memory/chain_list.ts';
import type { ByteSource } from './eol.ts';

/** Up to so many bytes are looked at one by one: cheaper than the call that would look at them. */
const FEW = 96;

/**
 * Looks through the bytes of a list of chains. It remembers where it was, so that going on from
 * there does not walk the list again: it is for one search, during which the list stays as it is.
 *
 * @internal
 */
export class ChainSearch implements ByteSource {
  readonly #first: Chain | null;
  #chain: Chain | null;
  /** How many bytes come before `#chain`. */
  #before = 0;

  constructor(list: ChainList) {
    this.#first = list.first;
    this.#chain = list.first;
  }

  byteAt(position: number): number {
    const chain = this.#seek(position);
    return chain === null ? -1 : (chain.data[chain.start + position - this.#before] ?? -1);
  }

  indexOf(byte: number, from: number, end = Number.MAX_SAFE_INTEGER): number {
    let chain = this.#seek(from);
    let start = chain === null ? 0 : chain.start + from - this.#before;
    while (chain !== null && this.#before < end) {
      const found = indexIn(chain, byte, start, Math.min(chain.length, end - this.#before));
      if (found >= 0) return this.#before + found - chain.start;
      chain = this.#following(chain);
      start = chain === null ? 0 : chain.start;
    }
    return -1;
  }

  /**
   * The position of some bytes.
   *
   * @param what - at least one byte
   * @param from - where the search begins
   * @param end - where the last of them must lie before
   * @returns -1 if they are not there
   */
  find(what: Buffer, from: number, end: number): number {
    const first = what[0] ?? 0;
    for (let at = from; at + what.length <= end; at++) {
      at = this.indexOf(first, at, end - what.length + 1);
      if (at < 0) return -1;
      if (this.#matches(what, at)) return at;
    }
    return -1;
  }

  /** Whether these bytes are at a position. */
  #matches(what: Buffer, position: number): boolean {
    let chain = this.#seek(position);
    let start = chain === null ? 0 : chain.start + position - this.#before;
    let done = 0;
    while (chain !== null && done < what.length) {
      const count = Math.min(chain.end - start, what.length - done);
      if (what.compare(chain.data, start, start + count, done, done + count) !== 0) return false;
      done += count;
      chain = chain.next;
      start = chain === null ? 0 : chain.start;
    }
    return done === what.length;
  }

  /** The chain that a position lies in, or null past the last one. */
  #seek(position: number): Chain | null {
    if (position < this.#before) {
      this.#chain = this.#first;
      this.#before = 0;
    }
    let chain = this.#chain;
    while (chain !== null && position - this.#before >= chain.length) {
      chain = this.#following(chain);
    }
    return chain;
  }

  #following(chain: Chain): Chain | null {
    if (chain.next === null) return null;
    this.#before += chain.length;
    this.#chain = chain.next;
    return chain.next;
  }
}

/**
 * The place of a byte in a chain's memory.
 *
 * @param start - the first place to look at
 * @param length - how many bytes of the chain count
 * @returns -1 if it is not there
 */
function indexIn(chain: Chain, byte: number, start: number, length: number): number {
  const { data } = chain;
  const end = chain.start + length;
  if (end - start > FEW) {
    const found = data.subarray(start, end).indexOf(byte);
    return found < 0 ? -1 : start + found;
  }
  for (let at = start; at < end; at++) {
    if (data[at] === byte) return at;
  }
  return -1;
}
