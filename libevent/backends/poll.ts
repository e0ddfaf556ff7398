import { EV_FEATURE_EARLY_CLOSE, EV_FEATURE_FDS } from '../core/eventop.ts';
import type { Eventop, EventopState, ReadySink } from '../core/eventop.ts';
import { EV_CLOSED, EV_READ, EV_WRITE, IO_EVENTS } from '../core/flags.ts';
import { EINTR, errno } from '../sys/errno.ts';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLRDHUP,
  PollFds,
  poll,
} from '../sys/poll.ts';

const FIRST_CAPACITY = 32;

function toPoll(events: number): number {
  return (
    ((events & EV_READ) !== 0 ? POLLIN : 0) |
    ((events & EV_WRITE) !== 0 ? POLLOUT : 0) |
    ((events & EV_CLOSED) !== 0 ? POLLRDHUP : 0)
  );
}

function fromPoll(revents: number): number {
  // Whoever waits for anything must wake up to find out what went wrong. The kernel reports it again
  // and again: an event for EV_CLOSED alone that was not told would keep the loop spinning.
  if ((revents & (POLLHUP | POLLERR | POLLNVAL)) !== 0) return IO_EVENTS;
  return (
    ((revents & POLLIN) !== 0 ? EV_READ : 0) |
    ((revents & POLLOUT) !== 0 ? EV_WRITE : 0) |
    ((revents & POLLRDHUP) !== 0 ? EV_CLOSED : 0)
  );
}

class PollState implements EventopState {
  readonly completions = null;
  readonly #sink: ReadySink;
  #fds = new PollFds(FIRST_CAPACITY);
  #length = 0;
  /** The place of each descriptor in the array, plus 1: 0 for none. */
  #places = new Int32Array(FIRST_CAPACITY);

  constructor(sink: ReadySink) {
    this.#sink = sink;
  }

  add(fd: number, _old: number, events: number): number {
    const place = this.#placeOf(fd);
    this.#fds.set(place, fd, toPoll(events));
    return 0;
  }

  del(fd: number, old: number, events: number): number {
    if (events !== 0) return this.add(fd, old, events);
    const place = (this.#places[fd] ?? 0) - 1;
    if (place < 0) return 0;
    this.#places[fd] = 0;
    // The last one fills the gap.
    const last = --this.#length;
    if (place === last) return 0;
    const moved = this.#fds.fdAt(last);
    this.#fds.set(place, moved, this.#fds.eventsAt(last));
    this.#places[moved] = place + 1;
    return 0;
  }

  dispatch(timeout: number): number {
    let left = poll(this.#fds, this.#length, timeout);
    if (left < 0) return errno() === EINTR ? 0 : -1;
    for (let i = 0; i < this.#length && left > 0; i++) {
      const revents = this.#fds.reventsAt(i);
      if (revents === 0) continue;
      left--;
      this.#sink.ready(this.#fds.fdAt(i), fromPoll(revents));
    }
    return 0;
  }

  dealloc(): void {
    this.#length = 0;
  }

  #placeOf(fd: number): number {
    if (fd >= this.#places.length) {
      const places = new Int32Array(Math.max(fd + 1, this.#places.length * 2));
      places.set(this.#places);
      this.#places = places;
    }
    const known = (this.#places[fd] ?? 0) - 1;
    if (known >= 0) return known;
    if (this.#length === this.#fds.capacity) {
      this.#fds = new PollFds(this.#fds.capacity * 2, this.#fds);
    }
    const place = this.#length++;
    this.#places[fd] = place + 1;
    return place;
  }
}

/** The backend on poll(2). */
export const pollops: Eventop = {
  name: 'poll',
  syscall: 'poll',
  features: EV_FEATURE_FDS | EV_FEATURE_EARLY_CLOSE,
  init: (sink) => new PollState(sink),
};
