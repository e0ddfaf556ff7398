import koffi from 'koffi';
import { bufferPart } from './descriptor.ts';
import { libc } from './libc.ts';

/** The most parts one {@link IoVector} takes; the kernel's own limit, `UIO_MAXIOV`, is 1,024. */
export const IO_VECTOR_PARTS = 128;

const WORDS_PER_PART = 4;
const WORDS_PER_MSGHDR = 14;
const MSGHDR_IOV = 4;
const MSGHDR_IOVLEN = 6;
const TWO_TO_32 = 2 ** 32;

const readvNative: (fd: number, iov: Uint32Array, count: number) => number = libc.func(
  'intptr_t readv(int fd, const void *iov, int count)',
);
const writevNative: (fd: number, iov: Uint32Array, count: number) => number = libc.func(
  'intptr_t writev(int fd, const void *iov, int count)',
);
const sendmsgNative: (fd: number, message: Uint32Array, flags: number) => number = libc.func(
  'intptr_t sendmsg(int fd, const void *message, int flags)',
);

/**
 * An array of `struct iovec`, and the `struct msghdr` that sendmsg(2) wants around it, allocated
 * once and filled anew for each call. Addresses are kept as two 32-bit halves because a BigInt for
 * each part would be garbage for each call.
 */
export class IoVector {
  readonly #iov = new Uint32Array(IO_VECTOR_PARTS * WORDS_PER_PART);
  readonly #message = new Uint32Array(WORDS_PER_MSGHDR);
  /** Keeps the buffers alive that parts lie in. */
  readonly #buffers: Uint8Array[] = [];
  #count = 0;

  constructor() {
    this.#putWord(this.#message, MSGHDR_IOV, Number(koffi.address(this.#iov)));
  }

  /** How many parts are in it. */
  get count(): number {
    return this.#count;
  }

  /** Takes every part out, and with them the references that kept their buffers alive. */
  clear(): void {
    this.#count = 0;
    if (this.#buffers.length > 0) this.#buffers.length = 0;
  }

  /**
   * Puts a part of a buffer at the end.
   *
   * @throws RangeError if it is full, or if the part does not lie within the buffer
   */
  push(buffer: Uint8Array, offset: number, length: number): void {
    this.pushAddress(Number(koffi.address(bufferPart(buffer, offset, length))), length);
    this.#buffers.push(buffer);
  }

  /**
   * Puts a part at the end that is known by its address. The caller answers for the memory being
   * there until the call is made.
   *
   * @throws RangeError if it is full
   * @internal
   */
  pushAddress(address: number, length: number): void {
    const index = this.#count;
    if (index === IO_VECTOR_PARTS) throw new RangeError('the vector is full');
    const word = index * WORDS_PER_PART;
    this.#putWord(this.#iov, word, address);
    this.#putWord(this.#iov, word + 2, length);
    this.#count = index + 1;
  }

  /**
   * Reads into the parts, one after the other, from a descriptor: readv(2).
   *
   * @returns how many bytes came, 0 at the end of the file, or -1 and sets errno
   */
  readv(fd: number): number {
    return readvNative(fd, this.#iov, this.#count);
  }

  /**
   * Writes the parts, in order, to a descriptor: writev(2).
   *
   * @returns how many bytes were taken, or -1 and sets errno
   */
  writev(fd: number): number {
    return writevNative(fd, this.#iov, this.count);
  }

  /**
   * Sends the parts, in order, on a connected socket: sendmsg(2).
   *
   * @param flags - such as `MSG_NOSIGNAL`, which writev(2) has no place for
   * @returns how many bytes were taken, or -1 and sets errno
   */
  sendmsg(fd: number, flags: number): number {
    this.#message[MSGHDR_IOVLEN] = this.count;
    return sendmsgNative(fd, this.#message, flags);
  }

  /**
   * Where the `struct msghdr` is, with the parts as they are now.
   *
   * @internal
   */
  messageAddress(): number {
    this.#message[MSGHDR_IOVLEN] = this.count;
    return Number(koffi.address(this.#message));
  }

  #putWord(words: Uint32Array, index: number, value: number): void {
    words[index] = value % TWO_TO_32;
    words[index + 1] = Math.floor(value / TWO_TO_32);
  }
}
