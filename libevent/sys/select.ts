import { libc } from './libc.ts';

/** How many descriptors an `fd_set` has bits for: 0 to 1,023. */
export const FD_SETSIZE = 1024;

const BITS = 32;
const WORDS = FD_SETSIZE / BITS;
const TIMEVAL_WORDS = 4;
const TWO_TO_32 = 2 ** 32;

const selectNative: (
  nfds: number,
  readfds: Int32Array | null,
  writefds: Int32Array | null,
  exceptfds: Int32Array | null,
  timeout: Uint32Array | null,
) => number = libc.func(
  'int select(int nfds, void *readfds, void *writefds, void *exceptfds, void *timeout)',
);

/**
 * A set of descriptors: one bit for each number below `FD_SETSIZE`, in the array that select(2)
 * itself reads and writes. New ones are empty.
 */
export class fd_set {
  /** The bits: descriptor `fd` is bit `fd % 32` of word `fd / 32`. */
  readonly bits = new Int32Array(WORDS);
}

/** A span of time that select(2) reads, and changes: `struct timeval`. */
export class Timeval {
  /** The structure itself, for the calls of this module. */
  readonly words = new Uint32Array(TIMEVAL_WORDS);

  /**
   * @param seconds - whole seconds, `tv_sec`
   * @param microseconds - `tv_usec`, 0 to 999,999
   * @throws RangeError for anything else
   */
  constructor(seconds = 0, microseconds = 0) {
    this.set(seconds, microseconds);
  }

  /** Whole seconds: `tv_sec`. */
  get seconds(): number {
    return (this.words[0] ?? 0) + (this.words[1] ?? 0) * TWO_TO_32;
  }

  /** What is left of a second, in microseconds: `tv_usec`. */
  get microseconds(): number {
    return this.words[2] ?? 0;
  }

  /**
   * Changes both.
   *
   * @throws RangeError unless both are whole numbers of 0 or more, microseconds below 1,000,000
   */
  set(seconds: number, microseconds: number): void {
    const isValid = Number.isSafeInteger(seconds) && Number.isInteger(microseconds);
    if (!isValid || seconds < 0 || microseconds < 0 || microseconds >= 1e6) {
      throw new RangeError(`no timeval: ${String(seconds)} s and ${String(microseconds)} µs`);
    }
    this.words[0] = seconds % TWO_TO_32;
    this.words[1] = Math.floor(seconds / TWO_TO_32);
    this.words[2] = microseconds;
    this.words[3] = 0;
  }
}

function check(fd: number): void {
  if (!Number.isInteger(fd) || fd < 0 || fd >= FD_SETSIZE) {
    throw new RangeError(
      `select(2) has no bit for descriptor ${String(fd)}: an fd_set ends at FD_SETSIZE, ${String(FD_SETSIZE)}`,
    );
  }
}

/** Empties a set. */
export function FD_ZERO(set: fd_set): void {
  set.bits.fill(0);
}

/**
 * Puts a descriptor into a set.
 *
 * @throws RangeError if the set has no bit for it. C writes past the end of the set instead.
 */
export function FD_SET(fd: number, set: fd_set): void {
  check(fd);
  const word = fd >> 5;
  set.bits[word] = (set.bits[word] ?? 0) | (1 << (fd & 31));
}

/**
 * Takes a descriptor out of a set.
 *
 * @throws RangeError if the set has no bit for it
 */
export function FD_CLR(fd: number, set: fd_set): void {
  check(fd);
  const word = fd >> 5;
  set.bits[word] = (set.bits[word] ?? 0) & ~(1 << (fd & 31));
}

/**
 * Whether a descriptor is in a set.
 *
 * @throws RangeError if the set has no bit for it
 */
export function FD_ISSET(fd: number, set: fd_set): boolean {
  check(fd);
  return ((set.bits[fd >> 5] ?? 0) & (1 << (fd & 31))) !== 0;
}

/** Makes one set equal to another: what C does by assignment, for select(2) overwrites its sets. */
export function FD_COPY(from: fd_set, to: fd_set): void {
  to.bits.set(from.bits);
}

/**
 * Waits for descriptors to become ready: select(2). Each set is overwritten with those of its
 * descriptors that are.
 *
 * @param nfds - one more than the highest descriptor in any of the sets, at most `FD_SETSIZE`
 * @param readfds - to be read, or null
 * @param writefds - to be written, or null
 * @param exceptfds - to have an exceptional condition, such as urgent data, or null
 * @param timeout - how long to wait; Linux leaves in it what was left. null for as long as it takes
 * @returns how many bits are left in the sets, 0 when the time is up, or -1 and sets errno
 * @throws RangeError for `nfds` out of range
 */
export function select(
  nfds: number,
  readfds: fd_set | null,
  writefds: fd_set | null,
  exceptfds: fd_set | null,
  timeout: Timeval | null,
): number {
  if (!Number.isInteger(nfds) || nfds < 0 || nfds > FD_SETSIZE) {
    throw new RangeError(`select() of ${String(nfds)}: an fd_set has ${String(FD_SETSIZE)} bits`);
  }
  return selectNative(
    nfds,
    readfds === null ? null : readfds.bits,
    writefds === null ? null : writefds.bits,
    exceptfds === null ? null : exceptfds.bits,
    timeout === null ? null : timeout.words,
  );
}
