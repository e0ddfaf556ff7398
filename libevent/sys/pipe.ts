import { libc } from './libc.ts';

const pipe2Native: (pair: Int32Array, flags: number) => number = libc.func(
  'int pipe2(void *pair, int flags)',
);

/**
 * Makes a pipe: pipe2(2). What is written to its second descriptor is read from its first.
 *
 * @param pair - where the two descriptors go
 * @param flags - `O_NONBLOCK`, `O_CLOEXEC`, both or 0
 * @returns 0, or -1 and sets errno
 * @throws RangeError if `pair` has no room for two
 */
export function pipe2(pair: Int32Array, flags = 0): number {
  if (pair.length < 2) throw new RangeError('pipe2() needs room for two descriptors');
  return pipe2Native(pair, flags);
}
