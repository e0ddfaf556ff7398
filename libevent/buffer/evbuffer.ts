import { SystemError, usedAfterFree } from '../core/errors.ts';
import type { EventBase } from '../event/event_base.ts';
import { Chain } from '../memory/chain.ts';
import { ChainList } from '../memory/chain_list.ts';
import { ChainPool, LARGEST_CHAIN, SMALLEST_CHAIN } from '../memory/chain_pool.ts';
import type { MemoryHold } from '../memory/memory_hold.ts';
import { SharedMemory } from '../memory/shared_memory.ts';
import { setErrno } from '../sys/errno.ts';
import { IO_VECTOR_PARTS } from '../sys/iovec.ts';
import { readTo, recvTo, sendFrom, writeFrom } from '../sys/raw_io.ts';
import { MSG_NOSIGNAL } from '../sys/socket.ts';
import { EvbufferCallbacks } from './callbacks.ts';
import type { EvbufferCbEntry, EvbufferCbInfo } from './callbacks.ts';
import { ChainSearch } from './chain_search.ts';
import { eolLength, findEol } from './eol.ts';
import type { EvbufferEolStyle } from './eol.ts';
import { EVBUF_FS_CLOSE_ON_FREE, EvbufferFileSegment } from './file_segment.ts';
import { Printf } from './printf.ts';
import type { EvbufferPrintfArgument } from './printf.ts';
import { EVBUFFER_PTR_ADD, EvbufferPtr } from './ptr.ts';
import type { EvbufferEol } from './ptr.ts';
import { ReferencedMemory } from './referenced_memory.ts';
import type { EvbufferCleanupCallback } from './referenced_memory.ts';

/** What one read takes if nobody says how much. */
const USUAL_READ = 16384;
/** Room after the last bytes that is too little to be worth a call, or a part of a vector. */
const LITTLE_ROOM = 256;

/**
 * What to call when a buffer has changed.
 *
 * @param buffer - which; the callback may change it, which calls the callbacks again, or free it
 * @param info - how
 * @param arg - what was given to `addCb()`
 */
export type EvbufferCallback<T> = (buffer: Evbuffer, info: EvbufferCbInfo, arg: T) => void;

/**
 * What to call when a buffer's length has changed, in the form of libevent 1.
 *
 * @param buffer - which
 * @param oldLength - how many bytes it held before
 * @param newLength - how many it holds now
 * @param arg - what was given to `setCb()`
 */
export type EvbufferLengthCallback<T> = (
  buffer: Evbuffer,
  oldLength: number,
  newLength: number,
  arg: T,
) => void;

/**
 * Who wants to know when a buffer's length changes.
 *
 * @internal
 */
export interface EvbufferObserver {
  /** Called after a change, never for one of nothing. */
  evbufferChanged(buffer: Evbuffer, added: number, deleted: number): void;
}

/**
 * A queue of bytes, made of pieces of memory that can be handed on without copying: libevent's
 * `struct evbuffer`.
 */
export class Evbuffer implements Disposable {
  readonly #chains: ChainList;
  readonly #observer: EvbufferObserver | null;
  #callbacks: EvbufferCallbacks<Evbuffer> | null = null;
  #readSize = SMALLEST_CHAIN;
  #frontFrozen = false;
  #endFrozen = false;
  #freed = false;

  /**
   * Makes an empty buffer: `evbuffer_new()`.
   *
   * @param observer - for bufferevents only
   * @param pool - for bufferevents only: shared by the buffers of a base
   */
  constructor(observer: EvbufferObserver | null = null, pool = new ChainPool(LARGEST_CHAIN)) {
    this.#chains = new ChainList(pool);
    this.#observer = observer;
  }

  /** How many bytes it holds: `evbuffer_get_length()`. */
  getLength(): number {
    this.#check();
    return this.#chains.length;
  }

  /**
   * How many bytes are at the front in one piece: `evbuffer_get_contiguous_space()`. `pullup()`
   * shows that many without copying.
   */
  getContiguousSpace(): number {
    this.#check();
    return this.#chains.first?.length ?? 0;
  }

