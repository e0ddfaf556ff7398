import type { Evbuffer } from '../buffer/evbuffer.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import type { EventBase } from '../event/event_base.ts';
import { AF_INET, AF_INET6, AF_UNSPEC } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { errno } from '../sys/errno.ts';
import { EAI_SYSTEM, getaddrinfo } from '../sys/netdb.ts';
import { SOCK_STREAM } from '../sys/socket.ts';
import { TypedCallbacks } from './callbacks.ts';
import {
  BEV_EVENT_ERROR,
  BEV_OPT_DEFER_CALLBACKS,
  BEV_OPT_UNLOCK_CALLBACKS,
  BEV_TRIG_IGNORE_WATERMARKS,
} from './constants.ts';
import type { BuffereventFlushMode } from './constants.ts';
import { CompletionOps } from './completion.ts';
import { FilterOps } from './filter.ts';
import type { BuffereventFilterCallback } from './filter.ts';
import type { BuffereventOps } from './ops.ts';
import { PairOps } from './pair.ts';
import { BuffereventRateLimit } from './rate_limit.ts';
import type { BuffereventRateLimitGroup } from './rate_limit_group.ts';
import { SocketOps } from './socket.ts';
import { BuffereventState, MAX_SINGLE_DEFAULT } from './state.ts';
import { EV_RATE_LIMIT_MAX } from './token_bucket_cfg.ts';
import type { EvTokenBucketCfg } from './token_bucket_cfg.ts';

const LARGEST_PORT = 65535;
const ALL_OPTIONS = 0x0f;
const DIRECTIONS = EV_READ | EV_WRITE;

/** Called when there is something to read, or when what was to be written has gone. */
export type BuffereventDataCallback<T> = (bev: Bufferevent, arg: T) => void;

/** Called for anything else; `what` is made of BEV_EVENT_ flags. */
export type BuffereventEventCallback<T> = (bev: Bufferevent, what: number, arg: T) => void;

/**
 * What `getCb()` finds. The bufferevent does not know the type of the argument, so the callbacks are
 * good for comparing, not for calling.
 */
export interface BuffereventCallbackSet {
  /** The read callback, or null. */
  readonly readCb: BuffereventDataCallback<never> | null;
  /** The write callback, or null. */
  readonly writeCb: BuffereventDataCallback<never> | null;
  /** The event callback, or null. */
  readonly eventCb: BuffereventEventCallback<never> | null;
  /** What is handed to each of them. */
  readonly arg: unknown;
}

/** The watermarks of one direction. */
export interface Watermarks {
  /** Bytes. */
  readonly low: number;
  /** Bytes, 0 for no limit. */
  readonly high: number;
}

/** No callbacks at all. */
const NO_CALLBACKS: BuffereventCallbackSet = {
  readCb: null,
  writeCb: null,
  eventCb: null,
  arg: null,
};

/**
 * A buffer for what came in, a buffer for what is to go out, and something that carries the bytes:
 * libevent's `struct bufferevent`. It reads by itself once EV_READ is enabled, and writes what is
 * put in its output.
 */
export class Bufferevent implements Disposable {
  /** @internal */
  readonly state: BuffereventState;
  #dnsError = 0;
  #partner: Bufferevent | null = null;
  #underlying: Bufferevent | null = null;

  private constructor(
    base: EventBase,
    options: number,
    makeOps: (state: BuffereventState) => BuffereventOps,
  ) {
    checkOptions(options);
    this.state = new BuffereventState(base, options, makeOps);
  }

