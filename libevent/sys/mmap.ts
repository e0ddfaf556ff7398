import koffi from 'koffi';
import { libc } from './libc.ts';

/** What mapped memory may be used for: mmap(2). */
export const PROT_READ = 1;
export const PROT_WRITE = 2;

/** Changes to mapped memory are seen by all who map it, or stay in this process: mmap(2). */
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
/** There is no file behind it: it begins with zeros. */
export const MAP_ANONYMOUS = 0x20;
/** All of it is there at once, and not a page at a time when it is first used. */
export const MAP_POPULATE = 0x8000;

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
 * Memory that mmap(2) gives: part of a file, what the kernel shares, or pages of one's own. Reading
 * part of a file after that was cut short ends the process with SIGBUS, as in C.
 *
 * @internal
 */
export class Mapping {
  /** Where it begins; at the beginning of a page. */
  readonly address: number;
  readonly #buffer: ArrayBuffer;

  private constructor(address: number, length: number) {
    this.address = address;
    this.#buffer = koffi.view(address, length);
  }

  /**
   * Maps part of a file. What is written to the memory stays out of the file.
   *
   * @param offset - where it begins, a multiple of the size of a page
   * @param length - bytes, at least 1
   * @returns null and sets errno if it cannot be mapped
   */
  static ofFile(fd: number, offset: number, length: number): Mapping | null {
    return Mapping.#open(length, MAP_PRIVATE, fd, offset);
  }

  /** Maps what a descriptor of the kernel's shares with the process; otherwise the same. */
  static shared(fd: number, offset: number, length: number): Mapping | null {
    return Mapping.#open(length, MAP_SHARED | MAP_POPULATE, fd, offset);
  }

  /** Maps memory of zeros, of this process alone. */
  static ofZeros(length: number): Mapping | null {
    return Mapping.#open(length, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }

  static #open(length: number, flags: number, fd: number, offset: number): Mapping | null {
    const address = mmapNative(0, length, PROT_READ | PROT_WRITE, flags, fd, offset);
    return address === -1 ? null : new Mapping(address, length);
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
    munmapNative(this.address, length);
  }
}
