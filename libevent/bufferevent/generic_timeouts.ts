import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import { BEV_EVENT_READING, BEV_EVENT_TIMEOUT, BEV_EVENT_WRITING } from './constants.ts';
import type { BuffereventState } from './state.ts';

/**
 * The timeouts of a bufferevent that has no events of its own to carry them: a pair or a filter.
 *
 * @internal
 */
export class GenericTimeouts {
  readonly #state: BuffereventState;
  #read: Event<BuffereventState> | null = null;
  #write: Event<BuffereventState> | null = null;

  constructor(state: BuffereventState) {
    this.#state = state;
  }

  /** Starts to wait for bytes to read from now on, if that is to be. */
  restartRead(): void {
    const state = this.#state;
    if (state.settings.readTimeout > 0 && state.isReading) {
      this.#read ??= new Event(state.base, -1, 0, GenericTimeouts.#onRead, state);
      this.#read.add(state.settings.readTimeout);
    } else {
      this.#read?.del();
    }
  }

  /** Starts to wait for bytes to go out from now on, if there are any and that is to be. */
  restartWrite(): void {
    const state = this.#state;
    if (state.settings.writeTimeout > 0 && state.isWriting && state.hasOutput) {
      this.#write ??= new Event(state.base, -1, 0, GenericTimeouts.#onWrite, state);
      this.#write.add(state.settings.writeTimeout);
    } else {
      this.#write?.del();
    }
  }

  /** Waits for bytes to go out if there are any, from now on unless it does already. */
  startWrite(): void {
    const isWaiting = this.#write !== null && this.#write.heapIndex >= 0;
    if (!isWaiting || !this.#state.hasOutput) this.restartWrite();
  }

  /** Waits no longer. */
  stop(what: number): void {
    if ((what & EV_READ) !== 0) this.#read?.del();
    if ((what & EV_WRITE) !== 0) this.#write?.del();
  }

  free(): void {
    this.#read?.free();
    this.#write?.free();
  }

  static #onRead(_fd: number, _what: number, state: BuffereventState): void {
    state.disable(EV_READ);
    state.reportEvent(BEV_EVENT_TIMEOUT | BEV_EVENT_READING, 0);
  }

  static #onWrite(_fd: number, _what: number, state: BuffereventState): void {
    state.disable(EV_WRITE);
    state.reportEvent(BEV_EVENT_TIMEOUT | BEV_EVENT_WRITING, 0);
  }
}
