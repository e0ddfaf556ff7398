import { libc } from './libc.ts';

const TWO_TO_32 = 2 ** 32;

const sendfileNative: (
  outFd: number,
  inFd: number,
  offset: Uint32Array | null,
  count: number,
) => number = libc.func('intptr_t sendfile(int out_fd, int in_fd, void *offset, size_t count)');

/** A place in a file, an `off_t`, for calls that move it on. */
export class FileOffset {
  /** The memory itself, for the calls of this module. */
  readonly words = new Uint32Array(2);

  /** The place, in bytes from the beginning of the file. */
  get value(): number {
    return (this.words[0] ?? 0) + (this.words[1] ?? 0) * TWO_TO_32;
  }

  /** @throws RangeError for a place that is not a whole number of bytes, 0 or more */
  set value(bytes: number) {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new RangeError(`a place in a file is 0 bytes or more, not ${String(bytes)}`);
    }
    this.words[0] = bytes % TWO_TO_32;
    this.words[1] = Math.floor(bytes / TWO_TO_32);
  }
}

/**
 * Copies bytes from a file to another descriptor without bringing them here: sendfile(2).
 *
 * @param outFd - where to, a socket for instance
 * @param inFd - where from; a file that could be mapped, no socket or pipe
 * @param offset - where in the file to begin, moved on by as many bytes as were taken; null for the
 *   file's own position, which is moved on instead
 * @param count - the most bytes to copy
 * @returns how many were taken, which may be fewer, 0 at the end of the file, or -1 and sets errno
 */
export function sendfile(
  outFd: number,
  inFd: number,
  offset: FileOffset | null,
  count: number,
): number {
  return sendfileNative(outFd, inFd, offset === null ? null : offset.words, count);
}
