import { F_GETFD, fcntl } from '../sys/descriptor.ts';
import { EBADF, EINVAL, errno, setErrno, strerror } from '../sys/errno.ts';
import type { EventRecord } from './event_record.ts';
import type { EventopState } from './eventop.ts';
import { EV_CLOSED, EV_ET, EV_READ, EV_WRITE, IO_EVENTS } from './flags.ts';
import { eventWarn } from './log.ts';

/**
 * From this number on a descriptor has to be open to get a slot, on every backend: the map and what
 * poll(2) needs are arrays as long as the highest number.
 */
const PLAUSIBLE = 65536;

/** Where the number is of the events of a descriptor that want to read, write, …: four for each. */
const [READING, WRITING, CLOSING, EDGES] = [0, 1, 2, 3];
const COUNTS = 4;
/** For so many descriptors there is room at first. */
const FIRST_CAPACITY = 32;

/**
 * From descriptor to events. A backend knows one set of flags for each descriptor; the map keeps it
 * equal to what all events of that descriptor want together.
 *
 * @internal
 */
export class EventMap {
  /** How many events are in it. */
  size = 0;
  /** By descriptor, the event that was added last; the others follow. */
  readonly #first: (EventRecord | null)[] = [];
  /** By descriptor, how many events want what. Numbers in one piece: an object each would be a tenth of a connection. */
  #counts = new Int32Array(FIRST_CAPACITY * COUNTS);
  #backend: EventopState;

  constructor(backend: EventopState) {
    this.#backend = backend;
  }

  /** Puts in an event that is not in it. Returns 0, or -1 and leaves errno. */
  add(event: EventRecord): number {
    const fd = event.fd;
    if (fd < 0 || (fd >= PLAUSIBLE && fcntl(fd, F_GETFD) < 0)) {
      eventWarn(`descriptor ${String(fd)} cannot be watched: ${strerror(EBADF)}`);
      setErrno(EBADF);
      return -1;
    }
    if (fd >= this.#first.length) this.#makeRoom(fd);
    const first = this.first(fd);
    // A descriptor is watched for changes or for readiness, not for both.
    if (first !== null && ((first.what ^ event.what) & EV_ET) !== 0) {
      setErrno(EINVAL);
      return -1;
    }
    const old = this.#watched(fd);
    const now = old | (event.what & (IO_EVENTS | EV_ET));
    if (now !== old && this.#watch(fd, old, now) < 0) return -1;
    this.#count(fd, event.what, 1);
    // At the front, so that the event added last runs first, as in libevent: a write event that a
    // read callback added is served before the read that finds the end of the file.
    event.fdNext = first;
    if (first !== null) first.fdPrevious = event;
    this.#first[fd] = event;
    event.inserted = true;
    this.size++;
    return 0;
  }

  /** Takes out an event that is in it. Returns 0, or -1 and leaves errno. */
  remove(event: EventRecord): number {
    const { fd } = event;
    if (event.fdPrevious === null) this.#first[fd] = event.fdNext;
    else event.fdPrevious.fdNext = event.fdNext;
    if (event.fdNext !== null) event.fdNext.fdPrevious = event.fdPrevious;
    event.fdNext = null;
    event.fdPrevious = null;
    event.inserted = false;
    this.size--;
    const old = this.#watched(fd);
    this.#count(fd, event.what, -1);
    const now = this.#watched(fd);
    if (now === old) return 0;
    return this.#backend.del(fd, old, (now & IO_EVENTS) === 0 ? 0 : now);
  }

  /** The event of a descriptor that was added last; the others follow through `fdNext`. */
  first(fd: number): EventRecord | null {
    return this.#first[fd] ?? null;
  }

  /** Puts all of them at the end of an array. */
  collect(events: EventRecord[]): void {
    for (const first of this.#first) {
      for (let event = first; event !== null; event = event.fdNext) events.push(event);
    }
  }

  /**
   * Has another backend watch what this one watched.
   *
   * @returns 0, or -1 and leaves errno, of the last that failed; the others are watched
   */
  move(backend: EventopState): number {
    this.#backend = backend;
    let result = 0;
    for (let fd = 0; fd < this.#first.length; fd++) {
      const watched = this.#watched(fd);
      if (watched !== 0 && this.#watch(fd, 0, watched) < 0) result = -1;
    }
    return result;
  }

  /** The EV_ flags that the backend has to watch a descriptor for. */
  #watched(fd: number): number {
    const counts = this.#counts;
    const at = fd * COUNTS;
    return (
      (counts[at + READING] === 0 ? 0 : EV_READ) |
      (counts[at + WRITING] === 0 ? 0 : EV_WRITE) |
      (counts[at + CLOSING] === 0 ? 0 : EV_CLOSED) |
      (counts[at + EDGES] === 0 ? 0 : EV_ET)
    );
  }

  #count(fd: number, what: number, change: number): void {
    const at = fd * COUNTS;
    if ((what & EV_READ) !== 0) this.#add(at + READING, change);
    if ((what & EV_WRITE) !== 0) this.#add(at + WRITING, change);
    if ((what & EV_CLOSED) !== 0) this.#add(at + CLOSING, change);
    if ((what & EV_ET) !== 0) this.#add(at + EDGES, change);
  }

  #add(index: number, change: number): void {
    this.#counts[index] = (this.#counts[index] ?? 0) + change;
  }

  #makeRoom(fd: number): void {
    while (this.#first.length <= fd) this.#first.push(null);
    const size = (fd + 1) * COUNTS;
    if (size <= this.#counts.length) return;
    const counts = new Int32Array(Math.max(size, this.#counts.length * 2));
    counts.set(this.#counts);
    this.#counts = counts;
  }

  #watch(fd: number, old: number, now: number): number {
    const result = this.#backend.add(fd, old, now);
    if (result === 0) return 0;
    const error = errno();
    eventWarn(`descriptor ${String(fd)} cannot be watched: ${strerror(error)}`);
    setErrno(error);
    return -1;
  }
}
