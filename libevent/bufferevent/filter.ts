import type { Evbuffer } from '../buffer/evbuffer.ts';
import { EventRecord, IDLE } from '../core/event_record.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { errno } from '../sys/errno.ts';
import {
  BEV_ERROR,
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_FINISHED,
  BEV_NEED_MORE,
  BEV_NORMAL,
  BEV_OK,
  BEV_TRIG_DEFER_CALLBACKS,
} from './constants.ts';
import type { BuffereventFilterResult, BuffereventFlushMode } from './constants.ts';
import { GenericTimeouts } from './generic_timeouts.ts';
import type { BuffereventOps } from './ops.ts';
import type { BuffereventState } from './state.ts';
import { SUSPEND_FILTER } from './suspension.ts';

/**
 * Changes bytes on their way: libevent's `bufferevent_filter_cb`. It takes some from the front of
 * one buffer and puts what they become at the end of the other. One that keeps some back for lack of
 * room puts in as many as `limit` says: it is called again when there is room, with an empty source
 * if it has taken all. It must not free the filter or the bufferevent underneath.
 *
 * @param source - where the bytes come from
 * @param destination - where they go
 * @param limit - how many bytes it should put there at most, -1 for any number
 * @param mode - BEV_NORMAL, BEV_FLUSH or BEV_FINISHED: whether it may keep something back
 * @param ctx - what was given with the filter
 * @returns BEV_OK if it moved something, BEV_NEED_MORE if it cannot before more is there, BEV_ERROR
 *   if it cannot go on
 */
export type BuffereventFilterCallback<C> = (
  source: Evbuffer,
  destination: Evbuffer,
  limit: number,
  mode: BuffereventFlushMode,
  ctx: C,
) => BuffereventFilterResult;

/** After these nothing more is read. */
const ENDS = BEV_EVENT_EOF | BEV_EVENT_ERROR;

/** The filter that changes nothing. */
function passOn(source: Evbuffer, destination: Evbuffer, limit: number): BuffereventFilterResult {
  const moved = source.removeBuffer(destination, limit < 0 ? source.getLength() : limit);
  if (moved < 0) return BEV_ERROR;
  return moved > 0 ? BEV_OK : BEV_NEED_MORE;
}

/** Runs a filter's input from the loop. */
class InputWork extends EventRecord {
  readonly #ops: FilterInput;

  constructor(ops: FilterInput) {
    super(-1, 0);
    this.#ops = ops;
  }

  override fire(): void {
    this.#ops.takeInput();
  }
}

/** The bufferevent that a filter reads and writes. */
interface Underlying {
  readonly state: BuffereventState;
  setCb<T>(
    readCb: (bev: unknown, arg: T) => void,
    writeCb: (bev: unknown, arg: T) => void,
    eventCb: (bev: unknown, what: number, arg: T) => void,
    arg: T,
  ): void;
  enable(what: number): number;
  getInput(): Evbuffer;
  flush(what: number, mode: BuffereventFlushMode): number;
  getFd(): number;
  setFd(fd: number): number;
  free(): void;
}

interface FilterInput {
  takeInput(): void;
}

/**
 * Carries the bytes of a bufferevent through two functions to and from another bufferevent.
 *
 * @internal
 */
export class FilterOps<C> implements BuffereventOps, FilterInput {
  readonly #state: BuffereventState;
  readonly #underlying: Underlying;
  readonly #inputFilter: BuffereventFilterCallback<C>;
  readonly #outputFilter: BuffereventFilterCallback<C>;
  readonly #freeContext: ((ctx: C) => void) | null;
  readonly #ctx: C;
  readonly #timeouts: GenericTimeouts;
  readonly #inputWork: InputWork;
  /** Whether the filter stopped taking input because the bufferevent was full. */
  #wasFull = false;
  /** The end of what is read underneath, BEV_EVENT_ flags and errno, until all before it is here. */
  #end = 0;
  #endError = 0;
  #isFilteringOutput = false;
  /** Whether something was taken out of the output since the write callback was asked for. */
  #hasWritten = false;

