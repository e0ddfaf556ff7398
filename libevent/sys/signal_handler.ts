import koffi from 'koffi';
import { libc } from './libc.ts';
import { NSIG, Sigaction } from './signal.ts';

const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_PRIVATE = 0x02;
const MAP_ANONYMOUS = 0x20;
const MAP_FAILED = 2n ** 64n - 1n;
const SIZE_OF_INT = 4;
/** Of 64 KiB, the largest pages that arm64 has. */
const PAGE = 65536;
/** The smallest pages that a mapping can begin with. */
const SMALLEST_PAGE = 4096n;
/** Where in the page of the table the original actions begin, each as long as a `struct sigaction`. */
const ORIGINALS = 1024n;

const mmapNative: (
  address: null,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => number | bigint = libc.func(
  'uintptr_t mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
);
const mprotectNative: (address: bigint, length: number, protection: number) => number = libc.func(
  'int mprotect(uintptr_t address, size_t length, int protection)',
);
const memcpyNative: (to: bigint, from: Uint8Array, length: number) => void = libc.func(
  'void memcpy(uintptr_t to, const void *from, size_t length)',
);

const bytesAt: (address: bigint, type: 'uint8_t', length: number) => Uint8Array = koffi.decode;

// void handler(int signum) { write(table[signum], &signum, 1); }
//
// It calls the kernel itself, not the C library, so errno stays what it was, and so does everything
// else that the interrupted code could see. Both processors are little-endian: the first byte of
// the number is all of it. A write that the kernel refuses, because the pipe is full or the entry
// is -1, is lost.

const TABLE_IN_X64 = 4;

function codeForX64(table: bigint): Buffer {
  const code = Buffer.from([
    ...[0x89, 0xf9], //                         mov  ecx, edi       ; signum, and 0 above it
    ...[0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0], // mov  rax, table
    ...[0x57], //                               push rdi            ; the byte to write
    ...[0x8b, 0x3c, 0x88], //                   mov  edi, [rax + rcx * 4]
    ...[0x48, 0x89, 0xe6], //                   mov  rsi, rsp
    ...[0xba, 1, 0, 0, 0], //                   mov  edx, 1
    ...[0xb8, 1, 0, 0, 0], //                   mov  eax, 1         ; write
    ...[0x0f, 0x05], //                         syscall
    ...[0x5f], //                               pop  rdi
    ...[0xc3], //                               ret
  ]);
  code.writeBigUInt64LE(table, TABLE_IN_X64);
  return code;
}

function codeForArm64(table: bigint): Buffer {
  const instructions = [
    0xd10043ff, // sub  sp, sp, #16
    0x390003e0, // strb w0, [sp]             ; the byte to write
    0x58000109, // ldr  x9, table
    0xb8605920, // ldr  w0, [x9, w0, uxtw #2]
    0x910003e1, // mov  x1, sp
    0xd2800022, // mov  x2, #1
    0xd2800808, // mov  x8, #64              ; write
    0xd4000001, // svc  #0
    0x910043ff, // add  sp, sp, #16
    0xd65f03c0, // ret
  ];
  const end = instructions.length * SIZE_OF_INT;
  const code = Buffer.alloc(end + 8);
  for (const [i, word] of instructions.entries()) code.writeUInt32LE(word, i * SIZE_OF_INT);
  code.writeBigUInt64LE(table, end);
  return code;
}

function codeFor(table: bigint): Buffer {
  return process.arch === 'x64' ? codeForX64(table) : codeForArm64(table);
}

/** The table of the handler that is at an address, or null if something else is there. */
function tableAt(address: bigint): bigint | null {
  // Handlers begin a page. Of any other code that does, as many bytes can be read.
  if (address < SMALLEST_PAGE || address % SMALLEST_PAGE !== 0n) return null;
  const pattern = codeFor(0n);
  const code = Buffer.from(bytesAt(address, 'uint8_t', pattern.length));
  const at = process.arch === 'x64' ? TABLE_IN_X64 : pattern.length - 8;
  const table = code.readBigUInt64LE(at);
  return code.equals(codeFor(table)) ? table : null;
}

function map(): bigint {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const address = BigInt(mmapNative(null, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0));
  if (address === MAP_FAILED) throw new Error('no memory for a signal handler');
  return address;
}

/**
 * A signal handler of a few machine instructions that writes the number of the signal, as one byte,
 * to the descriptor a table has for it. It does what signal-safety(7) allows and needs no
 * JavaScript, so it works at any moment: when the thread sits in epoll_wait(2), and on any other
 * thread of the process.
 *
 * @internal
 */
export class SignalHandler {
  /** Where its code is, for `sigaction()`. */
  readonly address: bigint;
  readonly #table: bigint;
  readonly #entry = Buffer.alloc(SIZE_OF_INT);

  private constructor(address: bigint, table: bigint) {
    this.address = address;
    this.#table = table;
  }

  /** @throws Error if the system refuses memory that can be executed */
  static create(): SignalHandler {
    const table = map();
    const address = map();
    const handler = new SignalHandler(address, table);
    for (let signum = 0; signum < NSIG; signum++) handler.setDescriptor(signum, -1);
    const code = codeFor(table);
    memcpyNative(address, code, code.length);
    // Never writable and executable at once.
    if (mprotectNative(address, PAGE, PROT_READ | PROT_EXEC) < 0) {
      throw new Error('the system lets no memory become executable for a signal handler');
    }
    return handler;
  }

  /**
   * Finds the handler that a signal has, which can be one of another thread: each worker has one of
   * its own, while what the process does about a signal is there once.
   *
   * @param address - of any handler
   * @returns null if it is none of this kind
   */
  static at(address: bigint): SignalHandler | null {
    const table = tableAt(address);
    return table === null ? null : new SignalHandler(address, table);
  }

  /**
   * Says where a signal goes.
   *
   * @param signum - 0 to NSIG - 1
   * @param fd - a nonblocking descriptor, or -1 for nowhere
   */
  setDescriptor(signum: number, fd: number): void {
    this.#entry.writeInt32LE(fd);
    memcpyNative(this.#table + BigInt(signum * SIZE_OF_INT), this.#entry, SIZE_OF_INT);
  }

  /** Whether a signal goes anywhere. */
  wants(signum: number): boolean {
    const entry = bytesAt(this.#table + BigInt(signum * SIZE_OF_INT), 'uint8_t', SIZE_OF_INT);
    return Buffer.from(entry).readInt32LE() >= 0;
  }

  /** Keeps what the process did about a signal before any handler of this kind. */
  setOriginal(signum: number, { bytes }: Sigaction): void {
    memcpyNative(this.#originalAt(signum, bytes.length), bytes, bytes.length);
  }

  /** What `setOriginal()` was given. */
  original(signum: number): Sigaction {
    const action = new Sigaction();
    const { bytes } = action;
    bytes.set(bytesAt(this.#originalAt(signum, bytes.length), 'uint8_t', bytes.length));
    return action;
  }

  #originalAt(signum: number, size: number): bigint {
    return this.#table + ORIGINALS + BigInt(signum * size);
  }
}