  /**
   * Makes a bufferevent on a nonblocking socket: `bufferevent_socket_new()`. Writing is enabled,
   * reading is not yet.
   *
   * @param base - the base whose loop does the work
   * @param fd - a connected socket, or one for `connect()`, or -1 for `connect()` or `setFd()` to give
   *   it one. A pipe or a terminal will do; if nobody reads a pipe, a process that doesn't ignore
   *   SIGPIPE, as Node does, ends.
   * @param options - BEV_OPT_ flags
   * @throws RangeError for a descriptor below -1, or options that do not fit
   */
  static socketNew(base: EventBase, fd: number, options: number): Bufferevent {
    checkDescriptor(fd);
    const { completions } = base;
    return new Bufferevent(base, options, (state) =>
      completions === null ? new SocketOps(state, fd) : new CompletionOps(state, fd, completions),
    );
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
   * @param writeCb - when bytes went out and no more are left than the low watermark of writing; for
   *   a filter, when that is so of what is underneath, too
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
    const { callbacks } = this.state;
    const set: BuffereventCallbackSet =
      callbacks instanceof TypedCallbacks ? callbacks : NO_CALLBACKS;
    const { readCb, writeCb, eventCb, arg } = set;
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
   * Lets it read, write or both: `bufferevent_enable()`. Enabling a socket to write when there is
   * nothing to write runs the write callback once, as soon as the socket would take something.
   * Reading a socket that is not connected begins with `connect()`.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @returns 0, or -1 and leaves errno
   */
  enable(what: number): number {
    this.state.check();
    return this.state.enable(what & DIRECTIONS);
  }

  /**
   * Stops it reading, writing or both: `bufferevent_disable()`. What comes in stays in the kernel.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @returns 0, or -1 and leaves errno
   */
  disable(what: number): number {
    this.state.check();
    return this.state.disable(what & DIRECTIONS);
  }

  /** What is enabled, of EV_READ and EV_WRITE: `bufferevent_get_enabled()`. */
  getEnabled(): number {
    this.state.check();
    return this.state.enabled;
  }

  /** What came in, for taking out; only the bufferevent adds to it: `bufferevent_get_input()`. */
  getInput(): Evbuffer {
    this.state.check();
    return this.state.input;
  }

  /** What is to go out, for putting in; only the bufferevent drains it: `bufferevent_get_output()`. */
  getOutput(): Evbuffer {
    this.state.check();
    return this.state.output;
  }

  /**
   * Hands on what is held back: `bufferevent_flush()`. A socket holds nothing back. A pair moves its
   * output to the partner, whatever the partner's watermark and whether or not it reads; a filter
   * calls its functions with the mode and flushes what is underneath.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @param mode - BEV_NORMAL, which does nothing to a pair; BEV_FLUSH; or BEV_FINISHED, after which
   *   the partner of a pair is told of the end of the file
   * @returns 1 if a filter moved something, else 0; -1 for a pair whose other end was freed
   */
  flush(what: number, mode: BuffereventFlushMode): number {
    this.state.check();
    return this.state.ops.flush(what, mode);
  }

  /**
   * Connects a socket: `bufferevent_socket_connect()`; connect(2). The event callback gets
   * BEV_EVENT_CONNECTED, or BEV_EVENT_ERROR with the reason in errno, from the loop. What is put in
   * the output meanwhile goes out then.
   *
   * @param address - whom to connect to. Without a descriptor a socket is made; it is the
   *   bufferevent's to close with BEV_OPT_CLOSE_ON_FREE. Null if you have called connect(2) on the
   *   descriptor yourself: then this waits for the end of that.
   * @returns 0, or -1 and leaves errno if connecting could not start; no descriptor is left open.
   *   -1 for a pair or a filter, or with neither address nor descriptor, which is `EINVAL`.
   * @throws RangeError or TypeError for an address that cannot be laid out
   */
  connect(address: SocketAddress | null): number {
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

  /** The socket, a filter's is the one underneath, or -1: `bufferevent_getfd()`. */
  getFd(): number {
    this.state.check();
    return this.state.ops.getFd();
  }

  /**
   * Uses another socket: `bufferevent_setfd()`. What is enabled stays so. The old one stays open,
   * and is the caller's.
   *
   * @param fd - a connected, nonblocking socket, or -1 for none
   * @returns 0, or -1 for a pair, or if the base cannot watch the descriptor, which leaves errno
   * @throws RangeError for what is no descriptor
   */
  setFd(fd: number): number {
    this.state.check();
    checkDescriptor(fd);
    return this.state.ops.setFd(fd);
  }

  /** The base: `bufferevent_get_base()`. */
  getBase(): EventBase {
    this.state.check();
    return this.state.base;
  }

  /**
   * Lets another base do the work of a socket: `bufferevent_base_set()`. Unlike libevent's it may be
   * enabled; its events move along.
   *
   * @param base - the new base
   * @returns 0, or -1 for a pair or a filter, or if the base cannot watch the descriptor
   */
  baseSet(base: EventBase): number {
    this.state.check();
    return this.state.setBase(base);
  }

  /**
   * Sets the priority of the events of a socket: `bufferevent_priority_set()`.
   *
   * @param priority - from 0, the most urgent, to one less than the base's number of priorities
   * @returns 0, or -1 for a priority that the base does not have, an event that is about to run, a
   *   pair or a filter
   */
  prioritySet(priority: number): number {
    this.state.check();
    return this.state.setPriority(priority);
  }

  /** The priority, the base's middle one unless set: `bufferevent_get_priority()`. */
  getPriority(): number {
    this.state.check();
    return this.state.priority;
  }

  /**
   * Sets limits: `bufferevent_setwatermark()`.
   *
   * @param what - EV_READ, EV_WRITE or both
   * @param low - for reading, how many bytes there must be for the read callback; for writing, how
   *   many may be left for the write callback
   * @param high - for reading, how many bytes the input takes before reading stops until some are
   *   drained; for writing, how many a filter above puts in the output; 0 for no limit. A read
   *   callback that leaves the input full is called once, and again only when more has come.
   * @throws RangeError for a limit that is not a whole number of bytes
   */
  setWatermark(what: number, low: number, high: number): void {
    const { state } = this;
    state.check();
    checkBytes('a low watermark', low);
    checkBytes('a high watermark', high);
    if ((what & EV_WRITE) !== 0) {
      state.set({ writeLow: low, writeHigh: high });
    }
    if ((what & EV_READ) === 0) return;
    state.set({ readLow: low, readHigh: high });
    state.ops.limitsChanged();
    state.checkFullness();
  }

  /**
   * The limits of one direction: `bufferevent_getwatermark()`.
   *
   * @param what - EV_READ or EV_WRITE
   * @throws RangeError for both, or neither
   */
  getWatermark(what: number): Watermarks {
    const { state } = this;
    state.check();
    const { readLow, readHigh, writeLow, writeHigh } = state.settings;
    if (what === EV_READ) return { low: readLow, high: readHigh };
    if (what === EV_WRITE) return { low: writeLow, high: writeHigh };
    throw new RangeError('getWatermark() wants EV_READ or EV_WRITE');
  }

  /**
   * Says how long nothing may move: `bufferevent_set_timeouts()`. When the time is up the direction
   * is disabled and the event callback gets BEV_EVENT_TIMEOUT with BEV_EVENT_READING or
   * BEV_EVENT_WRITING. Whatever is read or written starts the time anew; for writing it runs only
   * while there is something to write, for a filter also while that waits underneath, unless a rate
   * limit holds it up there.
   *
   * @param read - seconds while reading is enabled; null or 0 for any time
   * @param write - seconds while there is something to write; null or 0 for any time
   * @throws RangeError for a time that is negative or not finite
   */
  setTimeouts(read: number | null, write: number | null): void {
    const { state } = this;
    state.check();
    state.set({ readTimeout: seconds(read), writeTimeout: seconds(write) });
    state.ops.timeoutsChanged();
  }

  /**
   * Sets the most bytes one pass of the loop reads: `bufferevent_set_max_single_read()`.
   *
   * @param size - bytes; 0 for the usual 65,536, which is 16,384 in libevent
   * @returns 0
   * @throws RangeError for what is no number of bytes
   */
  setMaxSingleRead(size: number): number {
    this.state.check();
    checkBytes('the most for one read', size);
    this.state.set({ maxSingleRead: size === 0 ? MAX_SINGLE_DEFAULT : size });
    this.state.ops.limitsChanged();
    return 0;
  }

  /**
   * Sets the most bytes one pass of the loop writes: `bufferevent_set_max_single_write()`.
   *
   * @param size - bytes; 0 for the usual 65,536, which is 16,384 in libevent
   * @returns 0
   * @throws RangeError for what is no number of bytes
   */
  setMaxSingleWrite(size: number): number {
    this.state.check();
    checkBytes('the most for one write', size);
    this.state.set({ maxSingleWrite: size === 0 ? MAX_SINGLE_DEFAULT : size });
    return 0;
  }

  /** The most bytes one pass of the loop reads: `bufferevent_get_max_single_read()`. */
  getMaxSingleRead(): number {
    this.state.check();
    return this.state.settings.maxSingleRead;
  }

  /** The most bytes one pass of the loop writes: `bufferevent_get_max_single_write()`. */
  getMaxSingleWrite(): number {
    this.state.check();
    return this.state.settings.maxSingleWrite;
  }

  /**
   * Limits the rate of a socket: `bufferevent_set_rate_limit()`. Pairs and filters take the limit
   * and are not slowed by it, as in libevent; limit the socket underneath.
   *
   * @param cfg - how much may pass; null lifts the limit
   * @returns 0
   */
  setRateLimit(cfg: EvTokenBucketCfg | null): number {
    this.state.check();
    if (cfg !== null || this.state.rateLimit !== null) this.#rateLimit().setCfg(cfg);
    return 0;
  }

  /** Its own limit as it was set, or null: `bufferevent_get_token_bucket_cfg()`. */
  getTokenBucketCfg(): EvTokenBucketCfg | null {
    this.state.check();
    return this.state.rateLimit?.cfg ?? null;
  }

  /**
   * Shares the limit of a group, and that of no other: `bufferevent_add_to_rate_limit_group()`.
   *
   * @returns 0
   * @throws Error if the group was freed
   */
  addToRateLimitGroup(group: BuffereventRateLimitGroup): number {
    this.state.check();
    this.#rateLimit().setGroup(group);
    return 0;
  }

  /** Leaves its group, if it is in one: `bufferevent_remove_from_rate_limit_group()`. Returns 0. */
  removeFromRateLimitGroup(): number {
    this.state.check();
    this.state.rateLimit?.setGroup(null);
    return 0;
  }

  /**
   * How many bytes its own limit lets it read now, EV_RATE_LIMIT_MAX without one:
   * `bufferevent_get_read_limit()`. 0 or less means none until a later tick.
   */
  getReadLimit(): number {
    this.state.check();
    return this.state.rateLimit?.readLimit ?? EV_RATE_LIMIT_MAX;
  }

  /**
   * How many bytes its own limit lets it write now, EV_RATE_LIMIT_MAX without one:
   * `bufferevent_get_write_limit()`. 0 or less means none until a later tick.
   */
  getWriteLimit(): number {
    this.state.check();
    return this.state.rateLimit?.writeLimit ?? EV_RATE_LIMIT_MAX;
  }

  /** How many bytes the next pass may read, all limits together: `bufferevent_get_max_to_read()`. */
  getMaxToRead(): number {
    this.state.check();
    return this.state.readMax();
  }

  /** How many bytes the next pass may write, all limits together: `bufferevent_get_max_to_write()`. */
  getMaxToWrite(): number {
    this.state.check();
    return this.state.writeMax();
  }

  /**
   * Takes bytes off what its own limit lets it read, as if they had been read:
   * `bufferevent_decrement_read_limit()`. Used up, or below 0, reading waits for a tick that refills
   * it.
   *
   * @param count - bytes; below 0 to give some back
   * @returns 0
   */
  decrementReadLimit(count: number): number {
    this.state.check();
    this.state.rateLimit?.decrementRead(count);
    return 0;
  }

  /**
   * Takes bytes off what its own limit lets it write, as if they had been written:
   * `bufferevent_decrement_write_limit()`. Used up, or below 0, writing waits for a tick that
   * refills it.
   *
   * @param count - bytes; below 0 to give some back
   * @returns 0
   */
  decrementWriteLimit(count: number): number {
    this.state.check();
    this.state.rateLimit?.decrementWrite(count);
    return 0;
  }

  /**
   * Stops everything and makes the bufferevent unusable: `bufferevent_free()`. Output that has not
   * gone out is dropped. No callback runs afterwards; its own may call this. With
   * BEV_OPT_CLOSE_ON_FREE the loop closes the socket when it next runs, and a filter frees the
   * bufferevent underneath.
   *
   * @throws Error if that was done before
   */
  free(): void {
    this.state.check();
    this.state.free();
  }

  /** Frees the bufferevent at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    if (!this.state.freed) this.free();
  }

  #rateLimit(): BuffereventRateLimit {
    const { state } = this;
    if (state.rateLimit === null) {
      state.rateLimit = new BuffereventRateLimit(state);
      state.ops.limitsChanged();
    }
    return state.rateLimit;
  }
}

function checkOptions(options: number): void {
  if (!Number.isInteger(options) || (options & ~ALL_OPTIONS) !== 0) {
    throw new RangeError(`options ${String(options)} are not made of BEV_OPT_ flags`);
  }
  const unlockWithoutDefer =
    (options & BEV_OPT_UNLOCK_CALLBACKS) !== 0 && (options & BEV_OPT_DEFER_CALLBACKS) === 0;
  if (unlockWithoutDefer) {
    throw new RangeError('BEV_OPT_UNLOCK_CALLBACKS needs BEV_OPT_DEFER_CALLBACKS');
  }
}

function checkDescriptor(fd: number): void {
  if (Number.isInteger(fd) && fd >= -1) return;
  throw new RangeError(`a descriptor is a whole number from -1, not ${String(fd)}`);
}

function seconds(timeout: number | null): number {
  if (timeout === null) return 0;
  if (Number.isFinite(timeout) && timeout >= 0) return timeout;
  throw new RangeError(`a timeout is 0 seconds or more, not ${String(timeout)}`);
}

function checkBytes(name: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 0) return;
  throw new RangeError(`${name} is a number of bytes, not ${String(count)}`);
}
