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

/** The events of one descriptor, and how many of them want what. */
class IoSlot {
  first: EventRecord | null = null;
  reading = 0;
  writing = 0;
  closing = 0;
  edgeTriggered = 0;

  /** The EV_ flags that the backend has to watch the descriptor for. */
  watched(): number {
    return (
      (this.reading > 0 ? EV_READ : 0) |
      (this.writing > 0 ? EV_WRITE : 0) |
      (this.closing > 0 ? EV_CLOSED : 0) |
      (this.edgeTriggered > 0 ? EV_ET : 0)
    );
  }

  count(what: number, change: number): void {
    if ((what & EV_READ) !== 0) this.reading += change;
    if ((what & EV_WRITE) !== 0) this.writing += change;
    if ((what & EV_CLOSED) !== 0) this.closing += change;
    if ((what & EV_ET) !== 0) this.edgeTriggered += change;
  }
}

/**
 * From descriptor to events. A backend knows one set of flags for each descriptor; the map keeps it
 * equal to what all events of that descriptor want together.
 *
 * @internal
 */
export class EventMap {
  /** How many events are in it. */
  size = 0;
  readonly #slots: (IoSlot | undefined)[] = [];
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
    const slot = this.#slots[fd] ?? new IoSlot();
    // A descriptor is watched for changes or for readiness, not for both.
    if (slot.first !== null && ((slot.first.what ^ event.what) & EV_ET) !== 0) {
      setErrno(EINVAL);
      return -1;
    }
    const old = slot.watched();
    const now = old | (event.what & (IO_EVENTS | EV_ET));
    if (now !== old && this.#watch(fd, old, now) < 0) return -1;
    slot.count(event.what, 1);
    this.#slots[fd] = slot;
    // At the front, so that the event added last runs first, as in libevent: a write event that a
    // read callback added is served before the read that finds the end of the file.
    event.fdNext = slot.first;
    if (slot.first !== null) slot.first.fdPrevious = event;
    slot.first = event;
    event.inserted = true;
    this.size++;
    return 0;
  }

  /** Takes out an event that is in it. Returns 0, or -1 and leaves errno. */
  remove(event: EventRecord): number {
    const slot = this.#slots[event.fd];
    if (slot === undefined) return 0;
    if (event.fdPrevious === null) slot.first = event.fdNext;
    else event.fdPrevious.fdNext = event.fdNext;
    if (event.fdNext !== null) event.fdNext.fdPrevious = event.fdPrevious;
    event.fdNext = null;
    event.fdPrevious = null;
    event.inserted = false;
    this.size--;
    const old = slot.watched();
    slot.count(event.what, -1);
    const now = slot.watched();
    if (now === old) return 0;
    return this.#backend.del(event.fd, old, (now & IO_EVENTS) === 0 ? 0 : now);
  }

  /** The event of a descriptor that was added last; the others follow through `fdNext`. */
  first(fd: number): EventRecord | null {
    return this.#slots[fd]?.first ?? null;
  }

  /** Puts all of them at the end of an array. */
  collect(events: EventRecord[]): void {
    for (const slot of this.#slots) {
      for (let event = slot?.first ?? null; event !== null; event = event.fdNext)
        events.push(event);
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
    for (const [fd, slot] of this.#slots.entries()) {
      const watched = slot?.watched() ?? 0;
      if (watched !== 0 && this.#watch(fd, 0, watched) < 0) result = -1;
    }
    return result;
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
