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

/** For so many descriptors there is room at first. */
const FIRST_CAPACITY = 32;

/**
 * epoll(7) at work.
 *
 * @internal
 */
export class EpollState implements EventopState {
  readonly completions = null;
  readonly #sink: ReadySink;
  #epfd: number;
  /**
   * How often each descriptor has stopped being watched. epoll tells with each report how often that
   * was when the file was added. It watches files, not descriptors: a file that another descriptor or
   * another process still holds open stays in it when the one it was added by is closed, and cannot
   * be taken out any more.
   */
  #generations = new Int32Array(FIRST_CAPACITY);
  readonly #change = new EpollEvents(1);
  readonly #reported = new EpollEvents(EVENTS_PER_WAIT);

  constructor(sink: ReadySink) {
    this.#epfd = epoll_create1(EPOLL_CLOEXEC);
    if (this.#epfd < 0) throw new SystemError('epoll_create1');
    this.#sink = sink;
  }

  /** The descriptor of the epoll instance, which is ready when any of its own is; -1 if there is none. */
  get epfd(): number {
    return this.#epfd;
  }

  add(fd: number, old: number, events: number): number {
    const operation = old === 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (fd >= this.#generations.length) this.#makeRoom(fd);
    const result = this.#tell(operation, fd, events);
    if (result === 0) return 0;
    // The number may mean another file than before, closed and opened again or moved by dup2(2).
    // What epoll knows and what the base knows can differ.
    if (operation === EPOLL_CTL_MOD && errno() === ENOENT) {
      this.#forget(fd);
      return this.#tell(EPOLL_CTL_ADD, fd, events);
    }
    if (operation === EPOLL_CTL_ADD && errno() === EEXIST) {
      return this.#tell(EPOLL_CTL_MOD, fd, events);
    }
    return result;
  }

  del(fd: number, old: number, events: number): number {
    if (events !== 0) return this.add(fd, old, events);
    this.#forget(fd);
    const result = epoll_ctl(this.#epfd, EPOLL_CTL_DEL, fd, null);
    if (result === 0) return 0;
    // A descriptor that was closed first has left epoll by itself, unless its file is still open.
    const error = errno();
    return error === ENOENT || error === EBADF || error === EPERM ? 0 : result;
  }

  dispatch(timeout: number): number {
    // The last wait could not start over.
    if (this.#epfd < 0) this.#startOver();
    const count = epoll_wait(this.#epfd, this.#reported, timeout);
    if (count < 0) return errno() === EINTR ? 0 : -1;
    let isStale = false;
    for (let i = 0; i < count; i++) {
      const fd = this.#reported.fdAt(i);
      if (this.#reported.tagAt(i) !== this.#generations[fd]) {
        isStale = true;
        continue;
      }
      const events = fromEpoll(this.#reported.eventsAt(i));
      if (events !== 0) this.#sink.ready(fd, events);
    }
    if (isStale) this.#startOver();
    return 0;
  }

  dealloc(): void {
    if (this.#epfd >= 0) close(this.#epfd);
  }

  #tell(operation: number, fd: number, events: number): number {
    this.#change.set(0, toEpoll(events), fd, this.#generations[fd]);
    return epoll_ctl(this.#epfd, operation, fd, this.#change);
  }

  #forget(fd: number): void {
    this.#generations[fd] = (this.#generations[fd] ?? 0) + 1;
  }

  #makeRoom(fd: number): void {
    const generations = new Int32Array(Math.max(fd + 1, this.#generations.length * 2));
    generations.set(this.#generations);
    this.#generations = generations;
  }

  /**
   * Leaves behind what cannot be taken out: without that the kernel would report it for ever. The old
   * descriptor is closed first, so that a process out of descriptors has one for the new. If another
   * thread takes that, waiting fails, now and until there is one again.
   *
   * @throws SystemError then
   */
  #startOver(): void {
    if (this.#epfd >= 0) close(this.#epfd);
    this.#epfd = epoll_create1(EPOLL_CLOEXEC);
    if (this.#epfd < 0) throw new SystemError('epoll_create1');
    this.#sink.watchAgain();
  }
}

/** The backend on epoll(7). */
export const epollops: Eventop = {
  name: 'epoll',
  syscall: 'epoll_wait',
  features: EV_FEATURE_ET | EV_FEATURE_O1 | EV_FEATURE_EARLY_CLOSE,
  init: (sink) => new EpollState(sink),
};
