/** The server’s own descriptors: how many are left, and which of them its children may have. */
import { readdirSync, readFileSync } from 'node:fs';
import koffi from 'koffi';

const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** The first descriptor after standard input, output and error. */
export const FIRST_DESCRIPTOR = 3;

/** How many descriptors this process may have open: RLIMIT_NOFILE of getrlimit(2). */
export function descriptorLimit(): number {
  const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  return match?.[1] === undefined ? Infinity : Number(match[1]);
}

/**
 * How many more descriptors this process can open; 0 when none is left to count them with.
 * @param limit what {@link descriptorLimit} says: it does not change, and reading it takes a descriptor
 */
export function descriptorsLeft(limit: number): number {
  return limit - descriptorsOpen(limit);
}

/**
 * How many descriptors this process has open; all that it may when none is left to count them with.
 * @param limit what {@link descriptorLimit} says
 */
export function descriptorsOpen(limit: number): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return limit;
  }
}

/**
 * Keeps the descriptors that are open now from programs that this process starts: FD_CLOEXEC of
 * fcntl(2). Node’s own have it; what the server inherited from whoever started it (a pipe of a
 * supervisor’s, say) would otherwise reach every sandbox.
 */
export function keepFromChildren(): void {
  const fcntl: (fd: number, command: number, type: string, argument: number) => number = koffi
    .load('libc.so.6')
    .func('int fcntl(int fd, int cmd, ...)');
  for (const name of readdirSync('/proc/self/fd')) {
    const descriptor = Number(name);
    if (descriptor < FIRST_DESCRIPTOR) continue;
    // One that was only open for this listing is closed by now: EBADF, and that is fine.
    const flags = fcntl(descriptor, F_GETFD, 'int', 0);
    if (flags >= 0) fcntl(descriptor, F_SETFD, 'int', flags | FD_CLOEXEC);
  }
}
