import koffi from 'koffi';

/** What goes with a format: for each value the C type that it has there, and the value. */
export type SnprintfArguments = (string | number | bigint)[];

/**
 * How many values go with one call, those for a `*` too. koffi takes 30, and with more it reads past
 * them.
 *
 * @internal
 */
export const SNPRINTF_VALUES = 30;

// No system call: the C library is asked past the trace of those.
const snprintfNative: (
  address: number,
  size: number,
  format: string,
  ...args: SnprintfArguments
) => number = koffi
  .load(null)
  .func('int snprintf(uintptr_t buffer, size_t size, const char *format, ...)');

/**
 * Formats into memory: snprintf(3). The caller answers for `size` bytes being there, and for types
 * that fit the format, and for no more than `SNPRINTF_VALUES` values.
 *
 * @returns how many bytes it makes, without the NUL after them, which may be more than there is room
 *   for; or -1 and sets errno
 * @internal
 */
export function snprintfTo(
  address: number,
  size: number,
  format: string,
  args: SnprintfArguments,
): number {
  return snprintfNative(address, size, format, ...args);
}
