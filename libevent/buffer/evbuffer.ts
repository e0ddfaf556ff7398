import type { EventBase } from '../event/event_base.ts';
import type { Chain } from '../memory/chain.ts';
import { ChainPool, LARGEST_CHAIN, SMALLEST_CHAIN } from '../memory/chain_pool.ts';
import { IO_VECTOR_PARTS } from '../sys/iovec.ts';
import { readTo, sendFrom, writeFrom } from '../sys/raw_io.ts';
import { MSG_NOSIGNAL } from '../sys/socket.ts';
import { EvbufferCallbacks } from './callbacks.ts';
import type { EvbufferCallback, EvbufferCbEntry, EvbufferLengthCallback } from './callbacks.ts';
import { countOf } from './evbuffer_bytes.ts';
import { EvbufferSearch } from './evbuffer_search.ts';

/** What one read takes if nobody says how much. */
const USUAL_READ = 16384;
/** Room after the last bytes that is too little to be worth a part of a vector. */
const LITTLE_ROOM = 256;

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
export class Evbuffer extends EvbufferSearch {
  readonly #observer: EvbufferObserver | null;
  #callbacks: EvbufferCallbacks | null = null;
  #readSize = SMALLEST_CHAIN;

  /**
   * Makes an empty buffer: `evbuffer_new()`.
   *
   * @param observer - for bufferevents only
   * @param pool - for bufferevents only: shared by the buffers of a base
   */
  constructor(observer: EvbufferObserver | null = null, pool = new ChainPool(LARGEST_CHAIN)) {
    super(pool);
    this.#observer = observer;
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
    this.check();
    const most = howmuch < 0 ? USUAL_READ : countOf(howmuch, LARGEST_CHAIN);
    if (this.endFrozen) return -1;
    const { chains } = this;
    const wanted = Math.min(this.#readSize, most);
    const tail = chains.last;
    const room = tail === null ? 0 : tail.room;
    let count: number;
    let asked: number;
    if (tail !== null && room > 0 && room * 2 >= wanted) {
      asked = Math.min(room, most);
      count = readTo(fd, tail.address + tail.length, asked);
      if (count > 0) chains.commit(tail, count);
    } else if (tail !== null && room >= LITTLE_ROOM) {
      asked = wanted;
      count = this.#readBoth(fd, tail, wanted);
    } else {
      const chain = chains.reserve(wanted);
      asked = Math.min(chain.capacity, most);
      count = readTo(fd, chain.address, asked);
      if (count > 0) chains.commit(chain, count);
      else chains.unreserve();
    }
    if (count <= 0) return count;
    // Memory follows traffic: more for who fills it, little for who sends a line now and then.
    if (count === asked) this.#readSize = Math.min(LARGEST_CHAIN, this.#readSize * 2);
    else if (count < SMALLEST_CHAIN) this.#readSize = SMALLEST_CHAIN;
    this.changed(count, 0);
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
    return this.#write(fd, howmuch, false);
  }

  /** The same as `write()` under the name it has in C: `evbuffer_write_atmost()`. */
  writeAtmost(fd: number, howmuch: number): number {
    return this.#write(fd, howmuch, false);
  }

  /**
   * Does what `write()` does to a socket that may be closed at the other end, by send(2) and
   * sendmsg(2): the failure is `EPIPE` even in a process that SIGPIPE would kill.
   *
   * @param howmuch - the most bytes to send, -1 for all
   * @returns how many were taken, 0 if there are none, -1 and leaves errno, or -1 if the front is
   *   frozen
   * @throws RangeError for something that is no number of bytes
   */
  send(fd: number, howmuch = -1): number {
    return this.#write(fd, howmuch, true);
  }

  /**
   * Adds a callback for changes: `evbuffer_add_cb()`. Callbacks are called newest first, after each
   * change that is not of nothing.
   *
   * @param arg - handed to it
   * @returns what the other functions for callbacks know it by
   */
  addCb<T>(callback: EvbufferCallback<T>, arg: T): EvbufferCbEntry {
    this.check();
    return (this.#callbacks ??= new EvbufferCallbacks(this)).add(callback, arg);
  }

  /** Takes a callback out: `evbuffer_remove_cb_entry()`. Returns 0, or -1 if it is not one of these. */
  removeCbEntry(entry: EvbufferCbEntry): number {
    this.check();
    return this.#callbacks?.remove(entry) === true ? 0 : -1;
  }

  /**
   * Takes the newest callback out that was added with this function and argument:
   * `evbuffer_remove_cb()`. Returns 0, or -1 if there is none.
   */
  removeCb<T>(callback: EvbufferCallback<T>, arg: T): number {
    this.check();
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
    this.check();
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
    this.check();
    return this.#callbacks?.changeFlags(entry, flags, 0) === true ? 0 : -1;
  }

  /**
   * Clears flags of a callback: `evbuffer_cb_clear_flags()`. Without EVBUFFER_CB_ENABLED it is not
   * called; it never hears of what happened meanwhile.
   *
   * @returns 0, or -1 if it is not a callback of this buffer
   */
  cbClearFlags(entry: EvbufferCbEntry, flags: number): number {
    this.check();
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
    this.check();
    (this.#callbacks ??= new EvbufferCallbacks(this)).defer(base);
    return 0;
  }

  override free(): void {
    super.free();
    this.#callbacks?.stop();
  }

  protected override changed(added: number, deleted: number): void {
    if (added + deleted === 0 || this.isFreed()) return;
    this.#observer?.evbufferChanged(this, added, deleted);
    if (this.#callbacks !== null && !this.isFreed()) this.#callbacks.changed(added, deleted);
  }

  #write(fd: number, howmuch: number, isSocket: boolean): number {
    this.check();
    const { chains } = this;
    const most = countOf(howmuch, chains.length);
    if (this.frontFrozen) return -1;
    const first = chains.first;
    if (first === null || most === 0) return 0;
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
    if (count > 0) this.discard(count);
    return count;
  }

  #writeMany(fd: number, most: number, isSocket: boolean): number {
    const { vector } = this.chains.pool;
    vector.clear();
    let left = most;
    for (let chain = this.chains.first; chain !== null && left > 0; chain = chain.next) {
      if (vector.count === IO_VECTOR_PARTS || chain.file?.canSend === true) break;
      const part = Math.min(chain.length, left);
      vector.pushAddress(chain.address, part);
      left -= part;
    }
    const count = isSocket ? vector.sendmsg(fd, MSG_NOSIGNAL) : vector.writev(fd);
    vector.clear();
    return count;
  }

  /** Reads into the room after the last bytes, and what does not fit there into another chain. */
  #readBoth(fd: number, tail: Chain, wanted: number): number {
    const { room } = tail;
    const chain = this.chains.reserve(wanted - room);
    const { vector } = this.chains.pool;
    vector.pushAddress(tail.address + tail.length, room);
    vector.pushAddress(chain.address, wanted - room);
    const count = vector.readv(fd);
    vector.clear();
    if (count > 0) this.chains.commit(tail, Math.min(count, room));
    if (count > room) this.chains.commit(chain, count - room);
    else this.chains.unreserve();
    return count;
  }
}

function writeOne(fd: number, chain: Chain, most: number, isSocket: boolean): number {
  return isSocket
    ? sendFrom(fd, chain.address, most, MSG_NOSIGNAL)
    : writeFrom(fd, chain.address, most);
}
