import { libc } from './libc.ts';

/** The time of day, which may be set: clock_gettime(2). */
export const CLOCK_REALTIME = 0;
/** Time that only goes forward, from some moment in the past. */
export const CLOCK_MONOTONIC = 1;
/** Time that this process has spent on a processor. */
export const CLOCK_PROCESS_CPUTIME_ID = 2;
/** Time that this thread has spent on a processor. */
export const CLOCK_THREAD_CPUTIME_ID = 3;
/** `CLOCK_MONOTONIC` read without asking the hardware: cheaper, and some milliseconds coarse. */
export const CLOCK_MONOTONIC_COARSE = 6;
/** `CLOCK_MONOTONIC` that goes on while the machine sleeps. */
export const CLOCK_BOOTTIME = 7;

const NANOSECONDS = 1e9;

const clockGettimeNative: (clock: number, time: BigInt64Array) => number = libc.func(
  'int clock_gettime(int clock, void *time)',
);
const nanosleepNative: (request: BigInt64Array, remaining: BigInt64Array | null) => number =
  libc.func('int nanosleep(const void *request, void *remaining)');

/** A time or a span of time: `struct timespec` of timespec(3type). */
export class Timespec {
  /** The structure itself, for the calls of this module. */
  readonly words = new BigInt64Array(2);

  /**
   * @param seconds - whole seconds
   * @param nanoseconds - 0 to 999,999,999 for calls to accept it
   * @throws RangeError for one that is not a whole number
   */
  constructor(seconds = 0, nanoseconds = 0) {
    this.words[0] = BigInt(seconds);
    this.words[1] = BigInt(nanoseconds);
  }

  /** Whole seconds: `tv_sec`. */
  get seconds(): number {
    return Number(this.words[0]);
  }

  /** What is left of a second, in nanoseconds: `tv_nsec`. */
  get nanoseconds(): number {
    return Number(this.words[1]);
  }

  /** All of it in seconds, as exactly as a double can say. */
  toSeconds(): number {
    return this.seconds + this.nanoseconds / NANOSECONDS;
  }
}

/**
 * Reads a clock: clock_gettime(2).
 *
 * @param clock - a `CLOCK_` constant
 * @param time - where its time goes
 * @returns 0, or -1 and sets errno
 */
export function clock_gettime(clock: number, time: Timespec): number {
  return clockGettimeNative(clock, time.words);
}

/**
 * Blocks the thread for a time: nanosleep(2).
 *
 * @param request - how long
 * @param remaining - where what is left goes if a signal cuts the sleep short, or null
 * @returns 0, or -1 and sets errno
 */
export function nanosleep(request: Timespec, remaining: Timespec | null = null): number {
  return nanosleepNative(request.words, remaining === null ? null : remaining.words);
}
