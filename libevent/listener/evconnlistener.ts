import { SystemError, usedAfterFree } from '../core/errors.ts';
import { EV_PERSIST, EV_READ } from '../core/flags.ts';
import { eventWarn } from '../core/log.ts';
import { Event } from '../event/event.ts';
import type { EventBase } from '../event/event_base.ts';
import { SockaddrStorage } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { F_GETFD, close, fcntl } from '../sys/descriptor.ts';
import {
  EAFNOSUPPORT,
  EAGAIN,
  ECONNABORTED,
  EINTR,
  EINVAL,
  errno,
  setErrno,
  strerror,
} from '../sys/errno.ts';
import { runTraced } from '../sys/callback_trace.ts';
import type { CallbackTrace } from '../sys/callback_trace.ts';
import { callbackTrace } from '../sys/libc.ts';
import { SOCK_CLOEXEC, SOCK_NONBLOCK, accept4, listen } from '../sys/socket.ts';
import { Acceptance } from './acceptance.ts';
import { AcceptPause, isShortage } from './accept_pause.ts';
import {
  LEV_OPT_CLOSE_ON_EXEC,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DISABLED,
  LEV_OPT_LEAVE_SOCKETS_BLOCKING,
  makeListeningSocket,
} from './listening_socket.ts';

/** The backlog that stands for any negative one. */
const DEFAULT_BACKLOG = 128;

/** Whether the failure was about this connection only, or there was none. */
function isRetriable(error: number): boolean {
  return error === EAGAIN || error === EINTR || error === ECONNABORTED;
}

/**
 * What a listener calls for each connection.
 *
 * @param listener - the listener that accepted it
 * @param fd - the descriptor of the connection, which the callback has to close
 * @param address - who connected
 * @param arg - what was given with the callback
 */
export type EvconnlistenerCallback<T> = (
  listener: Evconnlistener<T>,
  fd: number,
  address: SocketAddress,
  arg: T,
) => void;

/**
 * What a listener calls when accept4(2) fails; `EVUTIL_SOCKET_ERROR()` says why.
 *
 * @param arg - what was given with the connection callback
 */
export type EvconnlistenerErrorCallback<T> = (listener: Evconnlistener<T>, arg: T) => void;

/** Accepts the connections of a listening socket: libevent's `struct evconnlistener`. */
export class Evconnlistener<T> implements Disposable {
  readonly #base: EventBase;
  readonly #fd: number;
  readonly #flags: number;
  readonly #acceptFlags: number;
  readonly #event: Event<Evconnlistener<T>>;
  readonly #peer = new SockaddrStorage();
  /** Accepts where the base has operations for that; without, and in a pause, accept4(2) does. */
  readonly #acceptance: Acceptance | null;
  #callback: EvconnlistenerCallback<T> | null;
  #errorCallback: EvconnlistenerErrorCallback<T> | null = null;
  #arg: T;
  readonly #pause: AcceptPause;
  #pausesOnShortage = true;
  /** Whether accept4(2) accepts, though there is an operation for that: a pause may be over. */
  #isTrying = false;
  #warned = false;
  #enabled = false;
  #freed = false;

