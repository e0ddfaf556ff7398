import type { Evbuffer } from '../buffer/evbuffer.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import type { EventBase } from '../event/event_base.ts';
import { AF_INET, AF_INET6, AF_UNSPEC } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { errno } from '../sys/errno.ts';
import { EAI_SYSTEM, getaddrinfo } from '../sys/netdb.ts';
import { SOCK_STREAM } from '../sys/socket.ts';
import { LimitedBufferevent } from './bufferevent_limits.ts';
import { NO_CALLBACKS, TypedCallbacks } from './callbacks.ts';
import type {
  BuffereventCallbackSet,
  BuffereventDataCallback,
  BuffereventEventCallback,
} from './callbacks.ts';
import {
  BEV_EVENT_ERROR,
  BEV_OPT_DEFER_CALLBACKS,
  BEV_TRIG_IGNORE_WATERMARKS,
} from './constants.ts';
import { FilterOps } from './filter.ts';
import type { BuffereventFilterCallback } from './filter.ts';
import type { BuffereventOps } from './ops.ts';
import { PairOps } from './pair.ts';
import { SocketOps } from './socket.ts';
import type { BuffereventState } from './state.ts';

const LARGEST_PORT = 65535;

/**
 * A buffer for what came in, a buffer for what is to go out, and something that carries the bytes:
 * libevent's `struct bufferevent`. It reads by itself once EV_READ is enabled, and writes what is
 * put in its output.
 */
export class Bufferevent extends LimitedBufferevent {
  #dnsError = 0;
  #partner: Bufferevent | null = null;
  #underlying: Bufferevent | null = null;

  private constructor(
    base: EventBase,
    options: number,
    makeOps: (state: BuffereventState) => BuffereventOps,
  ) {
    super(base, options, makeOps);
  }

  /**
   * Makes a bufferevent on a nonblocking socket: `bufferevent_socket_new()`. Writing is enabled,
   * reading is not yet.
   *
   * @param base - the base whose loop does the work
   * @param fd - a connected socket, or -1 for `connect()` or `setFd()` to give it one
   * @param options - BEV_OPT_ flags
   * @throws RangeError for a descriptor below -1, or options that do not fit
   */
  static socketNew(base: EventBase, fd: number, options: number): Bufferevent {
    if (!Number.isInteger(fd) || fd < -1) {
      throw new RangeError(`a descriptor is a whole number from -1, not ${String(fd)}`);
    }
    return new Bufferevent(base, options, (state) => new SocketOps(state, fd));
  }

  /**
   * Makes two bufferevents of which each reads what the other writes, without the kernel between
   * them: `bufferevent_pair_new()`. Their callbacks always come from the loop.
   *
   * @param base - the base whose loop calls back
   * @param options - BEV_OPT_ flags, for both
   * @throws RangeError for options that do not fit
   */
  static pairNew(base: EventBase, options: number): [Bufferevent, Bufferevent] {
    const ends: PairOps[] = [];
    const makeOps = (state: BuffereventState): PairOps => new PairOps(state, ends);
    const first = new Bufferevent(base, options | BEV_OPT_DEFER_CALLBACKS, makeOps);
    const second = new Bufferevent(base, options | BEV_OPT_DEFER_CALLBACKS, makeOps);
    first.#partner = second;
    second.#partner = first;
    return [first, second];
  }

  /**
   * Puts two functions between the user and another bufferevent: `bufferevent_filter_new()`. The one
   * underneath is read and written, and its callbacks are the filter's, until the filter is freed:
   * then they are none, and it is the caller's again, or it is freed with BEV_OPT_CLOSE_ON_FREE.
   *
   * @param underlying - the bufferevent to filter
   * @param inputFilter - changes what comes in; null changes nothing
   * @param outputFilter - changes what goes out; null changes nothing
   * @param options - BEV_OPT_ flags
   * @param freeContext - called with `ctx` when the filter is freed; may be null
   * @param ctx - handed to the functions
   * @throws RangeError for options that do not fit
   * @throws Error if the one underneath was freed
   */
  static filterNew<C>(
    underlying: Bufferevent,
    inputFilter: BuffereventFilterCallback<C> | null,
    outputFilter: BuffereventFilterCallback<C> | null,
    options: number,
    freeContext: ((ctx: C) => void) | null,
    ctx: C,
  ): Bufferevent {
    const filter = new Bufferevent(
      underlying.getBase(),
      options,
      (state) => new FilterOps(state, underlying, inputFilter, outputFilter, freeContext, ctx),
    );
    filter.#underlying = underlying;
    return filter;
  }

  /**
   * Says what to call: `bufferevent_setcb()`. Each of the three may be null.
   *
   * @param readCb - when bytes came in and there are as many as the low watermark of reading
   * @param writeCb - when bytes went out and no more are left than the low watermark of writing
   * @param eventCb - when connected, at the end of the file, for errors and timeouts
   * @param arg - handed to each of them
   */
  setCb<T>(
    readCb: BuffereventDataCallback<T> | null,
    writeCb: BuffereventDataCallback<T> | null,
    eventCb: BuffereventEventCallback<T> | null,
    arg: T,
  ): void {
    this.state.check();
    this.state.callbacks = new TypedCallbacks(this, readCb, writeCb, eventCb, arg);
  }

