import { EventRecord, IDLE } from '../core/event_record.ts';
import type { EventBase } from '../event/event_base.ts';
import { setErrno } from '../sys/errno.ts';
import type { BuffereventCallbacks } from './callbacks.ts';
import { BEV_EVENT_CONNECTED } from './constants.ts';

const READ = 1;
const WRITE = 2;
const WRITE_IF_LOW = 4;

/** What a bufferevent tells of itself to the callbacks that wait. */
interface DeferringState {
  readonly base: EventBase;
  readonly priority: number;
  readonly callbacks: BuffereventCallbacks | null;
  readonly isOutputLow: boolean;
  readonly freed: boolean;
}

/**
 * The callbacks of one bufferevent that wait for the loop: libevent's deferred callbacks. What is
 * asked for again before its turn comes is called once.
 *
 * @internal
 */
export class DeferredCallbacks extends EventRecord {
  readonly #state: DeferringState;
  #pending = 0;
  #events = 0;
  #error = 0;

  constructor(state: DeferringState) {
    super(-1, 0);
    this.#state = state;
    this.priority = state.priority;
  }

  /** Calls the read callback soon. */
  read(): void {
    this.#pending |= READ;
    this.#schedule();
  }

  /** Calls the write callback soon. */
  write(): void {
    this.#pending |= WRITE;
    this.#schedule();
  }

  /** Calls the write callback in the next pass, if no more than the low watermark is left by then. */
  writeNextPass(): void {
    this.#pending |= WRITE_IF_LOW;
    this.#state.base.activateLater(this, 0);
  }

  /** Calls the event callback soon. */
  event(what: number, error: number): void {
    this.#notice(what, error);
    this.#schedule();
  }

  /** Calls the event callback in the next pass. */
  eventNextPass(what: number, error: number): void {
    this.#notice(what, error);
    this.#state.base.activateLater(this, 0);
  }

  /** Leaves a base that is no longer the bufferevent's. */
  changeBase(old: EventBase): void {
    old.deleteEvent(this);
    if (this.#isPending()) this.#schedule();
  }

  override fire(): void {
    const { afterCallbacks } = this.#state.base;
    afterCallbacks.isDeferred = true;
    try {
      this.#run();
    } finally {
      afterCallbacks.isDeferred = false;
      // One of the callbacks threw: the others still have their turn.
      if (this.#isPending() && !this.#state.freed) this.#schedule();
    }
  }

  #notice(what: number, error: number): void {
    this.#events |= what;
    if (error !== 0) this.#error = error;
  }

  /** In libevent's order: connected, read, write, everything else. */
  #run(): void {
    const state = this.#state;
    if ((this.#events & BEV_EVENT_CONNECTED) !== 0) {
      this.#events &= ~BEV_EVENT_CONNECTED;
      state.callbacks?.event(BEV_EVENT_CONNECTED);
    }
    if ((this.#pending & READ) !== 0) {
      this.#pending &= ~READ;
      state.callbacks?.read();
    }
    const write = this.#pending & (WRITE | WRITE_IF_LOW);
    if (write !== 0) {
      this.#pending &= ~write;
      if ((write & WRITE) !== 0 || state.isOutputLow) state.callbacks?.write();
    }
    const events = this.#events;
    if (events !== 0) {
      const error = this.#error;
      this.#events = 0;
      this.#error = 0;
      if (error !== 0) setErrno(error);
      state.callbacks?.event(events);
    }
  }

  #isPending(): boolean {
    return (this.#pending | this.#events) !== 0;
  }

  #schedule(): void {
    if (this.state !== IDLE) return;
    const base = this.#state.base;
    // What comes of a deferred callback has to wait: two bufferevents that always answer each other
    // leave room for the rest.
    if (base.afterCallbacks.isDeferred) base.activateLater(this, 0);
    else base.activate(this, 0);
  }
}