  private constructor(
    base: EventBase,
    callback: EvconnlistenerCallback<T> | null,
    arg: T,
    flags: number,
    fd: number,
  ) {
    this.#base = base;
    this.#callback = callback;
    this.#arg = arg;
    this.#flags = flags;
    this.#fd = fd;
    this.#acceptFlags =
      ((flags & LEV_OPT_LEAVE_SOCKETS_BLOCKING) === 0 ? SOCK_NONBLOCK : 0) |
      ((flags & LEV_OPT_CLOSE_ON_EXEC) !== 0 ? SOCK_CLOEXEC : 0);
    this.#pause = new AcceptPause(base, () => this.#acceptAll());
    this.#event = new Event<Evconnlistener<T>>(
      base,
      fd,
      EV_READ | EV_PERSIST,
      Evconnlistener.#onReady,
      this,
    );
    const { completions } = base;
    this.#acceptance = completions && new Acceptance(completions, this, fd, this.#acceptFlags);
    if ((flags & LEV_OPT_DISABLED) === 0 && this.enable() < 0) throw new SystemError('event_add');
  }

  /**
   * Makes a listener with a socket of its own: `evconnlistener_new_bind()`; socket(2), bind(2),
   * listen(2).
   *
   * @param base - the base whose loop accepts
   * @param callback - called for each connection; null disables the listener until `setCb()`
   * @param arg - handed to the callbacks
   * @param flags - LEV_OPT_ flags
   * @param backlog - how many connections may wait to be accepted; a negative number stands for
   *   128, and 0 is refused
   * @param address - where to listen; port 0 picks a free one
   * @throws SystemError if a call fails, such as `EADDRINUSE`; no descriptor is left open
   * @throws RangeError or TypeError for an address that cannot be laid out
   */
  static newBind<T>(
    base: EventBase,
    callback: EvconnlistenerCallback<T> | null,
    arg: T,
    flags: number,
    backlog: number,
    address: SocketAddress,
  ): Evconnlistener<T> {
    if (backlog === 0) throw new SystemError('listen', address, EINVAL);
    const fd = makeListeningSocket(address, flags);
    try {
      if (listen(fd, backlog < 0 ? DEFAULT_BACKLOG : backlog) < 0) {
        throw new SystemError('listen', address);
      }
      return new Evconnlistener(base, callback, arg, flags, fd);
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  /**
   * Makes a listener on a socket that is bound already: `evconnlistener_new()`. Make the socket
   * nonblocking first, or the loop hangs in accept4(2).
   *
   * @param base - the base whose loop accepts
   * @param callback - called for each connection; null disables the listener until `setCb()`
   * @param arg - handed to the callbacks
   * @param flags - LEV_OPT_ flags; those about making a socket have no effect here
   * @param backlog - handed to listen(2); a negative number stands for 128, and 0 means that
   *   listen(2) was called
   * @param fd - the socket; if this throws, the caller still has to close it
   * @throws SystemError if listen(2) fails or the base cannot watch the descriptor
   */
  static newListener<T>(
    base: EventBase,
    callback: EvconnlistenerCallback<T> | null,
    arg: T,
    flags: number,
    backlog: number,
    fd: number,
  ): Evconnlistener<T> {
    if (backlog !== 0 && listen(fd, backlog < 0 ? DEFAULT_BACKLOG : backlog) < 0) {
      throw new SystemError('listen');
    }
    return new Evconnlistener(base, callback, arg, flags, fd);
  }

  /**
   * Starts accepting, beginning with the connections that wait in the kernel:
   * `evconnlistener_enable()`. Without a callback this is put off until `setCb()`. A pause for lack
   * of descriptors ends, and accepting is tried again.
   *
   * @returns 0, or -1 and leaves errno
   */
  enable(): number {
    this.#check();
    this.#enabled = true;
    this.#pause.end();
    return this.#callback === null ? 0 : this.#watch();
  }

  /**
   * Stops accepting at once, also from a callback; connections wait in the kernel:
   * `evconnlistener_disable()`.
   *
   * @returns 0, or -1 and leaves errno
   */
  disable(): number {
    this.#check();
    this.#enabled = false;
    this.#pause.end();
    return this.#unwatch();
  }

  /**
   * Changes what is called from the next connection on: `evconnlistener_set_cb()`.
   *
   * @param callback - null makes an enabled listener close what it accepts, one connection a pass
   * @param arg - handed to the callbacks
   */
  setCb(callback: EvconnlistenerCallback<T> | null, arg: T): void {
    this.#check();
    const wasPutOff = this.#enabled && this.#callback === null;
    this.#callback = callback;
    this.#arg = arg;
    if (wasPutOff) this.enable();
  }

  /**
   * Says what to call when accept4(2) fails, or null: `evconnlistener_set_error_cb()`. Failures
   * that concern a single connection, or none, are not reported: `EAGAIN`, `EINTR`, `ECONNABORTED`.
   * A connection from an address that is neither IPv4, IPv6 nor Unix, on a socket that was given to
   * `newListener()`, is closed and reported as `EAFNOSUPPORT`. Without an error callback a warning
   * is logged. See `setPauseOnShortage()` for how often.
   */
  setErrorCb(callback: EvconnlistenerErrorCallback<T> | null): void {
    this.#check();
    this.#errorCallback = callback;
  }

  /**
   * Says what happens when accept4(2) fails because descriptors or memory ran out: `EMFILE`,
   * `ENFILE`, `ENOBUFS`, `ENOMEM`. C libevent calls the error callback in each pass of a loop that
   * no longer waits, for the connection that cannot be accepted stays ready. A new listener here
   * pauses instead: the error callback is called once, or a warning logged once in the listener's
   * life if there is none; then connections wait in the kernel, and the listener tries again every
   * 20 milliseconds until it succeeds. Another shortage after that is reported again.
   *
   * @param pause - false for what C libevent does
   */
  setPauseOnShortage(pause: boolean): void {
    this.#check();
    this.#pausesOnShortage = pause;
    if (!pause && this.#pause.isActive) this.enable();
  }

  /** The listening socket: `evconnlistener_get_fd()`. */
  getFd(): number {
    this.#check();
    return this.#fd;
  }

  /** The base: `evconnlistener_get_base()`. */
  getBase(): EventBase {
    this.#check();
    return this.#base;
  }

  /**
   * Stops accepting and makes the listener unusable: `evconnlistener_free()`. With
   * LEV_OPT_CLOSE_ON_FREE the socket is closed at once; connections stay open. Its own callbacks
   * may call this.
   *
   * @throws Error if the listener was freed before
   */
  free(): void {
    this.#check();
    this.#freed = true;
    this.#enabled = false;
    this.#callback = null;
    this.#errorCallback = null;
    this.#event.free();
    this.#pause.free();
    this.#acceptance?.free();
    if ((this.#flags & LEV_OPT_CLOSE_ON_FREE) !== 0) close(this.#fd);
  }

  /** @internal Whether an operation is to accept. */
  get accepts(): boolean {
    return this.#event.isElsewhere;
  }

  /** @internal An operation has accepted, or failed. */
  accepted(): void {
    if (this.#event.isElsewhere) this.#base.activate(this.#event, EV_READ);
  }

  /** Frees the listener at the end of a `using` block, unless it was freed before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  static #onReady<T>(_fd: number, _what: number, listener: Evconnlistener<T>): void {
    listener.#acceptAll();
  }

  /** Has connections told of. Returns 0, or -1 and leaves errno. */
  #watch(): number {
    const completions = this.#acceptance && this.#base.completions;
    if (this.#acceptance === null || completions === null) return this.#event.add();
    if (fcntl(this.#fd, F_GETFD) < 0) return -1;
    this.#base.addElsewhere(this.#event, -1);
    if (this.#acceptance.isPending) this.#base.activate(this.#event, EV_READ);
    else completions.touch(this.#acceptance);
    return 0;
  }

  #unwatch(): number {
    const result = this.#event.del();
    if (this.#acceptance !== null) this.#base.completions?.touch(this.#acceptance);
    return result;
  }

  #accept(): number {
    const acceptance = this.#acceptance;
    if (acceptance === null || this.#isTrying) {
      return accept4(this.#fd, this.#peer, this.#acceptFlags);
    }
    const fd = acceptance.take();
    if (fd >= 0) return fd;
    const error = acceptance.takeError();
    setErrno(error === 0 ? EAGAIN : error);
    return -1;
  }

  #acceptAll(): void {
    const acceptance = this.#acceptance;
    this.#isTrying = this.#pause.isActive && acceptance?.isPending !== true;
    try {
      this.#acceptWaiting();
    } finally {
      this.#isTrying = false;
    }
    if (acceptance === null || !this.#event.isElsewhere) return;
    if (acceptance.isPending) this.#base.completions?.resume(acceptance);
    else this.#base.completions?.touchLater(acceptance);
  }

  #acceptWaiting(): void {
    // After free() enabled is false too, so a callback that frees the listener ends the loop.
    do {
      const fd = this.#accept();
      if (fd < 0) {
        this.#acceptFailed(errno());
        return;
      }
      if (this.#pause.isActive) this.#resume();
      if (this.#callback === null) {
        close(fd);
        return;
      }
      const address = this.#takeAddress(fd);
      if (address === null) {
        this.#acceptFailed(EAFNOSUPPORT);
        return;
      }
      if (callbackTrace === null) this.#callback(this, fd, address, this.#arg);
      else this.#callTraced(callbackTrace, this.#callback, fd, address);
    } while (this.#enabled);
  }

  /** Not in the loop itself: what a function there has to remember costs even where it is not called. */
  #callTraced(
    trace: CallbackTrace,
    callback: EvconnlistenerCallback<T>,
    fd: number,
    address: SocketAddress,
  ): void {
    runTraced(trace, 'accept', fd, callback, () => callback(this, fd, address, this.#arg));
  }

  /** Who connected; or null, and the connection is closed, if no SocketAddress can say that. */
  #takeAddress(fd: number): SocketAddress | null {
    try {
      if (this.#acceptance === null || this.#isTrying) return this.#peer.decode();
      return this.#acceptance.addressOf(fd);
    } catch {
      close(fd);
      return null;
    }
  }

  #acceptFailed(error: number): void {
    const wasPaused = this.#pause.isActive;
    const pauses = this.#pausesOnShortage && isShortage(error);
    if (pauses) this.#suspend();
    else if (wasPaused) this.#resume();
    if (isRetriable(error) || (pauses && wasPaused)) return;
    if (this.#errorCallback !== null) {
      setErrno(error);
      this.#errorCallback(this, this.#arg);
    } else if (!pauses || !this.#warned) {
      this.#warned ||= pauses;
      eventWarn(`Error from accept() call: ${strerror(error)}`);
    }
  }

  #suspend(): void {
    this.#unwatch();
    this.#pause.start();
  }

  #resume(): void {
    if (this.#watch() < 0) this.#pause.start();
    else this.#pause.end();
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('Evconnlistener');
  }
}
