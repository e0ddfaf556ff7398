import { ChainList } from './chain_list.ts';
import { usedAfterFree } from './errors.ts';
import { LARGEST_READ, SMALLEST_CHAIN } from './evbuffer_chain.ts';
import { eolLength, findEol } from './evbuffer_eol.ts';
import type { EvbufferEolStyle } from './evbuffer_eol.ts';
import { read, write } from './sys/descriptor.ts';
import { IoVector } from './sys/iovec.ts';
import { MSG_NOSIGNAL, send } from './sys/socket.ts';

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
  readonly #chains = new ChainList();
  readonly #observer: EvbufferObserver | null;
  #vector: IoVector | null = null;
  #readSize = SMALLEST_CHAIN;
  #frontFrozen = false;
  #endFrozen = false;
  #freed = false;

  /**
   * Makes an empty buffer: `evbuffer_new()`.
   *
   * @param observer - for bufferevents only
   */
  constructor(observer: EvbufferObserver | null = null) {
    this.#observer = observer;
  }

  /** How many bytes it holds: `evbuffer_get_length()`. */
  getLength(): number {
    this.#check();
    return this.#chains.length;
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
    const added = typeof data === 'string' ? this.#chains.appendString(data) : data.length;
    if (typeof data !== 'string') this.#chains.append(data);
    this.#changed(added, 0);
    return 0;
  }

  /**
   * Moves all bytes of another buffer to the end, without copying: `evbuffer_add_buffer()`.
   *
   * @param source - empty afterwards; if it is this buffer, nothing happens
   * @returns 0, or -1 if this buffer's end or the other's front is frozen
   */
  addBuffer(source: Evbuffer): number {
    this.#check();
    source.#check();
    if (this.#endFrozen || source.#frontFrozen) return -1;
    if (source === this) return 0;
    const moved = source.#chains.length;
    this.#chains.moveAll(source.#chains);
    source.#changed(0, moved);
    this.#changed(moved, 0);
    return 0;
  }

  /**
   * Copies bytes to the front: `evbuffer_prepend()`.
   *
   * @param data - bytes, or a string that goes in as UTF-8
   * @returns 0, or -1 if the front is frozen
   */
  prepend(data: Uint8Array | string): number {
    this.#check();
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
   * @returns how many, or -1 if the front is frozen
   */
  remove(into: Uint8Array): number {
    this.#check();
    if (this.#frontFrozen) return -1;
    const count = this.#chains.copyTo(into);
    this.#drain(count);
    return count;
  }

  /**
   * Throws bytes at the front away: `evbuffer_drain()`.
   *
   * @param count - how many; all there are if it is more than that
   * @returns 0, or -1 if the front is frozen
   */
  drain(count: number): number {
    this.#check();
    if (this.#frontFrozen) return -1;
    this.#drain(Math.max(0, Math.min(count, this.#chains.length)));
    return 0;
  }

  /**
   * Copies bytes at the front and leaves them there: `evbuffer_copyout()`.
   *
   * @param into - where they go; as many are copied as it has room for
   * @returns how many, or -1 if the front is frozen
   */
  copyout(into: Uint8Array): number {
    this.#check();
    if (this.#frontFrozen) return -1;
    return this.#chains.copyTo(into);
  }

  /**
   * Brings bytes at the front into one piece and shows it: `evbuffer_pullup()`.
   *
   * @param size - how many bytes, -1 for all
   * @returns the buffer's own memory, good until the buffer is next changed; null if there are
   *   fewer bytes than that, or none
   */
  pullup(size: number): Buffer | null {
    this.#check();
    const count = size < 0 ? this.#chains.length : size;
    if (count === 0 || count > this.#chains.length) return null;
    return this.#chains.pullup(count);
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
    const length = findEol(this.#chains, style);
    if (length < 0) return null;
    const end = eolLength(this.#chains, style, length);
    const line = Buffer.allocUnsafe(length);
    this.#chains.copyTo(line);
    this.#drain(length + end);
    return line;
  }

  /**
   * Reads from a descriptor to the end, once: `evbuffer_read()`, read(2).
   *
   * @param howmuch - the most bytes to read, -1 for what one read takes (up to 16,384)
   * @returns how many came, 0 at the end of the file, -1 and leaves errno, or -1 if the end is frozen
   */
  read(fd: number, howmuch = -1): number {
    this.#check();
    if (this.#endFrozen) return -1;
    const most = howmuch < 0 ? LARGEST_READ : howmuch;
    const chain = this.#chains.reserve(Math.min(this.#readSize, most));
    const room = Math.min(chain.room, most);
    const count = read(fd, chain.data, room, chain.end);
    if (count <= 0) {
      this.#chains.abandon(chain);
      return count;
    }
    // Memory follows traffic: more for who fills it, little for who sends a line now and then.
    if (count === room) this.#readSize = Math.min(LARGEST_READ, this.#readSize * 2);
    else if (count < SMALLEST_CHAIN) this.#readSize = SMALLEST_CHAIN;
    this.#chains.commit(chain, count);
    this.#changed(count, 0);
    return count;
  }

  /**
   * Writes bytes at the front to a descriptor and drains what it took: `evbuffer_write_atmost()`,
   * write(2), writev(2).
   *
   * @param howmuch - the most bytes to write, -1 for all
   * @returns how many were taken, -1 and leaves errno, or -1 if the front is frozen
   */
  write(fd: number, howmuch = -1): number {
    return this.#write(fd, howmuch, false);
  }

  /**
   * Does what `write()` does to a socket that may be closed at the other end, by send(2) and
   * sendmsg(2): the failure is `EPIPE` even in a process that SIGPIPE would kill.
   *
   * @param howmuch - the most bytes to send, -1 for all
   * @returns how many were taken, -1 and leaves errno, or -1 if the front is frozen
   */
  send(fd: number, howmuch = -1): number {
    return this.#write(fd, howmuch, true);
  }

  /**
   * Makes one end fail to change: `evbuffer_freeze()`.
   *
   * @param atFront - true to stop draining, removing and prepending, false to stop adding
   */
  freeze(atFront: boolean): void {
    this.#setFrozen(atFront, true);
  }

  /** Lets an end change again: `evbuffer_unfreeze()`. */
  unfreeze(atFront: boolean): void {
    this.#setFrozen(atFront, false);
  }

  /**
   * Throws the bytes away and makes the buffer unusable: `evbuffer_free()`.
   *
   * @throws Error if that was done before
   */
  free(): void {
    this.#check();
    this.#freed = true;
    this.#chains.clear();
    this.#vector = null;
  }

  /** Frees the buffer at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  #write(fd: number, howmuch: number, isSocket: boolean): number {
    this.#check();
    if (this.#frontFrozen) return -1;
    const first = this.#chains.first;
    if (first === null) return 0;
    const length = this.#chains.length;
    const most = howmuch < 0 ? length : Math.min(howmuch, length);
    let count: number;
    if (most <= first.length) {
      count = isSocket
        ? send(fd, first.data, most, MSG_NOSIGNAL, first.start)
        : write(fd, first.data, most, first.start);
    } else {
      const vector = (this.#vector ??= new IoVector());
      this.#chains.fillVector(vector, most);
      count = isSocket ? vector.sendmsg(fd, MSG_NOSIGNAL) : vector.writev(fd);
      vector.clear();
    }
    if (count > 0) this.#drain(count);
    return count;
  }

  #drain(count: number): void {
    this.#chains.drain(count);
    this.#changed(0, count);
  }

  #changed(added: number, deleted: number): void {
    if (this.#observer !== null && added + deleted > 0) {
      this.#observer.evbufferChanged(this, added, deleted);
    }
  }

  #setFrozen(atFront: boolean, frozen: boolean): void {
    this.#check();
    if (atFront) this.#frontFrozen = frozen;
    else this.#endFrozen = frozen;
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('Evbuffer');
  }
}
