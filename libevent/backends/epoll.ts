import { SystemError } from '../core/errors.ts';
import { EV_FEATURE_EARLY_CLOSE, EV_FEATURE_ET, EV_FEATURE_O1 } from '../core/eventop.ts';
import type { Eventop, EventopState, ReadySink } from '../core/eventop.ts';
import { EV_CLOSED, EV_ET, EV_READ, EV_WRITE, IO_EVENTS } from '../core/flags.ts';
import { close } from '../sys/descriptor.ts';
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  EpollEvents,
  epoll_create1,
  epoll_ctl,
  epoll_wait,
} from '../sys/epoll.ts';
import { EBADF, EEXIST, EINTR, ENOENT, EPERM, errno } from '../sys/errno.ts';

/** What does not fit here is reported by the next call: readiness is level-triggered. */
const EVENTS_PER_WAIT = 1024;

function toEpoll(events: number): number {
  return (
    ((events & EV_READ) !== 0 ? EPOLLIN : 0) |
    ((events & EV_WRITE) !== 0 ? EPOLLOUT : 0) |
    ((events & EV_CLOSED) !== 0 ? EPOLLRDHUP : 0) |
    ((events & EV_ET) !== 0 ? EPOLLET : 0)
  );
}

function fromEpoll(epollEvents: number): number {
  // Whoever waits for anything must wake up to find out what went wrong. The kernel reports it again
  // and again: an event for EV_CLOSED alone that was not told would keep the loop spinning.
  if ((epollEvents & EPOLLERR) !== 0) return IO_EVENTS;
  if ((epollEvents & (EPOLLHUP | EPOLLRDHUP)) === EPOLLHUP) return IO_EVENTS;
  return (
    ((epollEvents & EPOLLIN) !== 0 ? EV_READ : 0) |
    ((epollEvents & EPOLLOUT) !== 0 ? EV_WRITE : 0) |
    ((epollEvents & EPOLLRDHUP) !== 0 ? EV_CLOSED : 0)
  );
}

class EpollState implements EventopState {
  readonly #epfd: number;
  readonly #sink: ReadySink;
  readonly #change = new EpollEvents(1);
  readonly #reported = new EpollEvents(EVENTS_PER_WAIT);

  constructor(sink: ReadySink) {
    this.#epfd = epoll_create1(EPOLL_CLOEXEC);
    if (this.#epfd < 0) throw new SystemError('epoll_create1');
    this.#sink = sink;
  }

  add(fd: number, old: number, events: number): number {
    this.#change.set(0, toEpoll(events), fd);
    const operation = old === 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    const result = epoll_ctl(this.#epfd, operation, fd, this.#change);
    if (result === 0) return 0;
    // The number may mean another file than before, closed and opened again or moved by dup2(2).
    // epoll watches files, so what it knows and what the base knows can differ.
    if (operation === EPOLL_CTL_MOD && errno() === ENOENT) {
      return epoll_ctl(this.#epfd, EPOLL_CTL_ADD, fd, this.#change);
    }
    if (operation === EPOLL_CTL_ADD && errno() === EEXIST) {
      return epoll_ctl(this.#epfd, EPOLL_CTL_MOD, fd, this.#change);
    }
    return result;
  }

  del(fd: number, old: number, events: number): number {
    if (events !== 0) return this.add(fd, old, events);
    const result = epoll_ctl(this.#epfd, EPOLL_CTL_DEL, fd, null);
    if (result === 0) return 0;
    // A descriptor that was closed first has left epoll by itself.
    const error = errno();
    return error === ENOENT || error === EBADF || error === EPERM ? 0 : result;
  }

  dispatch(timeout: number): number {
    const count = epoll_wait(this.#epfd, this.#reported, timeout);
    if (count < 0) return errno() === EINTR ? 0 : -1;
    for (let i = 0; i < count; i++) {
      const events = fromEpoll(this.#reported.eventsAt(i));
      if (events !== 0) this.#sink.ready(this.#reported.fdAt(i), events);
    }
    return 0;
  }

  dealloc(): void {
    close(this.#epfd);
  }
}

/** The backend on epoll(7). */
export const epollops: Eventop = {
  name: 'epoll',
  features: EV_FEATURE_ET | EV_FEATURE_O1 | EV_FEATURE_EARLY_CLOSE,
  init: (sink) => new EpollState(sink),
};
