import { EV_FEATURE_FDS } from '../core/eventop.ts';
import type { Eventop, EventopState, ReadySink } from '../core/eventop.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { EINTR, errno } from '../sys/errno.ts';
import { FD_CLR, FD_COPY, FD_SET, Timeval, fd_set, select } from '../sys/select.ts';

class SelectState implements EventopState {
  readonly completions = null;
  readonly #sink: ReadySink;
  readonly #reading = new fd_set();
  readonly #writing = new fd_set();
  /** select(2) overwrites its sets, so it gets copies. */
  readonly #readable = new fd_set();
  readonly #writable = new fd_set();
  readonly #timeout = new Timeval();
  /** One more than the highest descriptor in the sets. */
  #nfds = 0;

  constructor(sink: ReadySink) {
    this.#sink = sink;
  }

  /** @throws RangeError for a descriptor of FD_SETSIZE or more, which the sets have no bit for */
  add(fd: number, _old: number, events: number): number {
    this.#put(fd, events);
    return 0;
  }

  del(fd: number, _old: number, events: number): number {
    this.#put(fd, events);
    return 0;
  }

  dispatch(timeout: number): number {
    FD_COPY(this.#reading, this.#readable);
    FD_COPY(this.#writing, this.#writable);
    this.#timeout.set(
      Math.floor(Math.max(0, timeout) / 1000),
      (Math.max(0, timeout) % 1000) * 1000,
    );
    const count = select(
      this.#nfds,
      this.#readable,
      this.#writable,
      null,
      timeout < 0 ? null : this.#timeout,
    );
    if (count < 0) return errno() === EINTR ? 0 : -1;
    if (count > 0) this.#report();
    return 0;
  }

  dealloc(): void {
    this.#nfds = 0;
  }

  #report(): void {
    const readable = this.#readable.bits;
    const writable = this.#writable.bits;
    const words = (this.#nfds + 31) >> 5;
    for (let word = 0; word < words; word++) {
      const read = readable[word] ?? 0;
      const write = writable[word] ?? 0;
      for (let left = read | write; left !== 0; left &= left - 1) {
        const bit = left & -left;
        const events = ((read & bit) !== 0 ? EV_READ : 0) | ((write & bit) !== 0 ? EV_WRITE : 0);
        this.#sink.ready(word * 32 + 31 - Math.clz32(bit), events);
      }
    }
  }

  #put(fd: number, events: number): void {
    if ((events & EV_READ) !== 0) FD_SET(fd, this.#reading);
    else FD_CLR(fd, this.#reading);
    if ((events & EV_WRITE) !== 0) FD_SET(fd, this.#writing);
    else FD_CLR(fd, this.#writing);
    if ((events & (EV_READ | EV_WRITE)) !== 0) this.#nfds = Math.max(this.#nfds, fd + 1);
    else if (fd + 1 === this.#nfds) this.#nfds = this.#highest() + 1;
  }

  #highest(): number {
    for (let word = (this.#nfds - 1) >> 5; word >= 0; word--) {
      const bits = (this.#reading.bits[word] ?? 0) | (this.#writing.bits[word] ?? 0);
      if (bits !== 0) return word * 32 + 31 - Math.clz32(bits);
    }
    return -1;
  }
}

/**
 * The backend on select(2). It takes descriptors below FD_SETSIZE only, and cannot tell that a peer
 * has closed: an event for EV_CLOSED alone never runs on it.
 */
export const selectops: Eventop = {
  name: 'select',
  syscall: 'select',
  features: EV_FEATURE_FDS,
  init: (sink) => new SelectState(sink),
};
