import { ChainSearch } from './chain_search.ts';
import { eolLength, findEol } from './eol.ts';
import type { EvbufferEolStyle } from './eol.ts';
import { countOf } from './evbuffer_bytes.ts';
import { EvbufferMoving } from './evbuffer_moving.ts';
import { EVBUFFER_PTR_ADD, EvbufferPtr } from './ptr.ts';
import type { EvbufferEol } from './ptr.ts';

/**
 * The part of an evbuffer that finds places in it, and goes on from there.
 *
 * @internal
 */
export abstract class EvbufferSearch extends EvbufferMoving {
  /**
   * Sets a place, or moves it on: `evbuffer_ptr_set()`.
   *
   * @param ptr - the place; its `pos` is -1 if this fails
   * @param position - bytes from the beginning, or from the place
   * @param how - EVBUFFER_PTR_SET or EVBUFFER_PTR_ADD
   * @returns 0, or -1 if there are not so many bytes; the end is a place too
   */
  ptrSet(ptr: EvbufferPtr, position: number, how: 0 | 1): number {
    this.check();
    const isFrom = how === EVBUFFER_PTR_ADD;
    const target = isFrom ? ptr.pos + position : position;
    const isPlace = Number.isInteger(target) && target >= 0 && target <= this.chains.length;
    const isGood = isPlace && position >= 0 && !(isFrom && ptr.pos < 0);
    ptr.pos = isGood ? target : -1;
    return isGood ? 0 : -1;
  }

  /**
   * Looks for bytes: `evbuffer_search()`.
   *
   * @param what - what to look for, a string as UTF-8; nothing is found where the search begins
   * @param start - where the search begins, null for the beginning
   * @returns where they begin, with `pos` -1 if they are not there
   */
  search(what: Uint8Array | string, start: EvbufferPtr | null): EvbufferPtr {
    return this.searchRange(what, start, null);
  }

  /**
   * Looks for bytes in part of the buffer: `evbuffer_search_range()`.
   *
   * @param what - what to look for, a string as UTF-8; nothing is found where the search begins
   * @param start - where the search begins, null for the beginning
   * @param end - where the last byte must lie before, null for the end
   * @returns where they begin, with `pos` -1 if they are not there
   */
  searchRange(
    what: Uint8Array | string,
    start: EvbufferPtr | null,
    end: EvbufferPtr | null,
  ): EvbufferPtr {
    this.check();
    const { length } = this.chains;
    const from = start === null ? 0 : start.pos;
    const to = end === null ? length : Math.min(end.pos, length);
    if (from < 0 || from > length) return new EvbufferPtr();
    const bytes =
      typeof what === 'string'
        ? Buffer.from(what, 'utf8')
        : Buffer.from(what.buffer, what.byteOffset, what.length);
    if (bytes.length === 0) return new EvbufferPtr(from);
    return new EvbufferPtr(new ChainSearch(this.chains).find(bytes, from, to));
  }

  /**
   * Looks for bytes and brings all up to them into one piece: `evbuffer_find()`, which C keeps for
   * old programs.
   *
   * @param what - what to look for, a string as UTF-8
   * @returns them in the buffer's own memory, good until the buffer is next changed; null if they
   *   are not there
   */
  find(what: Uint8Array | string): Buffer | null {
    const { pos } = this.search(what, null);
    if (pos < 0) return null;
    const size = typeof what === 'string' ? Buffer.byteLength(what, 'utf8') : what.length;
    return this.pullup(pos + size)?.subarray(pos) ?? null;
  }

  /**
   * Looks for the end of a line: `evbuffer_search_eol()`.
   *
   * @param start - where the search begins, null for the beginning
   * @param style - what ends a line, one of the EVBUFFER_EOL_ constants
   * @returns where it begins and how long it is
   */
  searchEol(start: EvbufferPtr | null, style: EvbufferEolStyle): EvbufferEol {
    this.check();
    const from = start === null ? 0 : start.pos;
    const search = new ChainSearch(this.chains);
    const pos = from < 0 ? -1 : findEol(search, style, from);
    return { ptr: new EvbufferPtr(pos), length: pos < 0 ? 0 : eolLength(search, style, pos) };
  }

  /**
   * Takes a line from the front: `evbuffer_readln()`.
   *
   * @param style - what ends a line, one of the EVBUFFER_EOL_ constants
   * @returns a copy of the line without its end; null if no line is complete, or the front is frozen
   */
  readln(style: EvbufferEolStyle): Buffer | null {
    this.check();
    if (this.frontFrozen) return null;
    const search = new ChainSearch(this.chains);
    const length = findEol(search, style, 0);
    if (length < 0) return null;
    const end = eolLength(search, style, length);
    const line = Buffer.allocUnsafe(length);
    this.chains.copyTo(line);
    this.discard(length + end);
    return line;
  }

  /**
   * Copies bytes from a place on and leaves them there: `evbuffer_copyout_from()`.
   *
   * @param start - the place, null for the beginning
   * @param into - where they go; as many are copied as it has room for
   * @returns how many, or -1 if the front is frozen or there is no such place
   */
  copyoutFrom(start: EvbufferPtr | null, into: Uint8Array): number {
    this.check();
    const from = start === null ? 0 : start.pos;
    if (this.frontFrozen || from < 0 || from > this.chains.length) return -1;
    return this.chains.copyTo(into, from);
  }

  /**
   * Shows bytes where they lie, without copying or moving any: `evbuffer_peek()`.
   *
   * @param length - how many bytes are wanted, -1 for all. The pieces may hold more: each is whole
   * @param start - where to begin, null for the beginning
   * @param vectors - where the pieces go, in the place of what it holds; the buffer's own memory,
   *   good until the buffer is next changed. Null to count only
   * @param most - how many pieces are wanted at most
   * @returns how many pieces hold that many bytes, or all if there are fewer bytes; it can be more
   *   than `most`
   * @throws RangeError for something that is no number of bytes
   */
  peek(
    length: number,
    start: EvbufferPtr | null,
    vectors: Uint8Array[] | null,
    most = Infinity,
  ): number {
    this.check();
    if (vectors !== null) vectors.length = 0;
    let skip = start === null ? 0 : start.pos;
    if (skip < 0) return 0;
    let left = countOf(length, Math.max(0, this.chains.length - skip));
    let count = 0;
    for (let chain = this.chains.first; chain !== null && left > 0; chain = chain.next) {
      if (skip >= chain.length) {
        skip -= chain.length;
        continue;
      }
      if (vectors !== null && count < most) {
        vectors.push(chain.data.subarray(chain.start + skip, chain.end));
      }
      left -= chain.length - skip;
      skip = 0;
      count++;
    }
    return count;
  }
}
