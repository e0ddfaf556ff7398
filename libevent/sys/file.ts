import { bufferPart } from './descriptor.ts';
import { libc } from './libc.ts';

const preadNative: (fd: number, buffer: Uint8Array, count: number, offset: number) => number =
  libc.func('intptr_t pread(int fd, void *buffer, size_t count, int64_t offset)');
const statxNative: (
  fd: number,
  path: string,
  flags: number,
  mask: number,
  buffer: Uint8Array,
) => number = libc.func(
  'int statx(int fd, const char *path, int flags, unsigned int mask, void *buffer)',
);

const AT_EMPTY_PATH = 0x1000;
const STATX_SIZE = 0x200;
const SIZE_OF_STATX = 256;
const STX_SIZE = 40;
const TWO_TO_32 = 2 ** 32;

/**
 * Reads from a place in a file and leaves the file's own position alone: pread(2).
 *
 * @param count - the most bytes to read
 * @param fileOffset - where in the file to begin
 * @param offset - where in the buffer the first byte goes
 * @returns how many came, 0 at the end of the file, or -1 and sets errno
 * @throws RangeError if `count` bytes from `offset` do not fit the buffer
 */
export function pread(
  fd: number,
  buffer: Uint8Array,
  count: number,
  fileOffset: number,
  offset = 0,
): number {
  return preadNative(fd, bufferPart(buffer, offset, count), count, fileOffset);
}

/**
 * The size of the file that a descriptor is open on: the `stx_size` of statx(2), whose structure,
 * unlike that of fstat(2), is the same on every machine.
 *
 * @returns bytes, or -1 and sets errno
 */
export function fileSize(fd: number): number {
  const buffer = Buffer.alloc(SIZE_OF_STATX);
  if (statxNative(fd, '', AT_EMPTY_PATH, STATX_SIZE, buffer) < 0) return -1;
  return buffer.readUInt32LE(STX_SIZE) + buffer.readUInt32LE(STX_SIZE + 4) * TWO_TO_32;
}
