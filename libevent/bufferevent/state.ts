import { Evbuffer } from '../buffer/evbuffer.ts';
import type { EvbufferObserver } from '../buffer/evbuffer.ts';
import { usedAfterFree } from '../core/errors.ts';
import { IDLE } from '../core/event_record.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import type { EventBase } from '../event/event_base.ts';
import { setErrno } from '../sys/errno.ts';
import type { BuffereventCallbacks } from './callbacks.ts';
import {
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS,
  BEV_TRIG_DEFER_CALLBACKS,
} from './constants.ts';
import { DeferredCallbacks } from './deferred_callbacks.ts';
import type { BuffereventOps } from './ops.ts';
import type { BuffereventRateLimit } from './rate_limit.ts';
import { SUSPEND_WATERMARK } from './suspension.ts';
import type { Suspendable } from './suspension.ts';

/**
 * The most bytes one pass of the loop moves in one direction of one connection, unless told. Four
 * times libevent's: a stream of large messages takes a quarter of the calls and the passes.
 */
export const MAX_SINGLE_DEFAULT = 65536;

/**
 * What a program may set. Most bufferevents have what all have at first, and share that: numbers that
 * are never set would be a tenth of an idle connection.
 */
interface Settings {
  readonly readLow: number;
  readonly readHigh: number;
  readonly writeLow: number;
  readonly writeHigh: number;
  /** Seconds; 0 for no timeout. */
  readonly readTimeout: number;
  readonly writeTimeout: number;
  readonly maxSingleRead: number;
  readonly maxSingleWrite: number;
}

const USUAL: Settings = {
  readLow: 0,
  readHigh: 0,
  writeLow: 0,
  writeHigh: 0,
  readTimeout: 0,
  writeTimeout: 0,
  maxSingleRead: MAX_SINGLE_DEFAULT,
  maxSingleWrite: MAX_SINGLE_DEFAULT,
};

/** What filters a bufferevent, and waits for what it has put in the output to go. */
interface Above {
  /**
   * Takes note that there is more or less output than before, or that it is held up or no longer.
   *
   * @param hasMoved - whether some has gone for good, or could not have until now
   */
  underneathChanged(hasMoved: boolean): void;
}

/**
 * What all bufferevents have, whatever carries their bytes: libevent's
 * `struct bufferevent_private`.
 *
 * @internal
 */
export class BuffereventState implements EvbufferObserver, Suspendable {
  base: EventBase;
  readonly ops: BuffereventOps;
  #input: Evbuffer | null = null;
  #output: Evbuffer | null = null;
  readonly closeOnFree: boolean;
  readonly #isDeferred: boolean;
  callbacks: BuffereventCallbacks | null = null;
  above: Above | null = null;
  /** EV_READ, EV_WRITE or both. */
  enabled = EV_WRITE;
  readSuspended = 0;
  writeSuspended = 0;
  settings = USUAL;
  rateLimit: BuffereventRateLimit | null = null;
  /** Of the events that it has, and of what waits for the loop. */
  priority: number;
  freed = false;
  #deferred: DeferredCallbacks | null = null;

  constructor(
    base: EventBase,
    options: number,
    makeOps: (state: BuffereventState) => BuffereventOps,
  ) {
    this.base = base;
    this.priority = Math.floor(base.getNpriorities() / 2);
    this.closeOnFree = (options & BEV_OPT_CLOSE_ON_FREE) !== 0;
    this.#isDeferred = (options & BEV_OPT_DEFER_CALLBACKS) !== 0;
    this.ops = makeOps(this);
  }

  check(): void {
    if (this.freed) throw usedAfterFree('Bufferevent');
  }

