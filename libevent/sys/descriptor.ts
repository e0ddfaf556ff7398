import { libc } from './libc.ts';

/** Commands of fcntl(2). */
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;

/** The one descriptor flag of fcntl(2): close it when the process executes another program. */
export const FD_CLOEXEC = 1;

/** File status flag of fcntl(2): calls that would wait return -1 with `EAGAIN` instead. */
export const O_NONBLOCK = 0o4000;

const closeNative: (fd: number) => number = libc.func('int close(int fd)');
const fcntlNative: (fd: number, command: number, type: 'int', argument: number) => number =
  libc.func('int fcntl(int fd, int command, ...)');
const readNative: (fd: number, buffer: Uint8Array, count: number) => number = libc.func(
  'intptr_t read(int fd, void *buffer, size_t count)',
);
const writeNative: (fd: number, buffer: Uint8Array, count: number) => number = libc.func(
  'intptr_t write(int fd, const void *buffer, size_t count)',
);

/**
 * The part of a buffer that a call may touch. The C library trusts the length it is given, so one
 * that is too long must be stopped here.
 *
 * @param buffer - the whole buffer
 * @param offset - where the part begins
 * @param count - its length in bytes
 * @throws RangeError if the part does not lie within the buffer
 */
export function bufferPart(buffer: Uint8Array, offset: number, count: number): Uint8Array {
  if (
    !Number.isInteger(count) ||
    !Number.isInteger(offset) ||
    count < 0 ||
    offset < 0 ||
    offset + count > buffer.length
  ) {
    throw new RangeError(
      `${String(count)} bytes from ${String(offset)} do not fit a buffer of ${String(buffer.length)} bytes`,
    );
  }
  return offset === 0 ? buffer : buffer.subarray(offset);
}

/** Closes a descriptor: close(2). Returns 0, or -1 and sets errno. */
export function close(fd: number): number {
  return closeNative(fd);
}

/**
 * Reads or changes a descriptor's flags: fcntl(2).
 *
 * @param command - `F_GETFD`, `F_SETFD`, `F_GETFL` or `F_SETFL`
 * @param argument - the new flags for the two that set
 * @returns the flags, 0 for the two that set, or -1 and sets errno
 */
export function fcntl(fd: number, command: number, argument = 0): number {
  return fcntlNative(fd, command, 'int', argument);
}

/**
 * Reads from a descriptor into a buffer: read(2).
 *
 * @param count - the most bytes to read
 * @param offset - where in the buffer the first of them goes
 * @returns how many came, 0 at the end of the file, or -1 and sets errno
 * @throws RangeError if `count` bytes from `offset` do not fit the buffer
 */
export function read(fd: number, buffer: Uint8Array, count = buffer.length, offset = 0): number {
  return readNative(fd, bufferPart(buffer, offset, count), count);
}

/**
 * Writes bytes of a buffer to a descriptor: write(2).
 *
 * @param count - the most bytes to write
 * @param offset - where in the buffer the first of them is
 * @returns how many were taken, which may be fewer, or -1 and sets errno
 * @throws RangeError if `count` bytes from `offset` do not lie within the buffer
 */
export function write(fd: number, buffer: Uint8Array, count = buffer.length, offset = 0): number {
  return writeNative(fd, bufferPart(buffer, offset, count), count);
}
