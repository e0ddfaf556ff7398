import koffi from 'koffi';

type NativeLibrary = ReturnType<typeof koffi.load>;

const PROT_READ_WRITE = 3;
const MAP_SHARED_ANONYMOUS = 0x21;
const NO_FILE = -1;
const FAILED = -1;

/**
 * Numbers that a process has in common with all that it will be forked into. Where there is no such memory,
 * each has its own.
 *
 * @internal
 */
export function sharedNumbers(library: NativeLibrary, count: number): Float64Array {
  const mmap: (...args: readonly number[]) => number = library.func(
    'intptr_t mmap(intptr_t address, size_t length, int protection, int flags, int fd, intptr_t offset)',
  );
  const size = count * Float64Array.BYTES_PER_ELEMENT;
  const address = mmap(0, size, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, NO_FILE, 0);
  return address === FAILED ? new Float64Array(count) : new Float64Array(koffi.view(address, size));
}