  /** What `setCb()` has set: `bufferevent_getcb()`. */
  getCb(): BuffereventCallbackSet {
    this.state.check();
    const { readCb, writeCb, eventCb, arg } = this.state.callbacks ?? NO_CALLBACKS;
    return { readCb, writeCb, eventCb, arg };
  }

  /**
   * Calls the read or write callback if the watermarks are met: `bufferevent_trigger()`.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @param options - BEV_TRIG_IGNORE_WATERMARKS, BEV_TRIG_DEFER_CALLBACKS, both or 0
   */
  trigger(what: number, options: number): void {
    const { state } = this;
    state.check();
    const isForced = (options & BEV_TRIG_IGNORE_WATERMARKS) !== 0;
    if ((what & EV_READ) !== 0) {
      if (isForced) state.callRead(options);
      else state.reportRead(options);
    }
    if ((what & EV_WRITE) === 0 || state.freed) return;
    if (isForced) state.callWrite(options);
    else state.reportWritten(options);
  }

  /**
   * Calls the event callback: `bufferevent_trigger_event()`.
   *
   * @param what - BEV_EVENT_ flags
   * @param options - BEV_TRIG_DEFER_CALLBACKS or 0
   */
  triggerEvent(what: number, options: number): void {
    this.state.check();
    this.state.reportEvent(what, errno(), options);
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
   * Moves all bytes of a buffer to the output, without copying: `bufferevent_write_buffer()`.
   *
   * @param buffer - empty afterwards
   * @returns 0, or -1 if its front is frozen
   */
  writeBuffer(buffer: Evbuffer): number {
    return this.getOutput().addBuffer(buffer);
  }

  /**
   * Takes bytes out of the input: `bufferevent_read()`.
   *
   * @param into - where they go; as many are taken as it has room for
   * @returns how many
   */
  read(into: Uint8Array): number {
    return this.getInput().remove(into);
  }

  /**
   * Moves the whole input to the end of a buffer, without copying: `bufferevent_read_buffer()`.
   *
   * @returns 0, or -1 if the buffer's end is frozen
   */
  readBuffer(into: Evbuffer): number {
    return into.addBuffer(this.getInput());
  }

  /**
   * Connects a socket: `bufferevent_socket_connect()`; connect(2). The event callback gets
   * BEV_EVENT_CONNECTED, or BEV_EVENT_ERROR with the reason in errno, from the loop. What is put in
   * the output meanwhile goes out then.
   *
   * @param address - whom to connect to. Without a descriptor a socket is made; it is the
   *   bufferevent's to close with BEV_OPT_CLOSE_ON_FREE.
   * @returns 0, or -1 and leaves errno if connecting could not start; no descriptor is left open.
   *   -1 for a pair or a filter.
   * @throws RangeError or TypeError for an address that cannot be laid out
   */
  connect(address: SocketAddress): number {
    this.state.check();
    return this.state.ops.connect(address);
  }

  /**
   * Looks a name up and connects a socket to its first address:
   * `bufferevent_socket_connect_hostname()` without a base for DNS; getaddrinfo(3). The thread waits
   * for the answer. A name that cannot be found is a call of the event callback with
   * BEV_EVENT_ERROR, which may be within this one, and `getDnsError()` says more; the rest is as
   * with `connect()`.
   *
   * @param family - `AF_UNSPEC` for any address, `AF_INET` or `AF_INET6`
   * @param hostname - a name, or an address in text
   * @param port - from 1 to 65535
   * @returns 0, or -1 for another family or port
   */
  connectHostname(family: number, hostname: string, port: number): number {
    const { state } = this;
    state.check();
    const isFamily = family === AF_UNSPEC || family === AF_INET || family === AF_INET6;
    if (!isFamily || !Number.isInteger(port) || port < 1 || port > LARGEST_PORT) return -1;
    this.#dnsError = 0;
    const found = getaddrinfo(hostname, String(port), { family, socktype: SOCK_STREAM });
    if (typeof found === 'number') {
      this.#dnsError = found;
      state.reportEvent(BEV_EVENT_ERROR, found === EAI_SYSTEM ? errno() : 0);
      return 0;
    }
    const address = found[0]?.address;
    if (address === undefined || this.connect(address) < 0) {
      state.reportEvent(BEV_EVENT_ERROR, errno());
    }
    return 0;
  }

  /**
   * Why the last `connectHostname()` did not find the name, an `EAI_` number, or 0:
   * `bufferevent_socket_get_dns_error()`. `evutilGaiStrerror()` has the words.
   */
  getDnsError(): number {
    this.state.check();
    return this.#dnsError;
  }

  /** The bufferevent that this one filters, or null: `bufferevent_get_underlying()`. */
  getUnderlying(): Bufferevent | null {
    this.state.check();
    return this.#underlying;
  }

  /** The other end of a pair, or null if it was freed: `bufferevent_pair_get_partner()`. */
  getPartner(): Bufferevent | null {
    this.state.check();
    return this.#partner === null || this.#partner.state.freed ? null : this.#partner;
  }
}
