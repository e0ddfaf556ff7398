import { TypedCallbacks } from './bufferevent_callbacks.ts';
import type { BuffereventDataCallback, BuffereventEventCallback } from './bufferevent_callbacks.ts';
import { SocketOps } from './bufferevent_socket.ts';
import { BuffereventState } from './bufferevent_state.ts';
import type { BuffereventOps } from './bufferevent_state.ts';
import { usedAfterFree } from './errors.ts';
import type { EventBase } from './event_base.ts';
import { EV_READ, EV_WRITE } from './event_node.ts';
import type { Evbuffer } from './evbuffer.ts';

/** Close the descriptor when the bufferevent is freed. */
export const BEV_OPT_CLOSE_ON_FREE = 0x01;

/**
 * A socket with a buffer for what came in and one for what is to go out: libevent's
 * `struct bufferevent` on a socket. It reads by itself once EV_READ is enabled, and writes what is
 * put in its output.
 */
export class Bufferevent implements Disposable {
  readonly #state: BuffereventState;
  readonly #ops: BuffereventOps;
  #freed = false;

  private constructor(base: EventBase, makeOps: (state: BuffereventState) => BuffereventOps) {
    this.#state = new BuffereventState(this, base, {
      evbufferChanged: (buffer, added, deleted) => this.#changed(buffer, added, deleted),
    });
    this.#ops = makeOps(this.#state);
  }

  /**
   * Makes a bufferevent on a connected, nonblocking socket: `bufferevent_socket_new()`. Writing is
   * enabled, reading is not yet.
   *
   * @param base - the base whose loop does the work
   * @param fd - the socket
   * @param options - BEV_OPT_CLOSE_ON_FREE or 0
   * @throws RangeError for a descriptor below 0 or another option
   */
  static socketNew(base: EventBase, fd: number, options: number): Bufferevent {
    if ((options & ~BEV_OPT_CLOSE_ON_FREE) !== 0) {
      throw new RangeError(`options ${String(options)} are not supported`);
    }
    if (!Number.isInteger(fd) || fd < 0) {
      throw new RangeError(`a bufferevent needs a socket, not descriptor ${String(fd)}`);
    }
    const closeOnFree = (options & BEV_OPT_CLOSE_ON_FREE) !== 0;
    return new Bufferevent(base, (state) => new SocketOps(state, fd, closeOnFree));
  }

  /**
   * Says what to call: `bufferevent_setcb()`. Each of the three may be null.
   *
   * @param readCb - when bytes came in and there are as many as the low watermark of reading
   * @param writeCb - when bytes went out and no more are left than the low watermark of writing
   * @param eventCb - at the end of the file and for errors
   * @param arg - handed to each of them
   */
  setCb<T>(
    readCb: BuffereventDataCallback<T> | null,
    writeCb: BuffereventDataCallback<T> | null,
    eventCb: BuffereventEventCallback<T> | null,
    arg: T,
  ): void {
    this.#check();
    this.#state.callbacks = new TypedCallbacks(readCb, writeCb, eventCb, arg);
  }

  /**
   * Lets it read, write or both: `bufferevent_enable()`. Enabling to write when there is nothing to
   * write runs the write callback once, as soon as the socket would take something.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @returns 0, or -1 and leaves errno
   */
  enable(what: number): number {
    this.#check();
    this.#state.enabled |= what & (EV_READ | EV_WRITE);
    return this.#ops.enable(what);
  }

  /**
   * Stops it reading, writing or both: `bufferevent_disable()`. What comes in stays in the kernel.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @returns 0, or -1 and leaves errno
   */
  disable(what: number): number {
    this.#check();
    this.#state.enabled &= ~what;
    return this.#ops.disable(what);
  }

  /** What is enabled, of EV_READ and EV_WRITE: `bufferevent_get_enabled()`. */
  getEnabled(): number {
    this.#check();
    return this.#state.enabled;
  }

  /** What came in, for taking out; only the bufferevent adds to it: `bufferevent_get_input()`. */
  getInput(): Evbuffer {
    this.#check();
    return this.#state.input;
  }

  /** What is to go out, for putting in; only the bufferevent drains it: `bufferevent_get_output()`. */
  getOutput(): Evbuffer {
    this.#check();
    return this.#state.output;
  }

  /**
   * Puts bytes in the output: `bufferevent_write()`. They go out when the callback that wrote them
   * returns, or with the next pass of the loop.
   *
   * @param data - bytes, or a string that goes out as UTF-8
   * @returns 0
   */
  write(data: Uint8Array | string): number {
    return this.getOutput().add(data);
  }

  /**
   * Sets limits: `bufferevent_setwatermark()`.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @param low - for reading, how many bytes there must be for the read callback; for writing, how
   *   many may be left for the write callback
   * @param high - for reading, how many bytes the input takes before reading stops until some are
   *   drained; 0 for no limit; means nothing for writing
   * @throws RangeError for a limit that is not a whole number of bytes
   */
  setWatermark(what: number, low: number, high: number): void {
    this.#check();
    if (!Number.isInteger(low) || !Number.isInteger(high) || low < 0 || high < 0) {
      throw new RangeError(`watermarks are numbers of bytes, not ${String(low)}, ${String(high)}`);
    }
    if ((what & EV_WRITE) !== 0) this.#state.writeLow = low;
    if ((what & EV_READ) === 0) return;
    this.#state.readLow = low;
    this.#state.readHigh = high;
    this.#checkFullness();
  }

  /** The socket: `bufferevent_getfd()`. */
  getFd(): number {
    this.#check();
    return this.#ops.getFd();
  }

  /** The base: `bufferevent_get_base()`. */
  getBase(): EventBase {
    this.#check();
    return this.#state.base;
  }

  /**
   * Stops everything and makes the bufferevent unusable: `bufferevent_free()`. Output that has not
   * gone out is dropped. No callback runs afterwards; its own may call this. With
   * BEV_OPT_CLOSE_ON_FREE the loop closes the socket when it next runs.
   *
   * @throws Error if that was done before
   */
  free(): void {
    this.#check();
    this.#freed = true;
    this.#state.callbacks = null;
    this.#ops.free();
    this.#state.input.free();
    this.#state.output.free();
  }

  /** Frees the bufferevent at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  #changed(buffer: Evbuffer, added: number, deleted: number): void {
    if (buffer === this.#state.input) {
      if (deleted > 0 && this.#state.readHigh > 0) this.#checkFullness();
    } else if (added > 0 && (this.#state.enabled & EV_WRITE) !== 0) {
      this.#ops.outputAdded();
    }
  }

  #checkFullness(): void {
    if ((this.#state.enabled & EV_READ) !== 0) this.#ops.fullnessChanged();
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('Bufferevent');
  }
}