  /** What came in. Made when it is first asked for: a connection may be idle for long, or write only. */
  get input(): Evbuffer {
    return (this.#input ??= this.#makeBuffer(false));
  }

  /** What is to go out; the same. */
  get output(): Evbuffer {
    return (this.#output ??= this.#makeBuffer(true));
  }

  /** How many bytes came in. */
  get inputLength(): number {
    return this.#input === null ? 0 : this.#input.getLength();
  }

  /** How many bytes are to go out. */
  get outputLength(): number {
    return this.#output === null ? 0 : this.#output.getLength();
  }

  /** Changes some of the settings. */
  set(changes: Partial<Settings>): void {
    this.settings = { ...this.settings, ...changes };
  }

  /** Whether bytes may come in. */
  get isReading(): boolean {
    return (this.enabled & EV_READ) !== 0 && this.readSuspended === 0;
  }

  /** Whether bytes may go out. */
  get isWriting(): boolean {
    return (this.enabled & EV_WRITE) !== 0 && this.writeSuspended === 0;
  }

  /** Whether there is a write callback. */
  get wantsWrite(): boolean {
    return this.callbacks !== null && this.callbacks.writeCb !== null;
  }

  /** Whether the input has reached its high watermark. */
  get isFull(): boolean {
    const { readHigh } = this.settings;
    return readHigh > 0 && this.inputLength >= readHigh;
  }

  /** Whether no more is left to write than the low watermark, nor underneath than its own. */
  get isOutputLow(): boolean {
    return this.outputLength <= this.settings.writeLow && this.ops.isOutputGone;
  }

  /** Whether there are bytes that have yet to go, here or underneath. */
  get hasOutput(): boolean {
    return this.outputLength > 0 || this.ops.hasOutputUnderneath;
  }

  /** How many bytes the input may take up to its high watermark; Infinity if it has none. */
  get room(): number {
    const { readHigh } = this.settings;
    return readHigh === 0 ? Infinity : Math.max(0, readHigh - this.inputLength);
  }

  /** How many bytes may be read now, as far as `maxSingleRead` and the rate limits go. */
  readMax(): number {
    const { rateLimit, settings } = this;
    return rateLimit?.readMax(settings.maxSingleRead) ?? settings.maxSingleRead;
  }

  /** How many bytes may be read now, as far as the high watermark goes, too. */
  mostToRead(): number {
    const most = this.readMax();
    return this.settings.readHigh === 0 ? most : Math.min(most, this.room);
  }

  /** How many bytes may be written now, as far as `maxSingleWrite` and the rate limits go. */
  writeMax(): number {
    const { rateLimit, settings } = this;
    return rateLimit?.writeMax(settings.maxSingleWrite) ?? settings.maxSingleWrite;
  }

  enable(what: number): number {
    this.enabled |= what;
    const read = this.readSuspended === 0 ? what & EV_READ : 0;
    const write = this.writeSuspended === 0 ? what & EV_WRITE : 0;
    return (read | write) === 0 ? 0 : this.ops.enable(read | write);
  }

  disable(what: number): number {
    this.enabled &= ~what;
    return this.ops.disable(what);
  }

  suspendRead(why: number): void {
    if (this.freed) return;
    const wasSuspended = this.readSuspended !== 0;
    this.readSuspended |= why;
    if (!wasSuspended) this.ops.disable(EV_READ);
  }

  unsuspendRead(why: number): void {
    if ((this.readSuspended & why) === 0 || this.freed) return;
    this.readSuspended &= ~why;
    if (this.isReading) this.ops.enable(EV_READ);
  }

  suspendWrite(why: number): void {
    if (this.freed) return;
    const wasSuspended = this.writeSuspended !== 0;
    this.writeSuspended |= why;
    if (wasSuspended) return;
    this.ops.disable(EV_WRITE);
    this.above?.underneathChanged(false);
  }

  unsuspendWrite(why: number): void {
    if ((this.writeSuspended & why) === 0 || this.freed) return;
    this.writeSuspended &= ~why;
    if (this.writeSuspended === 0) this.above?.underneathChanged(true);
    // With nothing to write, enabling would call the write callback for no reason.
    if (this.isWriting && this.hasOutput) this.ops.enable(EV_WRITE);
  }

  /** Suspends reading when the input has reached its high watermark, resumes it when it has not. */
  checkFullness(): void {
    if (this.isFull) this.suspendRead(SUSPEND_WATERMARK);
    else this.unsuspendRead(SUSPEND_WATERMARK);
  }

  /**
   * Calls the read callback if enough is there.
   *
   * @param options - BEV_TRIG_DEFER_CALLBACKS or 0
   */
  reportRead(options = 0): void {
    if (this.inputLength >= this.settings.readLow) this.callRead(options);
  }

  /** Calls the write callback if little enough is left. */
  reportWritten(options = 0): void {
    if (this.isOutputLow) this.callWrite(options);
  }

  /** Calls the write callback in the next pass, if little enough is left. */
  reportWrittenNextPass(): void {
    if (this.wantsWrite && this.isOutputLow) this.#defer().writeNextPass();
  }

  /**
   * Calls the event callback.
   *
   * @param what - BEV_EVENT_ flags
   * @param error - the error number, 0 if there is none
   */
  reportEvent(what: number, error: number, options = 0): void {
    if (this.callbacks === null) return;
    if (this.#isToDefer(options)) {
      this.#defer().event(what, error);
      return;
    }
    // Calls since the failure have left their own errno; the callback is to find this one.
    if (error !== 0) setErrno(error);
    this.callbacks.event(what);
  }

  /** Calls the event callback in the next pass. */
  reportEventNextPass(what: number, error: number): void {
    this.#defer().eventNextPass(what, error);
  }

  /** Calls the read callback. */
  callRead(options: number): void {
    if (this.callbacks === null) return;
    if (this.#isToDefer(options)) this.#defer().read();
    else this.callbacks.read();
  }

  /** Calls the write callback. */
  callWrite(options: number): void {
    if (this.callbacks === null) return;
    if (this.#isToDefer(options)) this.#defer().write();
    else this.callbacks.write();
  }

  /** Changes the priority. Returns 0, or -1 if it is out of range or an event is about to run. */
  setPriority(priority: number): number {
    const deferred = this.#deferred;
    if (deferred !== null && deferred.state !== IDLE) return -1;
    if (this.ops.setPriority(priority) < 0) return -1;
    this.priority = priority;
    if (deferred !== null) deferred.priority = priority;
    return 0;
  }

  /** Changes the base. What waits for the old one's loop waits for the new one's. */
  setBase(base: EventBase): number {
    const old = this.base;
    this.base = base;
    if (this.ops.setBase() < 0) {
      this.base = old;
      return -1;
    }
    this.rateLimit?.setBase();
    this.#deferred?.changeBase(old);
    return 0;
  }

  evbufferChanged(buffer: Evbuffer, added: number, deleted: number): void {
    if (buffer === this.#input) {
      if (deleted > 0 && this.readSuspended !== 0) this.checkFullness();
    } else if (added > 0 && this.isWriting) {
      this.ops.outputAdded();
    }
  }

  free(): void {
    this.freed = true;
    this.callbacks = null;
    if (this.#deferred !== null) this.base.deleteEvent(this.#deferred);
    this.rateLimit?.free();
    this.ops.free();
    this.#input?.free();
    this.#output?.free();
    this.#input = null;
    this.#output = null;
    this.above?.underneathChanged(false);
  }

  /** A buffer whose front or end is for the bufferevent alone to change. */
  #makeBuffer(atFront: boolean): Evbuffer {
    this.check();
    const buffer = new Evbuffer(this, this.base.chainPool);
    buffer.freeze(atFront);
    return buffer;
  }

  #isToDefer(options: number): boolean {
    return this.#isDeferred || (options & BEV_TRIG_DEFER_CALLBACKS) !== 0;
  }

  #defer(): DeferredCallbacks {
    return (this.#deferred ??= new DeferredCallbacks(this));
  }
}
