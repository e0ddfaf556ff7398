import { EV_READ, EV_WRITE } from '../core/flags.ts';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_READING,
  BEV_EVENT_WRITING,
  BEV_FINISHED,
  BEV_NORMAL,
} from './constants.ts';
import type { BuffereventFlushMode } from './constants.ts';
import { GenericTimeouts } from './generic_timeouts.ts';
import type { BuffereventOps } from './ops.ts';
import type { BuffereventState } from './state.ts';

/**
 * Carries the bytes of a bufferevent to the input of another one in the same process, without a
 * descriptor.
 *
 * @internal
 */
export class PairOps implements BuffereventOps {
  readonly isOutputGone = true;
  readonly hasOutputUnderneath = false;
  readonly #state: BuffereventState;
  readonly #timeouts: GenericTimeouts;
  /** Both ends, or none when one of them was freed. */
  readonly #ends: PairOps[];

  /** @param ends - the same list for both; each puts itself in */
  constructor(state: BuffereventState, ends: PairOps[]) {
    this.#state = state;
    this.#timeouts = new GenericTimeouts(state);
    this.#ends = ends;
    ends.push(this);
  }

  enable(what: number): number {
    const partner = this.#partner;
    if ((what & EV_READ) !== 0) {
      this.#timeouts.restartRead();
      if (partner !== undefined) partner.#transferTo(this, false);
    }
    if ((what & EV_WRITE) !== 0) {
      this.#timeouts.restartWrite();
      if (partner !== undefined) this.#transferTo(partner, false);
    }
    return 0;
  }

  disable(what: number): number {
    this.#timeouts.stop(what);
    return 0;
  }

  outputAdded(): void {
    const partner = this.#partner;
    if (partner !== undefined) this.#transferTo(partner, false);
    this.#timeouts.startWrite();
  }

  timeoutsChanged(): void {
    this.#timeouts.restartRead();
    this.#timeouts.restartWrite();
  }

  limitsChanged(): void {}

  flush(what: number, mode: BuffereventFlushMode): number {
    const partner = this.#partner;
    if (partner === undefined) return -1;
    if (mode === BEV_NORMAL) return 0;
    if ((what & EV_READ) !== 0) partner.#transferTo(this, true);
    if ((what & EV_WRITE) !== 0) this.#transferTo(partner, true);
    if (mode === BEV_FINISHED) {
      const events =
        ((what & EV_READ) !== 0 ? BEV_EVENT_WRITING : 0) |
        ((what & EV_WRITE) !== 0 ? BEV_EVENT_READING : 0);
      partner.#state.reportEvent(events | BEV_EVENT_EOF, 0);
    }
    return 0;
  }

  getFd(): number {
    return -1;
  }

  setFd(): number {
    return -1;
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
    this.#ends.length = 0;
  }

  get #partner(): PairOps | undefined {
    return this.#ends[0] === this ? this.#ends[1] : this.#ends[0];
  }

  /**
   * Moves what is in the output: as much as both sides let it, or all of it to flush. Flushed bytes
   * do not wait, as in libevent: the end that may follow them, or a sender that frees itself, would
   * not wait for them either.
   */
  #transferTo(target: PairOps, isFlush: boolean): void {
    const from = this.#state;
    const to = target.#state;
    const length = from.outputLength;
    if (!isFlush && !(from.isWriting && to.isReading)) return;
    const count = isFlush ? length : Math.min(length, to.room);
    if (count === 0) return;
    from.output.unfreeze(true);
    to.input.unfreeze(false);
    from.output.removeBuffer(to.input, count);
    to.input.freeze(false);
    from.output.freeze(true);
    target.#timeouts.restartRead();
    this.#timeouts.restartWrite();
    from.above?.underneathChanged(true);
    to.reportRead();
    from.reportWritten();
    to.checkFullness();
  }
}
