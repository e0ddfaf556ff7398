import { libc } from './libc.ts';

/** What poll(2) asks for and reports. */
export const POLLIN = 0x1;
export const POLLPRI = 0x2;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;
export const POLLHUP = 0x10;
export const POLLNVAL = 0x20;
export const POLLRDHUP = 0x2000;

const WORDS = 2;
const SIXTEEN_BITS = 0xffff;

const pollNative: (fds: Int32Array, nfds: number, timeout: number) => number = libc.func(
  'int poll(void *fds, unsigned long nfds, int timeout)',
);

/** An array of `struct pollfd` in one piece of memory, allocated once and reused for each call. */
export class PollFds {
  /** How many it holds. */
  readonly capacity: number;
  /** The memory itself, for the calls of this module. */
  readonly words: Int32Array;

  /**
   * @param capacity - how many it is to hold, at least 1
   * @param from - what it is to begin with: the contents of a smaller one
   */
  constructor(capacity: number, from?: PollFds) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity < (from?.capacity ?? 0)) {
      throw new RangeError(`an array of ${String(capacity)} pollfds is too small`);
    }
    this.capacity = capacity;
    this.words = new Int32Array(capacity * WORDS);
    if (from !== undefined) this.words.set(from.words);
  }

  /** The descriptor that place `index` is about. */
  fdAt(index: number): number {
    return this.words[index * WORDS] ?? -1;
  }

  /** What place `index` asks for: POLLIN and the like. */
  eventsAt(index: number): number {
    return (this.words[index * WORDS + 1] ?? 0) & SIXTEEN_BITS;
  }

  /** What was reported for place `index`. */
  reventsAt(index: number): number {
    return (this.words[index * WORDS + 1] ?? 0) >>> 16;
  }

  /** Fills place `index`, with nothing reported yet. */
  set(index: number, fd: number, events: number): void {
    this.words[index * WORDS] = fd;
    this.words[index * WORDS + 1] = events & SIXTEEN_BITS;
  }
}

/**
 * Waits for descriptors to become ready: poll(2).
 *
 * @param fds - what to wait for, and where it is reported
 * @param nfds - how many of its places count, from the first; those with a negative descriptor are
 *   passed over
 * @param timeout - milliseconds to wait, 0 not to wait, -1 for as long as it takes
 * @returns how many places have something reported, 0 when the time is up, or -1 and sets errno
 * @throws RangeError if `fds` has fewer places than `nfds`
 */
export function poll(fds: PollFds, nfds: number, timeout: number): number {
  if (!Number.isInteger(nfds) || nfds < 0 || nfds > fds.capacity) {
    throw new RangeError(`poll() of ${String(nfds)} in an array of ${String(fds.capacity)}`);
  }
  return pollNative(fds.words, nfds, timeout);
}