  /**
   * Copies bytes to the end: `evbuffer_add()`.
   *
   * @param data - bytes, or a string that goes in as UTF-8
   * @returns 0, or -1 if the end is frozen
   */
  add(data: Uint8Array | string): number {
    this.#check();
    if (this.#endFrozen) return -1;
    this.#append(data);
    return 0;
  }

  /**
   * Adds formatted text: `evbuffer_add_printf()`. The C library's own snprintf(3) formats it.
   *
   * `%d`, `%i`, `%o`, `%u`, `%x` and `%X` take whole numbers of up to 64 bits. One that is too
   * large for an int is taken as a `long long`, so you need not give a size; a size that you give
   * counts as in C. `%a`, `%e`, `%f` and `%g` take any number, `%s` a string that goes in as UTF-8,
   * of which width and precision count bytes. `%c` takes a byte's number, or one character.
   *
   * @returns how many bytes were added; or -1 if the end is frozen, there is not that much memory,
   *   or they would be more than an int can count
   * @throws RangeError for another conversion (`%n`, `%p`, `%m`, `%ls`, `%1$d`), a number that does
   *   not fit, widths and precisions that ask for more than 64 MiB together, or if arguments are
   *   missing
   * @throws TypeError if an argument does not fit its place in the format, or has a NUL in it
   */
  addPrintf(format: string, ...args: EvbufferPrintfArgument[]): number {
    this.#check();
    if (this.#endFrozen) return -1;
    const printf = new Printf(format, args);
    const chains = this.#chains;
    const tail = chains.last;
    let chain = tail !== null && tail.room >= LITTLE_ROOM ? tail : chains.reserve(LITTLE_ROOM);
    for (;;) {
      const { room } = chain;
      const length = printf.print(chain.address + chain.length, room);
      if (length < 0) return -1;
      if (length < room) {
        if (chain === tail) chains.commit(tail, length);
        // The room after the last bytes is filled first, though it was too little for all.
        else chains.append(chain.data.subarray(0, length));
        this.#changed(length, 0);
        return length;
      }
      // A NUL comes after them.
      if (!this.#reserve(length + 1)) return -1;
      chain = chains.reserve(length + 1);
    }
  }

  /**
   * Copies several pieces to the end, one after the other: `evbuffer_add_iovec()`.
   *
   * @returns how many bytes were added; 0 if the end is frozen
   */
  addIovec(vectors: readonly Uint8Array[]): number {
    this.#check();
    let added = 0;
    for (const vector of vectors) {
      // The callbacks of the one before may have frozen or freed the buffer.
      if (this.#endFrozen || this.#freed) break;
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
    this.#check();
    if (data.length === 0) return 0;
    if (this.#frontFrozen) return -1;
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    this.#chains.prepend(bytes);
    this.#changed(bytes.length, 0);
    return 0;
  }

  /**
   * Takes bytes from the front: `evbuffer_remove()`.
   *
   * @param into - where they go; as many are taken as it has room for
   * @returns how many, or -1 if the front is frozen, unless there is nothing to take
   */
  remove(into: Uint8Array): number {
    this.#check();
    if (into.length === 0 || this.#chains.length === 0) return 0;
    if (this.#frontFrozen) return -1;
    const count = this.#chains.copyTo(into);
    this.#discard(count);
    return count;
  }

  /**
   * Throws away bytes at the front: `evbuffer_drain()`.
   *
   * @param count - how many; all there are if it is more than that, or -1
   * @returns 0, or -1 if the front is frozen, unless there are none
   * @throws RangeError for something that is no number of bytes
   */
  drain(count: number): number {
    this.#check();
    const drained = countOf(count, this.#chains.length);
    if (this.#chains.length === 0) return 0;
    if (this.#frontFrozen) return -1;
    this.#discard(drained);
    return 0;
  }

  /**
   * Copies bytes at the front and leaves them there: `evbuffer_copyout()`.
   *
   * @param into - where they go; as many are copied as it has room for
   * @returns how many, or -1 if the front is frozen, unless there is nothing to copy
   */
  copyout(into: Uint8Array): number {
    return this.copyoutFrom(null, into);
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
    this.#check();
    const count = countOf(size, this.#chains.length);
    return count === 0 || count < size ? null : this.#chains.pullup(count);
  }

  /**
   * Makes room at the end, in one piece, so that bytes up to that number are added without another
   * allocation: `evbuffer_expand()`.
   *
   * @param size - how many bytes
   * @returns 0, or -1 if there is not that much memory
   */
  expand(size: number): number {
    this.#check();
    if (Number.isNaN(size) || size < 0) return -1;
    if ((this.#chains.last?.room ?? 0) >= size) return 0;
    return this.#reserve(size) ? 0 : -1;
  }

  /**
   * Shows room at the end, to be filled and then added by `commitSpace()`, so that nothing is
   * copied: `evbuffer_reserve_space()`. Only the last reservation counts, and only until bytes are
   * added in another way.
   *
   * @param size - how many bytes of room there are to be at least
   * @param vectors - where the pieces of room go, in the place of what it holds
   * @param most - how many pieces are wanted at most; with 2, room that is left after the last
   *   bytes is used too
   * @returns how many pieces there are, or -1 if the end is frozen, no piece is wanted, or there is
   *   no such amount of memory
   */
  reserveSpace(size: number, vectors: Uint8Array[], most = 2): number {
    this.#check();
    vectors.length = 0;
    if (this.#endFrozen || most < 1 || Number.isNaN(size) || size < 0) return -1;
    const tail = this.#chains.last;
    const room = tail?.room ?? 0;
    const isEnough = room > 0 && room >= size;
    const usesTail = room > 0 && (isEnough || most > 1);
    if (!isEnough && !this.#reserve(Math.max(size - (usesTail ? room : 0), 1))) return -1;
    if (tail !== null && usesTail) vectors.push(tail.data.subarray(tail.end));
    const { reserved } = this.#chains;
    if (!isEnough && reserved !== null) vectors.push(reserved.data.subarray(0));
    return vectors.length;
  }

  /**
   * Adds bytes that were put in reserved room: `evbuffer_commit_space()`.
   *
   * @param vectors - the pieces that `reserveSpace()` gave, each as it was or cut short at its end
   *   (`subarray(0, filled)`); pieces at the end may be left out
   * @returns 0, or -1 if the end is frozen or a piece is not of the last reservation
   */
  commitSpace(vectors: readonly Uint8Array[]): number {
    this.#check();
    if (this.#endFrozen) return -1;
    const tail = this.#chains.last;
    const { reserved } = this.#chains;
    let index = 0;
    const first = vectors[0];
    if (first !== undefined && tail !== null && isRoom(first, tail.data, tail.end)) index = 1;
    const next = vectors[index];
    if (next !== undefined && !(reserved !== null && isRoom(next, reserved.data, 0))) return -1;
    if (vectors.length > index + (next === undefined ? 0 : 1)) return -1;
    const added = (index === 1 ? (first?.length ?? 0) : 0) + (next?.length ?? 0);
    if (index === 1 && tail !== null) this.#chains.commit(tail, first?.length ?? 0);
    if (next !== undefined && reserved !== null) this.#chains.commit(reserved, next.length);
    this.#changed(added, 0);
    return 0;
  }

  /**
   * Moves all bytes of another buffer to the end, without copying: `evbuffer_add_buffer()`. A few
   * bytes that fit behind many are copied, which is cheaper than keeping their memory.
   *
   * @param source - empty afterwards; if it is this buffer, nothing happens
   * @returns 0, or -1 if this buffer's end or the other's front is frozen, unless there is nothing
   *   to move
   */
  addBuffer(source: Evbuffer): number {
    this.#check();
    source.#check();
    const moved = source.#chains.length;
    if (moved === 0 || source === this) return 0;
    if (this.#endFrozen || source.#frontFrozen) return -1;
    this.#chains.moveAll(source.#chains);
    this.#tellMoved(source, moved);
    return 0;
  }

  /**
   * Moves all bytes of another buffer to the front, without copying: `evbuffer_prepend_buffer()`.
   *
   * @param source - empty afterwards; if it is this buffer, nothing happens
   * @returns 0, or -1 if one of the two is frozen at its front, unless there is nothing to move
   */
  prependBuffer(source: Evbuffer): number {
    this.#check();
    source.#check();
    const moved = source.#chains.length;
    if (moved === 0 || source === this) return 0;
    if (this.#frontFrozen || source.#frontFrozen) return -1;
    this.#chains.moveAllToFront(source.#chains);
    this.#tellMoved(source, moved);
    return 0;
  }

  /**
   * Moves bytes from the front to the end of another buffer: `evbuffer_remove_buffer()`. Whole
   * chains are moved, only what is needed of the last one is copied.
   *
   * @param destination - if it is this buffer, nothing happens
   * @param count - the most bytes to move, -1 for all
   * @returns how many were moved, or -1 if this buffer's front or the other's end is frozen
   * @throws RangeError for something that is no number of bytes
   */
  removeBuffer(destination: Evbuffer, count: number): number {
    this.#check();
    destination.#check();
    const moved = countOf(count, this.#chains.length);
    if (count === 0 || destination === this) return 0;
    if (destination.#endFrozen || this.#frontFrozen) return -1;
    if (moved === this.#chains.length) {
      destination.addBuffer(this);
      return moved;
    }
    destination.#chains.moveSome(this.#chains, moved);
    destination.#callbacks?.note(moved, 0);
    this.#callbacks?.note(0, moved);
    try {
      destination.#tell(moved, 0);
    } finally {
      this.#tell(0, moved);
    }
    return moved;
  }

  /**
   * Shows all bytes of another buffer at the end of this one too, without copying:
   * `evbuffer_add_buffer_reference()`. The other keeps them; draining one leaves them in the other.
   *
   * @returns 0, or -1 if this buffer's end is frozen, if it is the other, or if the other holds
   *   bytes that came to it in this way or from a file; 0 if the other is empty
   */
  addBufferReference(source: Evbuffer): number {
    this.#check();
    source.#check();
    const added = source.#chains.length;
    if (added === 0) return 0;
    if (this.#endFrozen || source === this) return -1;
    for (let chain = source.#chains.first; chain !== null; chain = chain.next) {
      if (!chain.isShareable) return -1;
    }
    for (let chain = source.#chains.first; chain !== null; chain = chain.next) {
      this.#chains.appendChain(chain.share());
    }
    this.#changed(added, 0);
    return 0;
  }

  /**
   * Adds bytes that stay where they are: `evbuffer_add_reference()`. They must not change as long
   * as a buffer needs them.
   *
   * @param data - the bytes
   * @param cleanup - called once when no buffer needs them any more, or null
   * @param extra - handed to it
   * @returns 0, or -1 if the end is frozen; then `cleanup` is not called
   */
  addReference<T>(data: Uint8Array, cleanup: EvbufferCleanupCallback<T> | null, extra: T): number {
    return this.addReferenceWithOffset(data, 0, data.length, cleanup, extra);
  }

  /**
   * Adds part of some memory that stays where it is: `evbuffer_add_reference_with_offset()`.
   *
   * @param data - what the cleanup callback is given, as a whole
   * @param offset - where the bytes to add begin
   * @param length - how many they are
   * @param cleanup - called once when no buffer needs them any more, or null
   * @param extra - handed to it
   * @returns 0, or -1 if the end is frozen; then `cleanup` is not called
   * @throws RangeError if the part does not lie within the memory
   */
  addReferenceWithOffset<T>(
    data: Uint8Array,
    offset: number,
    length: number,
    cleanup: EvbufferCleanupCallback<T> | null,
    extra: T,
  ): number {
    this.#check();
    const end = offset + length;
    if (
      !Number.isInteger(offset) ||
      !Number.isInteger(end) ||
      offset < 0 ||
      length < 0 ||
      end > data.length
    ) {
      throw new RangeError(
        `${String(length)} bytes from ${String(offset)} do not lie within ${String(data.length)} bytes`,
      );
    }
    if (this.#endFrozen) return -1;
    if (length === 0) {
      cleanup?.(data, data.length, extra);
      return 0;
    }
    const owner =
      cleanup === null ? new SharedMemory() : new ReferencedMemory(data, cleanup, extra);
    this.#chains.appendChain(Chain.of(data.subarray(offset, end), owner));
    this.#changed(length, 0);
    return 0;
  }

  /**
   * Adds part of a file: `evbuffer_add_file()`. The bytes are not read: `write()` has the kernel
   * send them, by sendfile(2). They are mapped or read only if somebody looks at them, or where
   * that is impossible.
   *
   * @param fd - the file, open for reading. The buffer closes it when it no longer needs its bytes
   * @param offset - where in the file they begin
   * @param length - how many they are, -1 for all up to the end of the file
   * @returns 0; or -1, and leaves errno, if there is no such file or part; or -1 if the end is
   *   frozen. After -1 the descriptor is still the caller's
   */
  addFile(fd: number, offset: number, length: number): number {
    this.#check();
    if (this.#endFrozen) return -1;
    let segment: EvbufferFileSegment;
    try {
      segment = new EvbufferFileSegment(fd, offset, length, EVBUF_FS_CLOSE_ON_FREE);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      setErrno(-error.errno);
      return -1;
    }
    try {
      return this.addFileSegment(segment, 0, -1);
    } finally {
      segment.free();
    }
  }

  /**
   * Adds part of a file segment, which may be in several buffers at once:
   * `evbuffer_add_file_segment()`.
   *
   * @param offset - where in the segment the part begins
   * @param length - how many bytes it has, -1 for all up to the end of the segment
   * @returns 0, or -1 if the end is frozen or the segment has no such part
   * @throws Error if the segment was freed
   */
  addFileSegment(segment: EvbufferFileSegment, offset: number, length: number): number {
    this.#check();
    const size = segment.getLength();
    const end = length < 0 ? size : offset + length;
    if (!Number.isInteger(offset) || !Number.isInteger(end) || offset < 0) return -1;
    if (this.#endFrozen || offset > size || end > size) return -1;
    if (end === offset) return 0;
    this.#chains.appendChain(Chain.ofFile(segment.memory(), offset, end));
    this.#changed(end - offset, 0);
    return 0;
  }

  /**
   * Sets a place, or moves it on: `evbuffer_ptr_set()`.
   *
   * @param ptr - the place; its `pos` is -1 if this fails
   * @param position - bytes from the beginning, or from the place
   * @param how - EVBUFFER_PTR_SET or EVBUFFER_PTR_ADD
   * @returns 0, or -1 if there are not so many bytes; the end is a place too
   */
  ptrSet(ptr: EvbufferPtr, position: number, how: 0 | 1): number {
    this.#check();
    const isFrom = how === EVBUFFER_PTR_ADD;
    const target = isFrom ? ptr.pos + position : position;
    const isPlace = Number.isInteger(target) && target >= 0 && target <= this.#chains.length;
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
    this.#check();
    const { length } = this.#chains;
    const from = start === null ? 0 : start.pos;
    const to = end === null ? length : Math.min(end.pos, length);
    if (from < 0 || from > length) return new EvbufferPtr();
    const bytes =
      typeof what === 'string'
        ? Buffer.from(what, 'utf8')
        : Buffer.from(what.buffer, what.byteOffset, what.length);
    if (bytes.length === 0) return new EvbufferPtr(from);
    return new EvbufferPtr(new ChainSearch(this.#chains).find(bytes, from, to));
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
    this.#check();
    const from = start === null ? 0 : start.pos;
    const search = new ChainSearch(this.#chains);
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
    this.#check();
    if (this.#frontFrozen) return null;
    const search = new ChainSearch(this.#chains);
    const length = findEol(search, style, 0);
    if (length < 0) return null;
    const end = eolLength(search, style, length);
    const line = Buffer.allocUnsafe(length);
    this.#chains.copyTo(line);
    this.#discard(length + end);
    return line;
  }

  /**
   * Copies bytes from a place on and leaves them there: `evbuffer_copyout_from()`.
   *
   * @param start - the place, null for the beginning
   * @param into - where they go; as many are copied as it has room for
   * @returns how many; -1 if there is no such place; or -1 if the front is frozen, unless there is
   *   nothing to copy
   */
  copyoutFrom(start: EvbufferPtr | null, into: Uint8Array): number {
    this.#check();
    const from = start === null ? 0 : start.pos;
    if (from < 0 || from > this.#chains.length) return -1;
    if (into.length === 0 || from === this.#chains.length) return 0;
    return this.#frontFrozen ? -1 : this.#chains.copyTo(into, from);
  }

  /**
   * Shows bytes where they lie, without copying or moving any: `evbuffer_peek()`.
   *
   * @param length - how many bytes are wanted, -1 for all. The pieces may hold more: each is whole
   * @param start - where to begin, null for the beginning
   * @param vectors - where the pieces go, in the place of what it holds; the buffer's own memory,
   *   good until the buffer is next changed. Null to count only
   * @param most - how many pieces are wanted at most
   * @returns how many pieces hold that many bytes, or all if there are fewer bytes. It can be more
   *   than `most`, but not if all bytes were wanted: then it's how many were shown
   * @throws RangeError for something that is no number of bytes
   */
  peek(
    length: number,
    start: EvbufferPtr | null,
    vectors: Uint8Array[] | null,
    most = Infinity,
  ): number {
    this.#check();
    if (vectors !== null) vectors.length = 0;
    let skip = start === null ? 0 : start.pos;
    if (skip < 0) return 0;
    let left = countOf(length, Math.max(0, this.#chains.length - skip));
    const mostCounted = length < 0 && vectors !== null && most > 0 ? most : Infinity;
    let count = 0;
    for (
      let chain = this.#chains.first;
      chain !== null && left > 0 && count < mostCounted;
      chain = chain.next
    ) {
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

  /**
   * Reads from a descriptor to the end, once: `evbuffer_read()`, read(2), readv(2).
   *
   * @param howmuch - the most bytes to read, -1 for what one read takes (up to 16,384); more than
   *   65,536 are never read at once
   * @returns how many came, 0 at the end of the file, -1 and leaves errno, or -1 if the end is frozen
   * @throws RangeError for something that is no number of bytes
   */
  read(fd: number, howmuch = -1): number {
    this.#check();
    const most = howmuch < 0 ? USUAL_READ : countOf(howmuch, LARGEST_CHAIN);
    return this.#endFrozen ? -1 : this.receive(fd, most, false);
  }

  /**
   * Reads from a descriptor to the end, once, also if the end is frozen.
   *
   * @param howmuch - the most bytes to read, at least 1
   * @param isSocket - whether recv(2) is for the descriptor
   * @returns how many came, 0 at the end of the file, or -1 and leaves errno
   * @internal
   */
  receive(fd: number, howmuch: number, isSocket: boolean): number {
    const most = Math.min(howmuch, LARGEST_CHAIN);
    const chains = this.#chains;
    const wanted = Math.min(this.#readSize, most);
    const tail = chains.last;
    const room = tail === null ? 0 : tail.room;
    let count: number;
    let asked: number;
    if (tail !== null && room > 0 && room * 2 >= wanted) {
      asked = Math.min(room, most);
      count = readInto(fd, tail.address + tail.length, asked, isSocket);
      if (count > 0) chains.commit(tail, count);
    } else if (tail !== null && room >= LITTLE_ROOM) {
      asked = wanted;
      count = this.#readBoth(fd, tail, wanted);
    } else {
      const chain = chains.reserve(wanted);
      asked = Math.min(chain.capacity, most);
      count = readInto(fd, chain.address, asked, isSocket);
      if (count > 0) chains.commit(chain, count);
      else chains.unreserve();
    }
    if (count <= 0) return count;
    // Memory follows traffic: more for who fills it, little for who sends a line now and then.
    if (count === asked) this.#readSize = Math.min(LARGEST_CHAIN, this.#readSize * 2);
    else if (count < SMALLEST_CHAIN) this.#readSize = SMALLEST_CHAIN;
    this.#changed(count, 0);
    return count;
  }

  /**
   * Writes bytes at the front to a descriptor and drains what it took: `evbuffer_write_atmost()`,
   * write(2), writev(2), sendfile(2). One call writes up to 128 pieces, or from one file.
   *
   * @param howmuch - the most bytes to write, -1 for all
   * @returns how many were taken, 0 if there are none, -1 and leaves errno, or -1 if the front is
   *   frozen
   * @throws RangeError for something that is no number of bytes
   */
  write(fd: number, howmuch = -1): number {
    return this.#writeFront(fd, howmuch, false);
  }

  /** The same as `write()` under the name it has in C: `evbuffer_write_atmost()`. */
  writeAtmost(fd: number, howmuch: number): number {
    return this.#writeFront(fd, howmuch, false);
  }

  /**
   * Writes as `write()` does, to a socket whose other end may be closed, by send(2) and sendmsg(2):
   * the failure is `EPIPE` even in a process that SIGPIPE would kill. Not for a file, which goes by
   * sendfile(2): that has no flag against the signal.
   *
   * @param howmuch - the most bytes to send, -1 for all
   * @returns how many were taken, 0 if there are none, -1 and leaves errno, or -1 if the front is
   *   frozen
   * @throws RangeError for something that is no number of bytes
   */
  send(fd: number, howmuch = -1): number {
    return this.#writeFront(fd, howmuch, true);
  }

  /**
   * Sends or writes bytes at the front and drains what was taken, also if the front is frozen.
   *
   * @param howmuch - the most bytes, at least 1
   * @param isSocket - whether send(2) is for the descriptor
   * @returns how many were taken, 0 if there are none, or -1 and leaves errno
   * @internal
   */
  transmit(fd: number, howmuch: number, isSocket: boolean): number {
    const chains = this.#chains;
    const { first } = chains;
    if (first === null) return 0;
    const most = Math.min(howmuch, chains.length);
    let count = -2;
    const { file } = first;
    if (file?.canSend === true) {
      count = file.send(fd, first.start, Math.min(first.length, most));
    }
    if (count === -2) {
      count =
        most <= first.length || first.next === null
          ? writeOne(fd, first, most, isSocket)
          : this.#writeMany(fd, most, isSocket);
    }
    if (count > 0) this.#discard(count);
    return count;
  }

  /**
   * Moves bytes to the end that the kernel has received, also if the end is frozen.
   *
   * @param from - where they are
   * @param most - how many at most
   * @returns how many
   * @internal
   */
  takeReceived(from: ChainList, most: number): number {
    const count = Math.min(most, from.length);
    if (count === from.length) this.#chains.moveAll(from);
    else this.#chains.moveSome(from, count);
    this.#changed(count, 0);
    return count;
  }

  /**
   * Keeps bytes at the front as they are for an operation that sends them: up to 128 pieces, and none
   * from the first on that is still in a file.
   *
   * @param hold - what keeps them; empty
   * @param most - how many at most
   * @internal
   */
  holdFront(hold: MemoryHold, most: number): void {
    let left = most;
    for (let chain = this.#chains.first; chain !== null && left > 0; chain = chain.next) {
      if (hold.pieces === IO_VECTOR_PARTS || chain.file?.canSend === true) return;
      const count = Math.min(chain.length, left);
      hold.add(chain, count);
      left -= count;
    }
  }

  /** @internal Whether the program wants to hear of changes. */
  get hasCallbacks(): boolean {
    return this.#callbacks !== null;
  }

  /**
   * Throws bytes at the front away that an operation has sent, also if the front is frozen.
   *
   * @internal
   */
  drainSent(count: number): void {
    this.#discard(count);
  }

  /**
   * Adds a callback for changes: `evbuffer_add_cb()`. Callbacks are called newest first, after each
   * change that is not of nothing.
   *
   * @param arg - handed to it
   * @returns what the other functions for callbacks know it by
   */
  addCb<T>(callback: EvbufferCallback<T>, arg: T): EvbufferCbEntry {
    this.#check();
    return (this.#callbacks ??= new EvbufferCallbacks<Evbuffer>(this)).add(callback, arg);
  }

  /** Takes a callback out: `evbuffer_remove_cb_entry()`. Returns 0, or -1 if it is not one of these. */
  removeCbEntry(entry: EvbufferCbEntry): number {
    this.#check();
    return this.#callbacks?.remove(entry) === true ? 0 : -1;
  }

  /**
   * Takes the newest callback out that was added with this function and argument:
   * `evbuffer_remove_cb()`. Returns 0, or -1 if there is none.
   */
  removeCb<T>(callback: EvbufferCallback<T>, arg: T): number {
    this.#check();
    const entry = this.#callbacks?.find(callback, arg);
    return entry === undefined ? -1 : this.removeCbEntry(entry);
  }

  /**
   * Takes all callbacks out, and adds one in the form of libevent 1: `evbuffer_setcb()`.
   *
   * @param callback - null for none
   * @param arg - handed to it
   */
  setCb<T>(callback: EvbufferLengthCallback<T> | null, arg: T): void {
    this.#check();
    this.#callbacks?.clear();
    if (callback === null) return;
    this.addCb((buffer, info) => {
      callback(buffer, info.origSize, info.origSize + info.nAdded - info.nDeleted, arg);
    }, null);
  }

  /**
   * Sets flags of a callback: `evbuffer_cb_set_flags()`. Only EVBUFFER_CB_ENABLED can be set.
   *
   * @returns 0, or -1 if it is not a callback of this buffer
   */
  cbSetFlags(entry: EvbufferCbEntry, flags: number): number {
    this.#check();
    return this.#callbacks?.changeFlags(entry, flags, 0) === true ? 0 : -1;
  }

  /**
   * Clears flags of a callback: `evbuffer_cb_clear_flags()`. Without EVBUFFER_CB_ENABLED it is not
   * called; it never hears of what happened meanwhile.
   *
   * @returns 0, or -1 if it is not a callback of this buffer
   */
  cbClearFlags(entry: EvbufferCbEntry, flags: number): number {
    this.#check();
    return this.#callbacks?.changeFlags(entry, 0, flags) === true ? 0 : -1;
  }

  /**
   * Has the callbacks called from a loop, once for all changes until then, and never from within
   * the call that changes the buffer: `evbuffer_defer_callbacks()`.
   *
   * @param base - whose loop
   * @returns 0
   */
  deferCallbacks(base: EventBase): number {
    this.#check();
    (this.#callbacks ??= new EvbufferCallbacks<Evbuffer>(this)).defer(base);
    return 0;
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
   * Throws away the bytes and makes the buffer unusable: `evbuffer_free()`. Callbacks for changes
   * are not called any more; those that clean up after references and files are.
   *
   * @throws Error if the buffer was freed before
   */
  free(): void {
    this.#check();
    this.#freed = true;
    this.#chains.clear();
    this.#callbacks?.stop();
    this.#callbacks = null;
  }

  /** Frees the buffer at the end of a `using` block, unless it was freed before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  #append(data: Uint8Array | string): number {
    let added = data.length;
    if (typeof data === 'string') added = this.#chains.appendString(data);
    else this.#chains.append(data);
    this.#changed(added, 0);
    return added;
  }

  /** Drains, and tells. */
  #discard(count: number): void {
    // Noted before: what owns the bytes is told that they are gone, and may change this buffer.
    this.#callbacks?.note(0, count);
    try {
      this.#chains.drain(count);
    } finally {
      this.#tell(0, count);
    }
  }

  #reserve(size: number): boolean {
    try {
      this.#chains.reserve(Math.ceil(size));
      return true;
    } catch (error) {
      // What Node says to a size that it cannot allocate.
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  /**
   * The source is told first, as in C; what its callbacks throw does not cost this buffer its own.
   * Both changes are noted before: what these callbacks do to this buffer comes on top of them.
   */
  #tellMoved(source: Evbuffer, moved: number): void {
    source.#callbacks?.note(0, moved);
    this.#callbacks?.note(moved, 0);
    try {
      source.#tell(0, moved);
    } finally {
      this.#tell(moved, 0);
    }
  }

  /** Reads into the room after the last bytes, and what does not fit there into another chain. */
  #readBoth(fd: number, tail: Chain, wanted: number): number {
    const { room } = tail;
    const chain = this.#chains.reserve(wanted - room);
    const { vector } = this.#chains.pool;
    vector.pushAddress(tail.address + tail.length, room);
    vector.pushAddress(chain.address, wanted - room);
    const count = vector.readv(fd);
    vector.clear();
    if (count > 0) this.#chains.commit(tail, Math.min(count, room));
    if (count > room) this.#chains.commit(chain, count - room);
    else this.#chains.unreserve();
    return count;
  }

  #writeFront(fd: number, howmuch: number, isSocket: boolean): number {
    this.#check();
    const most = countOf(howmuch, this.#chains.length);
    if (this.#frontFrozen) return -1;
    return most === 0 ? 0 : this.transmit(fd, most, isSocket);
  }

  #writeMany(fd: number, most: number, isSocket: boolean): number {
    const { vector } = this.#chains.pool;
    vector.clear();
    let left = most;
    for (let chain = this.#chains.first; chain !== null && left > 0; chain = chain.next) {
      if (vector.count === IO_VECTOR_PARTS || chain.file?.canSend === true) break;
      const part = Math.min(chain.length, left);
      vector.pushAddress(chain.address, part);
      left -= part;
    }
    const count = isSocket ? vector.sendmsg(fd, MSG_NOSIGNAL) : vector.writev(fd);
    vector.clear();
    return count;
  }

  /** Tells whoever wants to know of a change, unless it is one of nothing. */
  #changed(added: number, deleted: number): void {
    this.#callbacks?.note(added, deleted);
    this.#tell(added, deleted);
  }

  /** The same, of a change that was noted. */
  #tell(added: number, deleted: number): void {
    if (added + deleted === 0 || this.#freed) return;
    this.#observer?.evbufferChanged(this, added, deleted);
    // None, if the observer has freed the buffer.
    this.#callbacks?.tell();
  }

  #setFrozen(atFront: boolean, frozen: boolean): number {
    this.#check();
    if (atFront) this.#frontFrozen = frozen;
    else this.#endFrozen = frozen;
    return 0;
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('Evbuffer');
  }
}

/**
 * How many bytes are meant.
 *
 * @param count - what the caller said; less than 0 for all
 * @param length - how many there are
 * @throws RangeError for something that is no number of bytes
 */
function countOf(count: number, length: number): number {
  if (count < 0 || count === Infinity) return length;
  if (!Number.isInteger(count)) throw new RangeError(`${String(count)} is no number of bytes`);
  return Math.min(count, length);
}

function isRoom(piece: Uint8Array, data: Buffer, offset: number): boolean {
  const begins = piece.buffer === data.buffer && piece.byteOffset === data.byteOffset + offset;
  return begins && piece.length <= data.length - offset;
}

function readInto(fd: number, address: number, most: number, isSocket: boolean): number {
  return isSocket ? recvTo(fd, address, most, 0) : readTo(fd, address, most);
}

function writeOne(fd: number, chain: Chain, most: number, isSocket: boolean): number {
  return isSocket
    ? sendFrom(fd, chain.address, most, MSG_NOSIGNAL)
    : writeFrom(fd, chain.address, most);
}