  constructor(
    state: BuffereventState,
    underlying: Underlying,
    inputFilter: BuffereventFilterCallback<C> | null,
    outputFilter: BuffereventFilterCallback<C> | null,
    freeContext: ((ctx: C) => void) | null,
    ctx: C,
  ) {
    this.#state = state;
    this.#underlying = underlying;
    this.#inputFilter = inputFilter ?? passOn;
    this.#outputFilter = outputFilter ?? passOn;
    this.#freeContext = freeContext;
    this.#ctx = ctx;
    this.#timeouts = new GenericTimeouts(state);
    this.#inputWork = new InputWork(this);
    this.#inputWork.priority = state.priority;
    underlying.state.suspendRead(SUSPEND_FILTER);
    // Without a write callback that is enabled quietly: nobody waits for the socket to be writable.
    underlying.state.callbacks = null;
    underlying.enable(EV_READ | EV_WRITE);
    underlying.state.above = this;
    underlying.setCb<FilterOps<C>>(
      (_bev, ops) => ops.takeInput(),
      (_bev, ops) => ops.#underlyingWritten(),
      (_bev, what, ops) => ops.#underlyingEvent(what),
      this,
    );
  }

  enable(what: number): number {
    if ((what & EV_WRITE) !== 0) {
      this.#timeouts.restartWrite();
      this.#process(BEV_NORMAL);
    }
    if ((what & EV_READ) === 0) return 0;
    this.#timeouts.restartRead();
    const below = this.#underlying.state;
    below.unsuspendRead(SUSPEND_FILTER);
    // What the bufferevent underneath has read before, or the filter has kept for lack of room, would
    // wait for more to come.
    if (below.freed) return 0;
    if (below.inputLength > 0 || this.#wasFull || this.#end !== 0) this.#takeInputSoon();
    return 0;
  }

  disable(what: number): number {
    this.#timeouts.stop(what);
    if ((what & EV_READ) !== 0) this.#underlying.state.suspendRead(SUSPEND_FILTER);
    return 0;
  }

  get isOutputGone(): boolean {
    const below = this.#underlying.state;
    return below.freed || below.isOutputLow;
  }

  get hasOutputUnderneath(): boolean {
    const below = this.#underlying.state;
    // What a rate limit holds up is not late.
    return !below.freed && below.writeSuspended === 0 && below.hasOutput;
  }

  /** The one underneath has got or got rid of output that may have come from here. */
  underneathChanged(hasMoved: boolean): void {
    const state = this.#state;
    if (state.freed) return;
    if (hasMoved) this.#timeouts.restartWrite();
    else this.#timeouts.startWrite();
    state.above?.underneathChanged(hasMoved);
  }

  outputAdded(): void {
    this.#process(BEV_NORMAL);
    this.#timeouts.startWrite();
  }

  timeoutsChanged(): void {
    this.#timeouts.restartRead();
    this.#timeouts.restartWrite();
  }

  limitsChanged(): void {}

  flush(what: number, mode: BuffereventFlushMode): number {
    if (this.#underlying.state.freed) return 0;
    const hasRead = (what & EV_READ) !== 0 && this.#filterInput(mode);
    if (hasRead) this.#inputAdded(BEV_TRIG_DEFER_CALLBACKS);
    const hasWritten = (what & EV_WRITE) !== 0 && this.#process(mode);
    this.#underlying.flush(what, mode);
    return hasRead || hasWritten ? 1 : 0;
  }

  getFd(): number {
    return this.#underlying.state.freed ? -1 : this.#underlying.getFd();
  }

  setFd(fd: number): number {
    return this.#underlying.setFd(fd);
  }

  setBase(): number {
    return -1;
  }

  setPriority(): number {
    return -1;
  }

  connect(): number {
    return -1;
  }

  free(): void {
    this.#timeouts.free();
    this.#state.base.deleteEvent(this.#inputWork);
    const below = this.#underlying.state;
    if (!below.freed) {
      if (below.callbacks?.arg === this) below.callbacks = null;
      if (below.above === this) below.above = null;
      if (this.#state.closeOnFree) this.#underlying.free();
      else below.unsuspendRead(SUSPEND_FILTER);
    }
    if (this.#freeContext !== null) this.#freeContext(this.#ctx);
  }

  /** Takes what the bufferevent underneath has read through the input filter. */
  takeInput(): void {
    const state = this.#state;
    if (state.freed || this.#underlying.state.freed) return;
    // A filter that reads no more, or is full, gets its input when it is enabled again.
    if (state.isReading) {
      const length = state.inputLength;
      const hadSource = this.#underlying.state.inputLength > 0;
      const isOk = this.#filterInput(BEV_NORMAL);
      // Called only for what it might have kept back, it may have nothing.
      if (isOk && (hadSource || state.inputLength !== length)) this.#inputAdded(0);
    }
    this.#tellEnd();
  }

  #takeInputSoon(): void {
    if (this.#inputWork.state === IDLE) this.#state.base.activate(this.#inputWork, 0);
  }

  #underlyingEvent(what: number): void {
    const error = (what & BEV_EVENT_ERROR) !== 0 ? errno() : 0;
    const ends = (what & BEV_EVENT_READING) !== 0 && (what & ENDS) !== 0;
    if (!ends) {
      this.#state.reportEvent(what, error);
      return;
    }
    this.#end = what;
    this.#endError = error;
    this.#tellEnd();
  }

  /** Tells the end, if there is one, unless bytes that came before it have yet to be taken. */
  #tellEnd(): void {
    const state = this.#state;
    const below = this.#underlying.state;
    if (this.#end === 0 || state.freed || below.freed || this.#inputWork.state !== IDLE) return;
    if (!state.isReading && below.inputLength > 0) return;
    const what = this.#end;
    this.#end = 0;
    // The filter may have kept something back, here or underneath, to wait for more.
    if ((what & BEV_EVENT_EOF) !== 0 && this.#filterInput(BEV_FINISHED)) this.#inputAdded(0);
    // To nobody, if that has freed the filter.
    state.reportEvent(what, this.#endError);
  }

  #underlyingWritten(): void {
    this.#process(BEV_NORMAL);
    this.#reportWritten();
  }

  /**
   * Asks for the write callback, if all is gone underneath, too. It comes from the loop: a write
   * callback that writes would be called from within itself.
   */
  #reportWritten(): void {
    if (!this.#hasWritten || !this.isOutputGone) return;
    this.#hasWritten = false;
    this.#state.reportWrittenNextPass();
  }

  #inputAdded(options: number): void {
    const state = this.#state;
    this.#timeouts.restartRead();
    state.reportRead(options);
    if (state.freed) return;
    state.checkFullness();
    // The callback has made room while nobody was waiting for it yet.
    if (this.#wasFull && state.isReading && !this.#underlying.state.freed) this.#takeInputSoon();
  }

  #filterInput(mode: BuffereventFlushMode): boolean {
    const { input, settings } = this.#state;
    const { readHigh } = settings;
    const source = this.#underlying.getInput();
    const isLimited = mode === BEV_NORMAL && readHigh > 0;
    let isOk = false;
    this.#wasFull = isLimited && this.#state.isFull;
    if (this.#wasFull) return isOk;
    input.unfreeze(false);
    try {
      for (;;) {
        const limit = isLimited ? readHigh - input.getLength() : -1;
        const left = source.getLength();
        if (this.#inputFilter(source, input, limit, mode, this.#ctx) !== BEV_OK) return isOk;
        isOk = true;
        const isStuck = source.getLength() === left;
        this.#wasFull = isLimited && this.#state.isFull;
        if (source.getLength() === 0 || isStuck || this.#wasFull) return isOk;
      }
    } finally {
      input.freeze(false);
    }
  }

  /** Takes the output through the output filter. Returns whether that moved something. */
  #process(mode: BuffereventFlushMode): boolean {
    const state = this.#state;
    // What the filter itself puts in the output goes with what it is filtering.
    if (this.#isFilteringOutput || state.freed || this.#underlying.state.freed) return false;
    const isIdle = !state.isWriting || state.outputLength === 0;
    // To flush, the filter is called even if there is nothing: it may have kept something back.
    if (mode === BEV_NORMAL && (isIdle || this.#isUnderlyingFull(mode))) return false;
    if (!this.#filterOutput(mode)) return false;
    // What only waits underneath has not got on: who writes ever more would never be told.
    this.underneathChanged(false);
    this.#hasWritten = true;
    this.#reportWritten();
    return true;
  }

  #isUnderlyingFull(mode: BuffereventFlushMode): boolean {
    const { outputLength, settings } = this.#underlying.state;
    const { writeHigh } = settings;
    return mode === BEV_NORMAL && writeHigh > 0 && outputLength >= writeHigh;
  }

  #filterOutput(mode: BuffereventFlushMode): boolean {
    const { output } = this.#state;
    const below = this.#underlying.state;
    const target = below.output;
    let isOk = false;
    this.#isFilteringOutput = true;
    output.unfreeze(true);
    try {
      for (;;) {
        const { writeHigh } = below.settings;
        const isLimited = mode === BEV_NORMAL && writeHigh > 0;
        const limit = isLimited ? writeHigh - target.getLength() : -1;
        const left = output.getLength();
        if (this.#outputFilter(output, target, limit, mode, this.#ctx) !== BEV_OK) return isOk;
        isOk = true;
        const isStuck = output.getLength() === left;
        if (output.getLength() === 0 || isStuck || this.#isUnderlyingFull(mode)) return isOk;
      }
    } finally {
      this.#isFilteringOutput = false;
      output.freeze(true);
    }
  }
}
