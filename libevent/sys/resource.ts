import { libc } from './libc.ts';

/** What getrlimit(2) and setrlimit(2) can limit. */
export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_NPROC = 6;
/** One more than the highest descriptor the process may open. */
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;

/** No limit. */
export const RLIM_INFINITY = Infinity;

const INFINITY_IN_C = 2n ** 64n - 1n;

const getrlimitNative: (resource: number, limit: BigUint64Array) => number = libc.func(
  'int getrlimit(int resource, void *limit)',
);
const setrlimitNative: (resource: number, limit: BigUint64Array) => number = libc.func(
  'int setrlimit(int resource, const void *limit)',
);

function fromC(value = 0n): number {
  return value === INFINITY_IN_C ? RLIM_INFINITY : Number(value);
}

function toC(value: number): bigint {
  if (value === RLIM_INFINITY) return INFINITY_IN_C;
  if (!Number.isInteger(value) || value < 0) {
    throw new RangeError(`a limit is a whole number or RLIM_INFINITY, not ${String(value)}`);
  }
  return BigInt(value);
}

/** A limit: `struct rlimit` of getrlimit(2). */
export class Rlimit {
  /** The structure itself, for the calls of this module. */
  readonly words = new BigUint64Array(2);

  /**
   * @param current - the limit in force, in the resource's own unit, or `RLIM_INFINITY`
   * @param maximum - how far a process without privileges may raise it, or `RLIM_INFINITY`
   * @throws RangeError for one that is not a whole number
   */
  constructor(current = 0, maximum = 0) {
    this.words[0] = toC(current);
    this.words[1] = toC(maximum);
  }

  /** The limit in force: `rlim_cur`. */
  get current(): number {
    return fromC(this.words[0]);
  }

  /** How far it may be raised: `rlim_max`. */
  get maximum(): number {
    return fromC(this.words[1]);
  }
}

/**
 * Finds out a limit of this process: getrlimit(2).
 *
 * @param resource - an `RLIMIT_` constant
 * @param limit - where it goes
 * @returns 0, or -1 and sets errno
 */
export function getrlimit(resource: number, limit: Rlimit): number {
  return getrlimitNative(resource, limit.words);
}

/**
 * Changes a limit of this process, and of those it forks afterwards: setrlimit(2).
 *
 * @param resource - an `RLIMIT_` constant
 * @returns 0, or -1 and sets errno
 */
export function setrlimit(resource: number, limit: Rlimit): number {
  return setrlimitNative(resource, limit.words);
}
