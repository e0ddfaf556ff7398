import type { AfterCallback } from '../core/after_callbacks.ts';
import { EV_PERSIST, EV_READ, EV_TIMEOUT, EV_WRITE } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import type { SocketAddress } from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import { EAGAIN, EINPROGRESS, EINTR, EINVAL, ENOTSOCK, errno, setErrno } from '../sys/errno.ts';
import { awaitsConnection, connectNonblocking, takeSocketError } from './connecting_socket.ts';
import {
  BEV_EVENT_CONNECTED,
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_EVENT_TIMEOUT,
  BEV_EVENT_WRITING,
} from './constants.ts';
import type { BuffereventOps } from './ops.ts';
import type { BuffereventState } from './state.ts';

type SocketEvent = Event<SocketOps>;

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
  protected readonly state: BuffereventState;
  protected fd: number;
  protected readEvent: SocketEvent;
  /** Made when it is first added: most connections never wait for room, and it is a seventh of one. */
  protected writeEvent: SocketEvent | null = null;
  /** Whether recv(2) and send(2) are for it, which they are not for a pipe or a terminal. */
  protected isSocket = true;
  protected isConnecting = false;
  #sendQueued = false;
  /** Why connect(2) failed at once, to be told from the loop; 0 if it did not. */
  #connectError = 0;

  constructor(state: BuffereventState, fd: number) {
    this.state = state;
    this.fd = fd;
    this.readEvent = this.makeEvent(EV_READ);
  }

  get isOutputGone(): boolean {
    return true;
  }

  get hasOutputUnderneath(): boolean {
    return false;
  }

  enable(what: number): number {
    if (this.fd < 0) return 0;
    const state = this.state;
    if ((what & EV_READ) !== 0 && this.addRead() < 0) return -1;
    if ((what & EV_WRITE) === 0) return 0;
    if (this.isConnecting) return this.addWrite();
    if (state.outputLength > 0) return this.startSending();
    // Without a write callback nobody could tell that the socket is writable: save the wake-up.
    return state.wantsWrite ? this.addWrite() : 0;
  }

  disable(what: number): number {
    const read = (what & EV_READ) !== 0 ? this.readEvent.del() : 0;
    // While it connects, the write event is what notices the end of that.
    const stopsWriting = (what & EV_WRITE) !== 0 && !this.isConnecting;
    const write = stopsWriting ? (this.writeEvent?.del() ?? 0) : 0;
    return Math.min(read, write);
  }

  outputAdded(): void {
    if (this.startSending() < 0) this.failLater(errno());
  }

  timeoutsChanged(): void {
    if (this.readEvent.inserted) this.restart(this.readEvent, this.state.settings.readTimeout);
    if (this.writeEvent?.inserted === true) {
      this.restart(this.writeEvent, this.state.settings.writeTimeout);
    }
  }

  limitsChanged(): void {}

  flush(): number {
    return 0;
  }

  getFd(): number {
    return this.fd;
  }

  setFd(fd: number): number {
    this.isConnecting = false;
    this.replaceEvents(fd);
    return fd < 0 ? 0 : this.state.enable(this.state.enabled);
  }

  setBase(): number {
    const wasReading = this.readEvent.inserted;
    const wasWriting = this.writeEvent?.inserted === true;
    this.replaceEvents(this.fd);
    if (wasReading && this.addRead() < 0) return -1;
    return wasWriting ? this.addWrite() : 0;
  }

  setPriority(priority: number): number {
    if (this.readEvent.prioritySet(priority) < 0) return -1;
    return this.writeEvent?.prioritySet(priority) ?? 0;
  }

  connect(address: SocketAddress | null): number {
    const isNew = this.fd < 0;
    if (isNew && address === null) {
      setErrno(EINVAL);
      return -1;
    }
    const fd = address === null ? this.fd : connectNonblocking(this.fd, address);
    if (fd < 0) return -1;
    this.#connectError = address === null || errno() === EINPROGRESS ? 0 : errno();
    this.replaceEvents(fd);
    this.isConnecting = true;
    if (this.addWrite() === 0 && (!this.state.isReading || this.addRead() === 0)) return 0;
    const error = errno();
    this.setFd(-1);
    if (isNew) close(fd);
    setErrno(error);
    return -1;
  }

  free(): void {
    this.readEvent.free();
    this.writeEvent?.free();
    const { base, closeOnFree } = this.state;
    if (!closeOnFree || this.fd < 0) return;
    if (base.isFreed()) close(this.fd);
    else base.closeInLoop(this.fd);
  }

  /** The callback that put something in the output has returned. */
  afterCallback(): void {
    this.#sendQueued = false;
    const state = this.state;
    if (state.freed || !this.maySend() || state.outputLength === 0) return;
    const count = this.send();
    const error = count < 0 ? errno() : 0;
    if (error !== 0 && !isRetriable(error)) {
      this.failLater(error);
      return;
    }
    const isLeft = state.outputLength > 0 && state.isWriting;
    if (isLeft && this.addWrite() < 0) this.failLater(errno());
    // The callbacks come when libevent's would, a pass later: a connection that answers each write
    // with the next does not keep the others waiting.
    if (count > 0) state.reportWrittenNextPass();
  }

  static #onRead(_fd: number, what: number, ops: SocketOps): void {
    if (what === EV_TIMEOUT) ops.fail(EV_READ, BEV_EVENT_READING | BEV_EVENT_TIMEOUT, 0);
    else if (ops.isConnecting) ops.finishConnecting();
    else ops.receive();
  }

  static #onWrite(_fd: number, what: number, ops: SocketOps): void {
    if (what === EV_TIMEOUT) ops.writeTimedOut();
    else if (ops.isConnecting) ops.finishConnecting();
    else ops.writable();
  }

  protected receive(): void {
    const state = this.state;
    const most = state.mostToRead();
    if (most <= 0 || !state.isReading) {
      state.checkFullness();
      return;
    }
    let count = state.input.receive(this.fd, most, this.isSocket);
    if (count < 0 && this.isSocket && errno() === ENOTSOCK) {
      this.isSocket = false;
      count = state.input.receive(this.fd, most, false);
    }
    const error = count < 0 ? errno() : 0;
    if (count > 0) {
      state.rateLimit?.countRead(count);
      state.reportRead();
      // Only now: what the callback has drained need not be suspended and resumed.
      if (!state.freed && state.settings.readHigh > 0) state.checkFullness();
    } else if (count === 0) {
      this.fail(EV_READ, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
    } else if (awaitsConnection(this.fd, error)) {
      // Nothing has failed: connect() goes on from here.
      this.readEvent.del();
    } else if (!isRetriable(error)) {
      this.fail(EV_READ, BEV_EVENT_READING | BEV_EVENT_ERROR, error);
    }
  }

  protected writable(): void {
    const state = this.state;
    if (state.outputLength > 0 && this.send() < 0) {
      const error = errno();
      if (!isRetriable(error)) this.fail(EV_WRITE, BEV_EVENT_WRITING | BEV_EVENT_ERROR, error);
      return;
    }
    // Who watches the output may have freed it all.
    if (state.freed) return;
    if (state.outputLength === 0) this.writeEvent?.del();
    state.reportWritten();
  }

  protected send(): number {
    const { state } = this;
    const most = state.writeMax();
    // The group's limit has just been found used up; it is suspended until it is not.
    if (most <= 0) return 0;
    let count = state.output.transmit(this.fd, most, this.isSocket);
    if (count < 0 && this.isSocket && errno() === ENOTSOCK) {
      this.isSocket = false;
      count = state.output.transmit(this.fd, most, false);
    }
    if (count > 0 && !state.freed) {
      state.rateLimit?.countWritten(count);
      state.above?.underneathChanged(true);
    }
    return count;
  }

  protected fail(what: number, events: number, error: number): void {
    this.state.disable(what);
    this.state.reportEvent(events, error);
  }

  /** Sending has failed where no callback may be called: it comes with the next pass. */
  protected failLater(error: number): void {
    this.state.disable(EV_WRITE);
    this.state.reportEventNextPass(BEV_EVENT_WRITING | BEV_EVENT_ERROR, error);
  }

  protected writeTimedOut(): void {
    // Enabled to write again, it goes on connecting.
    this.writeEvent?.del();
    this.fail(EV_WRITE, BEV_EVENT_WRITING | BEV_EVENT_TIMEOUT, 0);
  }

  protected finishConnecting(): void {
    const error = this.#connectError === 0 ? takeSocketError(this.fd) : this.#connectError;
    if (error === EINPROGRESS || isRetriable(error)) return;
    this.isConnecting = false;
    this.#connectError = 0;
    this.writeEvent?.del();
    if (error !== 0) {
      this.readEvent.del();
      this.state.reportEvent(BEV_EVENT_ERROR, error);
      return;
    }
    this.connected();
    if (this.state.outputLength > 0) this.startSending();
    this.state.reportEvent(BEV_EVENT_CONNECTED, 0);
  }

  /** The socket is connected; nobody has been told. */
  protected connected(): void {}

  protected startSending(): number {
    if (this.#sendQueued || !this.maySend()) return 0;
    if (!this.state.base.isRunning()) return this.addWrite();
    this.#sendQueued = true;
    this.state.base.afterCallbacks.push(this);
    return 0;
  }

  /** Whether sending is enabled, and not left to the write event because the socket was full. */
  protected maySend(): boolean {
    return (
      this.fd >= 0 &&
      this.state.isWriting &&
      !this.isConnecting &&
      this.writeEvent?.inserted !== true
    );
  }

  protected addRead(): number {
    const timeout = this.state.settings.readTimeout;
    return timeout > 0 ? this.readEvent.add(timeout) : this.readEvent.add();
  }

  protected addWrite(): number {
    const timeout = this.state.settings.writeTimeout;
    this.writeEvent ??= this.makeEvent(EV_WRITE);
    return timeout > 0 ? this.writeEvent.add(timeout) : this.writeEvent.add();
  }

  protected restart(event: SocketEvent, timeout: number): void {
    if (timeout > 0) event.add(timeout);
    else event.removeTimer();
  }

  protected replaceEvents(fd: number): void {
    this.readEvent.free();
    this.writeEvent?.free();
    this.fd = fd;
    this.isSocket = true;
    this.readEvent = this.makeEvent(EV_READ);
    this.writeEvent = null;
  }

  protected makeEvent(what: number): SocketEvent {
    const callback = what === EV_READ ? SocketOps.#onRead : SocketOps.#onWrite;
    const { base, priority } = this.state;
    // Without a descriptor it is an event that is never added.
    const flags = this.fd < 0 ? 0 : what | EV_PERSIST;
    const event = new Event<SocketOps>(base, this.fd, flags, callback, this);
    event.prioritySet(priority);
    return event;
  }
}
