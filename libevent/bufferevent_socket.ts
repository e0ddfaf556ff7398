import type { AfterCallback } from './after_callbacks.ts';
import { BEV_EVENT_READING, BEV_EVENT_WRITING } from './bufferevent_state.ts';
import type { BuffereventOps, BuffereventState } from './bufferevent_state.ts';
import { Event } from './event.ts';
import { EV_PERSIST, EV_READ, EV_WRITE } from './event_node.ts';
import { close } from './sys/descriptor.ts';
import { EAGAIN, EINTR, errno } from './sys/errno.ts';

/** The most bytes one pass of the loop moves in one direction of one connection. */
const MOST_PER_PASS = 16384;

function isRetriable(error: number): boolean {
  return error === EAGAIN || error === EINTR;
}

/**
 * Carries the bytes of a bufferevent by a nonblocking socket.
 *
 * @internal
 */
export class SocketOps implements BuffereventOps, AfterCallback {
  afterNext: AfterCallback | null = null;
  readonly #state: BuffereventState;
  readonly #fd: number;
  readonly #closeOnFree: boolean;
  readonly #readEvent: Event<SocketOps>;
  readonly #writeEvent: Event<SocketOps>;
  /** Runs what has to wait for the next pass; few connections need it. */
  #laterEvent: Event<SocketOps> | null = null;
  #sendQueued = false;
  #sendError = 0;
  #freed = false;

  constructor(state: BuffereventState, fd: number, closeOnFree: boolean) {
    const base = state.base;
    this.#state = state;
    this.#fd = fd;
    this.#closeOnFree = closeOnFree;
    this.#readEvent = new Event<SocketOps>(base, fd, EV_READ | EV_PERSIST, SocketOps.#onRead, this);
    this.#writeEvent = new Event<SocketOps>(
      base,
      fd,
      EV_WRITE | EV_PERSIST,
      SocketOps.#onWrite,
      this,
    );
  }

  enable(what: number): number {
    const state = this.#state;
    if ((what & EV_READ) !== 0 && !state.isFull && this.#readEvent.add() < 0) return -1;
    if ((what & EV_WRITE) === 0) return 0;
    if (state.output.getLength() > 0) return this.#startSending();
    // Without a write callback nobody could tell that the socket is writable: save the wake-up.
    return state.wantsWrite ? this.#writeEvent.add() : 0;
  }

  disable(what: number): number {
    const read = (what & EV_READ) !== 0 ? this.#readEvent.del() : 0;
    const write = (what & EV_WRITE) !== 0 ? this.#writeEvent.del() : 0;
    return Math.min(read, write);
  }

  outputAdded(): void {
    this.#startSending();
  }

  fullnessChanged(): void {
    if (this.#state.isFull) this.#readEvent.del();
    else this.#readEvent.add();
  }

  getFd(): number {
    return this.#fd;
  }

  free(): void {
    this.#freed = true;
    this.#readEvent.free();
    this.#writeEvent.free();
    this.#laterEvent?.free();
    if (!this.#closeOnFree) return;
    if (this.#state.base.isFreed()) close(this.#fd);
    else this.#state.base.closeInLoop(this.#fd);
  }

  /** The callback that put something in the output has returned. */
  afterCallback(): void {
    this.#sendQueued = false;
    if (this.#freed || !this.#maySend() || this.#state.output.getLength() === 0) return;
    const count = this.#send();
    const error = count < 0 ? errno() : 0;
    if (error !== 0 && !isRetriable(error)) {
      this.#sendError = error;
      this.#runLater();
      return;
    }
    if (this.#state.output.getLength() > 0) this.#writeEvent.add();
    // The callbacks come when libevent's would, a pass later: a connection that answers each write
    // with the next does not keep the others waiting.
    if (count > 0 && this.#state.wantsWrite) this.#runLater();
  }

  static #onRead(_fd: number, _what: number, ops: SocketOps): void {
    ops.#receive();
  }

  static #onWrite(_fd: number, _what: number, ops: SocketOps): void {
    ops.#writable();
  }

  static #onLater(_fd: number, _what: number, ops: SocketOps): void {
    const error = ops.#sendError;
    ops.#sendError = 0;
    if (error === 0) ops.#state.reportWritten();
    else ops.#fail(EV_WRITE, BEV_EVENT_WRITING, error);
  }

  #receive(): void {
    const { input } = this.#state;
    const room = this.#state.room(MOST_PER_PASS);
    if (room === 0) {
      this.#readEvent.del();
      return;
    }
    input.unfreeze(false);
    const count = input.read(this.#fd, room);
    const error = count < 0 ? errno() : 0;
    input.freeze(false);
    if (count > 0) {
      if (this.#state.isFull) this.#readEvent.del();
      this.#state.reportRead();
    } else if (!isRetriable(error)) {
      this.#fail(EV_READ, BEV_EVENT_READING, error);
    }
  }

  #writable(): void {
    const { output } = this.#state;
    if (output.getLength() > 0 && this.#send() < 0) {
      const error = errno();
      if (!isRetriable(error)) this.#fail(EV_WRITE, BEV_EVENT_WRITING, error);
      return;
    }
    if (output.getLength() === 0) this.#writeEvent.del();
    this.#state.reportWritten();
  }

  #send(): number {
    const { output } = this.#state;
    output.unfreeze(true);
    const count = output.send(this.#fd, MOST_PER_PASS);
    output.freeze(true);
    return count;
  }

  #fail(what: number, direction: number, error: number): void {
    this.#state.enabled &= ~what;
    this.disable(what);
    this.#state.reportEvent(direction, error);
  }

  #startSending(): number {
    if (this.#sendQueued || !this.#maySend()) return 0;
    if (!this.#state.base.isRunning()) return this.#writeEvent.add();
    this.#sendQueued = true;
    this.#state.base.afterCallbacks.push(this);
    return 0;
  }

  /** Whether sending is enabled, and not left to the write event because the socket was full. */
  #maySend(): boolean {
    const isEnabled = (this.#state.enabled & EV_WRITE) !== 0 && this.#sendError === 0;
    return isEnabled && this.#writeEvent.pending(EV_WRITE) === 0;
  }

  #runLater(): void {
    this.#laterEvent ??= new Event<SocketOps>(this.#state.base, -1, 0, SocketOps.#onLater, this);
    this.#state.base.activateLater(this.#laterEvent, EV_WRITE);
  }
}
