import type { Eventop, EventopState, ReadySink } from '../core/eventop.ts';
import { IO_EVENTS } from '../core/flags.ts';
import { eventWarn } from '../core/log.ts';
import { errno, strerror } from '../sys/errno.ts';
import { epollops } from './epoll.ts';

/** One descriptor that is to be watched for something else than epoll knows of. */
interface Change {
  /** What epoll knows of. */
  readonly known: number;
  wanted: number;
}

/**
 * epoll(7) that is told of changes right before it waits. However often a descriptor has changed by
 * then, such as a socket whose write event was added and deleted again, that costs at most one
 * epoll_ctl(2). The price: whether a descriptor can be watched turns out only then.
 */
class ChangelistState implements EventopState {
  readonly completions = null;
  readonly #epoll: EventopState;
  readonly #changes = new Map<number, Change>();

  constructor(sink: ReadySink) {
    this.#epoll = epollops.init(sink);
  }

  add(fd: number, old: number, events: number): number {
    const change = this.#changes.get(fd);
    if (change === undefined) this.#changes.set(fd, { known: old, wanted: events });
    else change.wanted = events;
    return 0;
  }

  del(fd: number, old: number, events: number): number {
    return this.add(fd, old, events);
  }

  dispatch(timeout: number): number {
    if (this.#changes.size > 0) this.#apply();
    return this.#epoll.dispatch(timeout);
  }

  dealloc(): void {
    this.#epoll.dealloc();
  }

  #apply(): void {
    for (const [fd, { known, wanted }] of this.#changes) {
      if (this.#tell(fd, known, wanted) < 0) {
        eventWarn(`descriptor ${String(fd)} cannot be watched: ${strerror(errno())}`);
      }
    }
    this.#changes.clear();
  }

  #tell(fd: number, known: number, wanted: number): number {
    if ((wanted & IO_EVENTS) === 0) {
      return (known & IO_EVENTS) === 0 ? 0 : this.#epoll.del(fd, known, 0);
    }
    // Told again even if nothing seems to have changed: the number may mean another file by now.
    return this.#epoll.add(fd, known, wanted);
  }
}

/** The backend on epoll(7), with a list of changes. */
export const epollChangelistOps: Eventop = {
  name: 'epoll (with changelist)',
  syscall: epollops.syscall,
  features: epollops.features,
  init: (sink) => new ChangelistState(sink),
};
