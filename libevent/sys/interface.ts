import { libc } from './libc.ts';

const ifNametoindexNative: (name: string) => number = libc.func(
  'unsigned int if_nametoindex(const char *name)',
);

/**
 * The number of a network interface, which an IPv6 address has as its `scopeId`: if_nametoindex(3).
 *
 * @param name - such as "lo" or "eth0"
 * @returns 1 or more, or 0 and sets errno
 * @throws TypeError for a name with a NUL in it
 */
export function if_nametoindex(name: string): number {
  // C would take what is before the NUL for the whole.
  if (name.includes('\0')) throw new TypeError('a name has no NUL inside');
  return ifNametoindexNative(name);
}
