import koffi from 'koffi';
import { libc } from './libc.ts';

/** What mapped memory may be used for: mmap(2). */
export const PROT_READ = 1;
export const PROT_WRITE = 2;

/** Changes to mapped memory stay in this process: mmap(2). */
export const MAP_PRIVATE = 2;

// An address is a number here; the failure, all ones, comes as -1 because the type is signed.
const mmapNative: (
  address: number,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => number = libc.func(
  'intptr_t mmap(uintptr_t address, size_t length, int protection, int flags, int fd, int64_t offset)',
);
const munmapNative: (address: number, length: number) => number = libc.func(
  'int munmap(uintptr_t address, size_t length)',
);

/**
 * Part of a file as memory: mmap(2). Reading it after the file was cut short ends the process with
 * SIGBUS, as in C.
 *
 * @internal
 */
export class FileMapping {
  readonly #address: number;
  readonly #buffer: ArrayBuffer;

  private constructor(address: number, length: number) {
    this.#address = address;
    this.#buffer = koffi.view(address, length);
  }

  /**
   * Maps part of a file. What is written to the memory stays out of the file.
   *
   * @param offset - where it begins, a multiple of the size of a page
   * @param length - bytes, at least 1
   * @returns null and sets errno if it cannot be mapped
   */
  static open(fd: number, offset: number, length: number): FileMapping | null {
    const address = mmapNative(0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, offset);
    return address === -1 ? null : new FileMapping(address, length);
  }

  /** The memory. */
  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  /** Gives the memory back: munmap(2). Buffers made on it are empty from then on. */
  close(): void {
    const length = this.#buffer.byteLength;
    // Detaches the memory from every view of it: an access that comes too late finds nothing
    // instead of an address that is no more.
    this.#buffer.transfer(0);
    munmapNative(this.#address, length);
  }
}
