import { Completions, Operation } from '../core/completions.ts';
import type { Eventop, EventopState, ReadySink } from '../core/eventop.ts';
import { POLLIN } from '../sys/poll.ts';
import { EpollState, epollops } from './epoll.ts';

/** The name of the backend. */
export const URING = 'io_uring';

/**
 * Waits until epoll(7) has something to report. Asked anew each time, for it tells no second time of
 * what was ready before and still is.
 */
class EpollPoll extends Operation {
  /** Whether epoll is to be asked. */
  isReady = false;
  readonly #completions: Completions;
  readonly #epoll: EpollState;
  #isStopped = false;

  constructor(completions: Completions, epoll: EpollState) {
    super();
    this.#completions = completions;
    this.#epoll = epoll;
  }

  /** Has it asked no more. */
  stop(): void {
    this.#isStopped = true;
  }

  prepare(): void {
    if (this.tag !== 0 || this.#isStopped) return;
    const { uring } = this.#completions;
    uring.pollAdd(this.#completions.begin(this), this.#epoll.epfd, POLLIN, false);
  }

  completed(): void {
    this.isCancelled = false;
    this.isReady = true;
    this.#completions.touchLater(this);
  }
}

/** io_uring(7), and epoll(7) for the descriptors of events: the ring waits for that, too. */
class UringState implements EventopState {
  readonly completions: Completions;
  readonly #epoll: EpollState;
  readonly #poll: EpollPoll;
  #isReplaced = false;

  constructor(sink: ReadySink, completions: Completions) {
    this.#epoll = new EpollState(sink);
    this.completions = completions;
    this.#poll = new EpollPoll(completions, this.#epoll);
  }

  add(fd: number, old: number, events: number): number {
    if (this.#poll.tag === 0) this.completions.touch(this.#poll);
    return this.#epoll.add(fd, old, events);
  }

  del(fd: number, old: number, events: number): number {
    return this.#epoll.del(fd, old, events);
  }

  dispatch(timeout: number): number {
    if (this.completions.turn(timeout) < 0) return -1;
    if (!this.#poll.isReady) return 0;
    this.#poll.isReady = false;
    return this.#epoll.dispatch(0);
  }

  /** Another state for the same operations. */
  renewed(sink: ReadySink): UringState {
    const state = new UringState(sink, this.completions);
    this.#poll.stop();
    try {
      this.completions.renew();
    } catch (error) {
      state.#epoll.dealloc();
      throw error;
    }
    this.#isReplaced = true;
    return state;
  }

  dealloc(): void {
    if (!this.#isReplaced) this.completions.close();
    this.#epoll.dealloc();
  }
}

/**
 * The backend on io_uring(7), for one base.
 *
 * @returns null and leaves errno if it can't be had
 * @internal
 */
export function uringops(): Eventop | null {
  const completions = Completions.open();
  if (completions === null) return null;
  return {
    name: URING,
    syscall: 'io_uring_enter',
    features: epollops.features,
    init: (sink, old) => {
      if (old instanceof UringState) return old.renewed(sink);
      try {
        return new UringState(sink, completions);
      } catch (error) {
        completions.close();
        throw error;
      }
    },
  };
}
