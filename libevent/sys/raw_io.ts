import koffi from 'koffi';
import { libc } from './libc.ts';

// The same calls as in descriptor.ts and socket.ts, on memory that is known by its address. koffi
// takes a number in 42 ns, a whole buffer in 59 and a part of one in 91, for the part is an object
// that has to be made and thrown away; and a number makes no garbage.

const readNative: (fd: number, address: number, count: number) => number = libc.func(
  'intptr_t read(int fd, uintptr_t buffer, size_t count)',
);
const writeNative: (fd: number, address: number, count: number) => number = libc.func(
  'intptr_t write(int fd, uintptr_t buffer, size_t count)',
);
const recvNative: (fd: number, address: number, count: number, flags: number) => number = libc.func(
  'intptr_t recv(int fd, uintptr_t buffer, size_t count, int flags)',
);
const sendNative: (fd: number, address: number, count: number, flags: number) => number = libc.func(
  'intptr_t send(int fd, uintptr_t buffer, size_t count, int flags)',
);

/**
 * Where a buffer's memory begins. It stays there while the buffer is reachable, and is not resized
 * or transferred; an address on Linux fits a number exactly.
 *
 * @internal
 */
export function addressOf(bytes: Uint8Array): number {
  return Number(koffi.address(bytes));
}

/**
 * Reads into memory: read(2). The caller answers for `count` bytes being there.
 *
 * @returns how many came, 0 at the end of the file, or -1 and sets errno
 * @internal
 */
export function readTo(fd: number, address: number, count: number): number {
  return readNative(fd, address, count);
}

/**
 * Receives into memory from a connected socket: recv(2), which costs the kernel less than read(2) does.
 * The caller answers for `count` bytes being there.
 *
 * @returns how many came, 0 when the peer has shut its side, or -1 and sets errno
 * @internal
 */
export function recvTo(fd: number, address: number, count: number, flags: number): number {
  return recvNative(fd, address, count, flags);
}

/**
 * Writes bytes in memory: write(2). The caller answers for `count` bytes being there.
 *
 * @returns how many were taken, which may be fewer, or -1 and sets errno
 * @internal
 */
export function writeFrom(fd: number, address: number, count: number): number {
  return writeNative(fd, address, count);
}

/**
 * Sends bytes in memory on a connected socket: send(2). The caller answers for `count` bytes being
 * there.
 *
 * @returns how many were taken, which may be fewer, or -1 and sets errno
 * @internal
 */
export function sendFrom(fd: number, address: number, count: number, flags: number): number {
  return sendNative(fd, address, count, flags);
}
