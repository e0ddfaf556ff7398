import koffi from 'koffi';
import { libc } from './libc.ts';
import { NSIG, Sigaction } from './signal.ts';
import { isThreadAlive } from './thread.ts';

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

// The table: where each signal goes, then the lock, then what each signal did before, each as long as
// a `struct sigaction`, then who wants each signal: how many, and of each the descriptor and the thread.
const LOCK = 512n;
const ORIGINALS = 1024n;
const TAKERS = 16384n;
const MOST_TAKERS = 1000;
const TAKER_SIZE = 2 * SIZE_OF_INT;
const TAKERS_SIZE = SIZE_OF_INT + MOST_TAKERS * TAKER_SIZE;
/** Of memory that nothing was written to there is only the address. */
const TABLE_SIZE = Number(TAKERS) + NSIG * TAKERS_SIZE;

const PTHREAD_MUTEX_ROBUST = 1;
/** Node has no name for it. */
const EOWNERDEAD = 130;
/** More than a `pthread_mutexattr_t` has anywhere. */
const ATTRIBUTES_SIZE = 64;

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

const initAttributes: (attributes: Uint8Array) => number = libc.func(
  'int pthread_mutexattr_init(void *attributes)',
);
const setRobust: (attributes: Uint8Array, robustness: number) => number = libc.func(
  'int pthread_mutexattr_setrobust(void *attributes, int robustness)',
);
const initMutex: (mutex: bigint, attributes: Uint8Array) => number = libc.func(
  'int pthread_mutex_init(uintptr_t mutex, const void *attributes)',
);
const lockMutex: (mutex: bigint) => number = libc.func('int pthread_mutex_lock(uintptr_t mutex)');
const makeConsistent: (mutex: bigint) => number = libc.func(
  'int pthread_mutex_consistent(uintptr_t mutex)',
);
const unlockMutex: (mutex: bigint) => number = libc.func(
  'int pthread_mutex_unlock(uintptr_t mutex)',
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

function map(length: number): bigint {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const address = BigInt(mmapNative(null, length, PROT_READ | PROT_WRITE, flags, -1, 0));
  if (address === MAP_FAILED) throw new Error('no memory for a signal handler');
  return address;
}

/** Someone who wants a signal. */
export interface Taker {
  /** The writing end of a nonblocking pipe. */
  readonly fd: number;
  /** Whose it is: `ownThread()`. */
  readonly thread: number;
}

/**
 * A signal handler of a few machine instructions that writes the number of the signal, as one byte,
 * to the descriptor a table has for it. It does what signal-safety(7) allows and needs no
 * JavaScript, so it works at any moment: when the thread sits in epoll_wait(2), and on any other
 * thread of the process.
 *
 * Threads share no JavaScript object, but they share this memory, so what they have to agree on about
 * a signal is in it. It is never given back: the kernel, or another thread, may still have its address.
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
    const table = map(TABLE_SIZE);
    const address = map(PAGE);
    const handler = new SignalHandler(address, table);
    for (let signum = 0; signum < NSIG; signum++) handler.setDescriptor(signum, -1);
    // Robust: a worker that terminate() ends while it has the lock does not have it for ever.
    const attributes = Buffer.alloc(ATTRIBUTES_SIZE);
    initAttributes(attributes);
    setRobust(attributes, PTHREAD_MUTEX_ROBUST);
    initMutex(table + LOCK, attributes);
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

  /**
   * Calls a function while no other thread is in one that this method calls.
   *
   * @throws Error if the calling thread is in one itself
   */
  locked<T>(body: () => T): T {
    const mutex = this.#table + LOCK;
    const failure = lockMutex(mutex);
    // A thread ended in the middle. What it wrote is whole, and whoever comes now counts without it.
    if (failure === EOWNERDEAD) makeConsistent(mutex);
    else if (failure !== 0) throw new Error(`a signal handler is locked: error ${String(failure)}`);
    try {
      return body();
    } finally {
      unlockMutex(mutex);
    }
  }

  /** Who wants a signal, the last to have asked for it last. Threads that have ended want nothing. */
  takers(signum: number): Taker[] {
    const address = this.#takersAt(signum);
    const count = Buffer.from(bytesAt(address, 'uint8_t', SIZE_OF_INT)).readInt32LE();
    const size = SIZE_OF_INT + count * TAKER_SIZE;
    const bytes = Buffer.from(bytesAt(address, 'uint8_t', size));
    const takers: Taker[] = [];
    for (let at = SIZE_OF_INT; at < size; at += TAKER_SIZE) {
      const taker = { fd: bytes.readInt32LE(at), thread: bytes.readInt32LE(at + SIZE_OF_INT) };
      if (isThreadAlive(taker.thread)) takers.push(taker);
    }
    return takers;
  }

  /**
   * Says who wants a signal; the last one gets it.
   *
   * @throws Error for more than a thousand
   */
  setTakers(signum: number, takers: readonly Taker[]): void {
    if (takers.length > MOST_TAKERS) {
      throw new Error(`a thousand event bases want signal ${String(signum)} already`);
    }
    const bytes = Buffer.alloc(SIZE_OF_INT + takers.length * TAKER_SIZE);
    bytes.writeInt32LE(takers.length);
    for (const [i, { fd, thread }] of takers.entries()) {
      const at = SIZE_OF_INT + i * TAKER_SIZE;
      bytes.writeInt32LE(fd, at);
      bytes.writeInt32LE(thread, at + SIZE_OF_INT);
    }
    memcpyNative(this.#takersAt(signum), bytes, bytes.length);
    this.setDescriptor(signum, takers.at(-1)?.fd ?? -1);
  }

  /** Keeps what the process did about a signal before this handler. */
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

  #takersAt(signum: number): bigint {
    return this.#table + TAKERS + BigInt(signum * TAKERS_SIZE);
  }
}
