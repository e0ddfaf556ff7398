import { libc } from './libc.ts';

/** Operations of epoll_ctl(2). */
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

/** The flag of epoll_create1(2). */
export const EPOLL_CLOEXEC = 0o2000000;

/** What epoll_ctl(2) asks for and epoll_wait(2) reports. */
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
export const EPOLLONESHOT = 1 << 30;
export const EPOLLET = 1 << 31;
/** With EPOLL_CTL_ADD only: of several instances that have the descriptor, wake one or a few, not all. */
export const EPOLLEXCLUSIVE = 1 << 28;

// The kernel packs struct epoll_event on x86-64 alone, so that 32-bit programs share its layout:
// 4 bytes of events and 8 of data. Elsewhere the data is aligned and 4 bytes of padding precede it.
const isPacked = process.arch === 'x64';
const WORDS = isPacked ? 3 : 4;
const FD_WORD = isPacked ? 1 : 2;
const TAG_WORD = FD_WORD + 1;

const epollCreate1Native: (flags: number) => number = libc.func('int epoll_create1(int flags)');
const epollCtlNative: (
  epfd: number,
  operation: number,
  fd: number,
  event: Int32Array | null,
) => number = libc.func('int epoll_ctl(int epfd, int operation, int fd, void *event)');
const epollWaitNative: (
  epfd: number,
  events: Int32Array,
  maximum: number,
  timeout: number,
) => number = libc.func('int epoll_wait(int epfd, void *events, int maximum, int timeout)');

/**
 * An array of `struct epoll_event` in one piece of memory, allocated once and reused for each call.
 * The data of each is the descriptor it is about, and in the other half a number of the caller's.
 */
export class EpollEvents {
  /** How many it holds. */
  readonly capacity: number;
  /** The memory itself, for the calls of this module. */
  readonly words: Int32Array;

  /** @param capacity - how many it is to hold, at least 1 */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`an events buffer holds at least 1 event, not ${String(capacity)}`);
    }
    this.capacity = capacity;
    this.words = new Int32Array(capacity * WORDS);
  }

  /** What is asked for, or was reported, in place `index`: EPOLLIN and the like. */
  eventsAt(index: number): number {
    return this.words[index * WORDS] ?? 0;
  }

  /** The descriptor that place `index` is about. */
  fdAt(index: number): number {
    return this.words[index * WORDS + FD_WORD] ?? -1;
  }

  /** The number that was put beside the descriptor. */
  tagAt(index: number): number {
    return this.words[index * WORDS + TAG_WORD] ?? 0;
  }

  /**
   * Fills place `index`.
   *
   * @param tag - a number of 32 bits to be reported with the descriptor
   */
  set(index: number, events: number, fd: number, tag = 0): void {
    this.words[index * WORDS] = events;
    this.words[index * WORDS + FD_WORD] = fd;
    this.words[index * WORDS + TAG_WORD] = tag;
  }
}

/**
 * Makes an epoll instance: epoll_create1(2).
 *
 * @param flags - `EPOLL_CLOEXEC` or 0
 * @returns its descriptor, or -1 and sets errno
 */
export function epoll_create1(flags: number): number {
  return epollCreate1Native(flags);
}

/**
 * Adds, changes or removes a descriptor of an epoll instance: epoll_ctl(2).
 *
 * @param operation - `EPOLL_CTL_ADD`, `EPOLL_CTL_MOD` or `EPOLL_CTL_DEL`
 * @param event - what to ask for, in its first place; null is enough to remove
 * @returns 0, or -1 and sets errno
 */
export function epoll_ctl(
  epfd: number,
  operation: number,
  fd: number,
  event: EpollEvents | null,
): number {
  return epollCtlNative(epfd, operation, fd, event === null ? null : event.words);
}

/**
 * Waits for descriptors to become ready: epoll_wait(2).
 *
 * @param events - where they are reported; its capacity is the most one call reports
 * @param timeout - milliseconds to wait, 0 not to wait, -1 for as long as it takes
 * @returns how many were reported, 0 when the time is up, or -1 and sets errno
 */
export function epoll_wait(epfd: number, events: EpollEvents, timeout: number): number {
  return epollWaitNative(epfd, events.words, events.capacity, timeout);
}
