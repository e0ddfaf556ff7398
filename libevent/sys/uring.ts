import { addressOf } from './raw_io.ts';
import { close } from './descriptor.ts';
import { EINVAL, errno, setErrno } from './errno.ts';
import { isTraced, libc } from './libc.ts';
import { Mapping } from './mmap.ts';
import type { Said } from './trace.ts';
import { enterFlags } from './trace_vocabulary.ts';

/** Numbers of the calls, which are the same on x86-64 and arm64: the C library has no functions for them. */
const SYS_IO_URING_SETUP = 425;
const SYS_IO_URING_ENTER = 426;
const SYS_IO_URING_REGISTER = 427;

/** Flags of io_uring_setup(2). */
const SETUP_CQSIZE = 1 << 3;
const SETUP_SUBMIT_ALL = 1 << 7;
const SETUP_TASKRUN_FLAG = 1 << 9;
const SETUP_SINGLE_ISSUER = 1 << 12;
const SETUP_DEFER_TASKRUN = 1 << 13;
const SETUP_NO_SQARRAY = 1 << 16;
/** Without one of these the ring is of no use here: see {@link Uring.open}. */
const SETUP_NEEDED =
  SETUP_CQSIZE | SETUP_SUBMIT_ALL | SETUP_TASKRUN_FLAG | SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN;

/** Flags of io_uring_enter(2). */
const ENTER_GETEVENTS = 1 << 0;
const ENTER_EXT_ARG = 1 << 3;

/** What io_uring_register(2) does. */
const REGISTER_PBUF_RING = 22;
const UNREGISTER_PBUF_RING = 23;

/** Flags that the kernel sets beside the submission queue. */
const SQ_CQ_OVERFLOW = 1 << 1;
const SQ_TASKRUN = 1 << 2;

const OFFSET_RINGS = 0;
const OFFSET_SQES = 0x10000000;

/** Operations. */
const OP_POLL_ADD = 6;
const OP_SENDMSG = 9;
const OP_ACCEPT = 13;
const OP_ASYNC_CANCEL = 14;
const OP_CONNECT = 16;
const OP_CLOSE = 19;
const OP_SEND = 26;
const OP_RECV = 27;

/** What these are called in a trace. */
const OPERATION_NAMES = new Map([
  [OP_POLL_ADD, 'poll'],
  [OP_SENDMSG, 'sendmsg'],
  [OP_ACCEPT, 'accept'],
  [OP_ASYNC_CANCEL, 'cancel'],
  [OP_CONNECT, 'connect'],
  [OP_CLOSE, 'close'],
  [OP_SEND, 'send'],
  [OP_RECV, 'recv'],
]);
/** The first byte of an entry is the operation. */
const OPERATION_MASK = 0xff;

/** Flags of an entry, in the second byte of its first word. */
const SQE_BUFFER_SELECT = (1 << 5) << 8;
const SQE_CQE_SKIP_SUCCESS = (1 << 6) << 8;

/** Flags of one operation, in the upper half of the first word of an entry or in its `len`. */
const ACCEPT_MULTISHOT = (1 << 0) << 16;
const RECV_MULTISHOT = (1 << 1) << 16;
const POLL_ADD_MULTI = 1 << 0;
const CANCEL_ALL = 1 << 0;
const CANCEL_ANY = 1 << 2;

/** Flag of a completion: the upper half of the flags is the number of the buffer that was filled. */
export const CQE_F_BUFFER = 1 << 0;
/** Flag of a completion: the operation goes on, and there will be others. */
export const CQE_F_MORE = 1 << 1;
/** How far up the number of the buffer is. */
export const CQE_BUFFER_SHIFT = 16;

/** A send goes on until all is sent or something fails: send(2). */
export const MSG_WAITALL = 0x100;

/** Words of `struct io_uring_params`, and where those are that the kernel fills in. */
const PARAMS_WORDS = 30;
const [PARAMS_SQ_ENTRIES, PARAMS_CQ_ENTRIES, PARAMS_FLAGS, PARAMS_FEATURES] = [0, 1, 2, 5];
const [SQ_HEAD, SQ_TAIL, SQ_MASK, SQ_FLAGS, SQ_ARRAY] = [10, 11, 12, 14, 16];
const [CQ_HEAD, CQ_TAIL, CQ_MASK, CQ_CQES] = [20, 21, 22, 25];
const FEAT_SINGLE_MMAP = 1 << 0;
const FEAT_NODROP = 1 << 1;
const FEAT_SUBMIT_STABLE = 1 << 2;
const FEAT_EXT_ARG = 1 << 8;
const FEATURES_NEEDED = FEAT_SINGLE_MMAP | FEAT_NODROP | FEAT_SUBMIT_STABLE | FEAT_EXT_ARG;

const BYTES_PER_WORD = 4;
const SQE_WORDS = 16;
const CQE_WORDS = 4;
/** Words of `struct io_uring_getevents_arg` and of the `struct timespec` that it points to. */
const GETEVENTS_ARG_WORDS = 6;
const GETEVENTS_ARG_BYTES = GETEVENTS_ARG_WORDS * BYTES_PER_WORD;
const TIMESPEC_WORDS = 4;
const ARG_TIMESPEC = 4;
const BUF_REG_WORDS = 10;

const TWO_TO_32 = 2 ** 32;
const MILLISECONDS_PER_SECOND = 1000;
const NANOSECONDS_PER_MILLISECOND = 1_000_000;

/** The calls, found in the C library when the first ring is made: few programs ever make one. */
interface Calls {
  readonly setup: (call: number, entries: number, params: Uint32Array) => number;
  readonly enter: (
    call: number,
    fd: number,
    submitted: number,
    least: number,
    flags: number,
    argument: 0,
  ) => number;
  readonly enterFor: (
    call: number,
    fd: number,
    submitted: number,
    least: number,
    flags: number,
    argument: number,
    size: number,
  ) => number;
  readonly register: (
    call: number,
    fd: number,
    operation: number,
    argument: Uint32Array,
    count: number,
  ) => number;
}

/** How many there are of each kind of operation: `3 (2 send, recv)`. */
function countsOf(operations: readonly number[]): string {
  if (operations.length === 0) return '0';
  const counts = new Map<number, number>();
  for (const operation of operations) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  const kinds = [...counts].map(([operation, count]) => {
    const name = OPERATION_NAMES.get(operation) ?? String(operation);
    return count === 1 ? name : `${String(count)} ${name}`;
  });
  return `${String(operations.length)} (${kinds.join(', ')})`;
}

/** @param said - what an io_uring_enter(2) carries, in words */
function findCalls(said: Said): Calls {
  return {
    setup: libc.func(
      'intptr_t syscall(intptr_t number, unsigned int entries, void *params)',
      'io_uring_setup',
    ),
    // koffi takes a shorter way for up to six numbers. Without an argument its size means nothing.
    enter: libc.func(
      'intptr_t syscall(intptr_t number, int fd, unsigned int submitted, unsigned int least, unsigned int flags, uintptr_t argument)',
      'io_uring_enter',
      said,
    ),
    enterFor: libc.func(
      'intptr_t syscall(intptr_t number, int fd, unsigned int submitted, unsigned int least, unsigned int flags, uintptr_t argument, size_t size)',
      'io_uring_enter',
      said,
    ),
    register: libc.func(
      'intptr_t syscall(intptr_t number, int fd, unsigned int operation, void *argument, unsigned int count)',
      'io_uring_register',
    ),
  };
}

/**
 * A pair of queues that the process and the kernel share: io_uring(7). Operations are put in one,
 * handed on together by one call, and what came of each is found in the other. Heads and tails are
 * read and written atomically, everything as words of 32 bits, so that no operation allocates.
 *
 * Whoever starts an operation answers for its memory being there until the operation has ended.
 *
 * @internal
 */
export class Uring {
  /** The descriptor of the ring. */
  readonly fd: number;
  /** The number that was given to the operation that the completion is about. */
  tag = 0;
  /** What came of it: as the call of its name would return, but a failure is -errno. */
  result = 0;
  /** `CQE_F_` flags, and the number of the buffer. */
  flags = 0;
  /** Of each tag the operation that has it, or had it last; null where nobody is told. */
  readonly #kinds: number[] | null = isTraced ? [] : null;
  readonly #calls: Calls;
  readonly #rings: Mapping;
  readonly #entries: Mapping;
  readonly #words: Uint32Array;
  readonly #sqes: Uint32Array;
  readonly #results: Int32Array;
  readonly #sqMask: number;
  readonly #sqHead: number;
  readonly #sqTail: number;
  readonly #sqFlags: number;
  readonly #cqMask: number;
  readonly #cqHead: number;
  readonly #cqTail: number;
  readonly #cqes: number;
  readonly #timespec = new Uint32Array(TIMESPEC_WORDS);
  readonly #argument = new Uint32Array(GETEVENTS_ARG_WORDS);
  readonly #argumentAddress: number;
  // Counted with a sign, for then they stay small integers to V8 when they wrap around.
  /** Where the next entry goes, up to where the kernel has been told of them, and where it can go at most. */
  #tail = 0;
  #told = 0;
  #end = 0;
  /** The next completion to be taken, and up to where they are known to be there. */
  #head = 0;
  #seen = 0;

  private constructor(
    calls: Calls,
    fd: number,
    params: Uint32Array,
    rings: Mapping,
    entries: Mapping,
  ) {
    const word = (index: number): number => (params[index] ?? 0) / BYTES_PER_WORD;
    this.#calls = calls;
    this.fd = fd;
    this.#rings = rings;
    this.#entries = entries;
    this.#words = new Uint32Array(rings.buffer);
    this.#results = new Int32Array(rings.buffer);
    this.#sqes = new Uint32Array(entries.buffer);
    this.#sqHead = word(SQ_HEAD);
    this.#sqTail = word(SQ_TAIL);
    this.#sqFlags = word(SQ_FLAGS);
    this.#sqMask = this.#words[word(SQ_MASK)] ?? 0;
    this.#cqHead = word(CQ_HEAD);
    this.#cqTail = word(CQ_TAIL);
    this.#cqMask = this.#words[word(CQ_MASK)] ?? 0;
    this.#cqes = word(CQ_CQES);
    if (((params[PARAMS_FLAGS] ?? 0) & SETUP_NO_SQARRAY) === 0) {
      // Between the queue and its entries is an array of their numbers; here each is in its own place.
      const array = word(SQ_ARRAY);
      for (let i = 0; i <= this.#sqMask; i++) this.#words[array + i] = i;
    }
    putNumber(this.#argument, ARG_TIMESPEC, addressOf(bytesOf(this.#timespec)));
    this.#argumentAddress = addressOf(bytesOf(this.#argument));
  }

  /**
   * Makes a ring: io_uring_setup(2). The kernel works on operations of this ring only while the
   * thread is in `enter()` and wants completions (`IORING_SETUP_DEFER_TASKRUN`), so that nothing is
   * received and nothing ends behind the back of whoever runs between two calls. Kernels before 6.1
   * can't do that, and are refused with `EINVAL`.
   *
   * @param operations - how many can be put in between two calls, a power of two
   * @param completions - how many can wait to be seen, a power of two
   * @returns null and sets errno: `ENOSYS` without io_uring, `EPERM` where it is forbidden, `EINVAL`
   *   for a kernel that lacks something
   */
  static open(operations: number, completions: number): Uring | null {
    let ring: Uring | null = null;
    const calls = findCalls({
      args: (args) => ring?.handedOn(args) ?? [],
      out: () => ring?.ended(),
    });
    const params = new Uint32Array(PARAMS_WORDS);
    const setup = (flags: number): number => {
      params.fill(0);
      params[PARAMS_FLAGS] = SETUP_NEEDED | flags;
      params[PARAMS_CQ_ENTRIES] = completions;
      return calls.setup(SYS_IO_URING_SETUP, operations, params);
    };
    let fd = setup(SETUP_NO_SQARRAY);
    if (fd < 0) fd = setup(0);
    if (fd < 0) return null;
    if (((params[PARAMS_FEATURES] ?? 0) & FEATURES_NEEDED) !== FEATURES_NEEDED) {
      close(fd);
      setErrno(EINVAL);
      return null;
    }
    const array =
      (params[PARAMS_FLAGS] ?? 0) & SETUP_NO_SQARRAY
        ? 0
        : (params[SQ_ARRAY] ?? 0) + (params[PARAMS_SQ_ENTRIES] ?? 0) * BYTES_PER_WORD;
    const cqes = (params[PARAMS_CQ_ENTRIES] ?? 0) * CQE_WORDS * BYTES_PER_WORD;
    const size = Math.max(array, (params[CQ_CQES] ?? 0) + cqes);
    const rings = Mapping.shared(fd, OFFSET_RINGS, size);
    const entriesSize = (params[PARAMS_SQ_ENTRIES] ?? 0) * SQE_WORDS * BYTES_PER_WORD;
    const entries = rings && Mapping.shared(fd, OFFSET_SQES, entriesSize);
    if (rings === null || entries === null) {
      const error = errno();
      rings?.close();
      close(fd);
      setErrno(error);
      return null;
    }
    ring = new Uring(calls, fd, params, rings, entries);
    return ring;
  }

  /** The arguments of an io_uring_enter(2) in words, with the operations that it hands on. */
  handedOn([, fd, submitted, least, flags]: readonly unknown[]): string[] {
    const count = Number(submitted);
    const operations = Array.from({ length: count }, (_, index) => {
      const at = ((this.#tail - count + index) & this.#sqMask) * SQE_WORDS;
      return (this.#sqes[at] ?? 0) & OPERATION_MASK;
    });
    return [String(fd), countsOf(operations), String(least), enterFlags(flags)];
  }

  /** What there is to be taken, in words: `2 completions (send, recv)`. */
  ended(): string {
    const count = this.ready;
    const operations = Array.from({ length: count }, (_, index) => {
      const at = this.#cqes + ((this.#head + index) & this.#cqMask) * CQE_WORDS;
      return this.#kinds?.[this.#words[at] ?? 0] ?? 0;
    });
    const [number = '', ...kinds] = countsOf(operations).split(' ');
    return [number, count === 1 ? 'completion' : 'completions', ...kinds].join(' ');
  }

  /** How many operations were put in since the kernel was last told. */
  get pending(): number {
    return (this.#tail - this.#told) | 0;
  }

  /** Whether the kernel has something to go on with at the next `enter()` that wants completions. */
  get hasWork(): boolean {
    return (Atomics.load(this.#words, this.#sqFlags) & (SQ_TASKRUN | SQ_CQ_OVERFLOW)) !== 0;
  }

  /** How many completions there are to be taken. */
  get ready(): number {
    return (Atomics.load(this.#words, this.#cqTail) - this.#head) | 0;
  }

  /**
   * Takes the next completion out: `tag`, `result` and `flags` are its own until the next one is taken.
   *
   * @returns whether there was one
   */
  take(): boolean {
    if (this.#head === this.#seen) {
      this.#seen = Atomics.load(this.#words, this.#cqTail) | 0;
      if (this.#head === this.#seen) return false;
    }
    const at = this.#cqes + (this.#head & this.#cqMask) * CQE_WORDS;
    this.tag = this.#words[at] ?? 0;
    this.result = this.#results[at + 2] ?? 0;
    this.flags = this.#words[at + 3] ?? 0;
    this.#head = (this.#head + 1) | 0;
    return true;
  }

  /**
   * Hands all operations on, and goes on with those that are under way: io_uring_enter(2).
   *
   * @param least - how many completions to wait for
   * @param timeout - for how many milliseconds at most; negative for as long as it takes
   * @returns 0 or more, or -1 and sets errno: `EINTR` when a signal came, `ETIME` when the time is
   *   up, `EEXIST` in another thread or process than the ring's own
   */
  enter(least: number, timeout: number): number {
    if (least === 0 || timeout < 0) return this.#enter(least, ENTER_GETEVENTS, 0, 0);
    const seconds = Math.floor(timeout / MILLISECONDS_PER_SECOND);
    this.#timespec[0] = seconds;
    this.#timespec[2] = (timeout - seconds * MILLISECONDS_PER_SECOND) * NANOSECONDS_PER_MILLISECOND;
    const flags = ENTER_GETEVENTS | ENTER_EXT_ARG;
    return this.#enter(least, flags, this.#argumentAddress, GETEVENTS_ARG_BYTES);
  }

  /** Hands all operations on, and nothing else: what can't be done at once waits for `enter()`. */
  submit(): number {
    return this.pending === 0 ? 0 : this.#enter(0, 0, 0, 0);
  }

  /**
   * Accepts connections of a listening socket until it fails or is cancelled: accept4(2).
   *
   * @param flags - `SOCK_` flags
   * @param address - where the address of each peer goes, in the place of the one before
   * @param length - where the room for that is, and its length will be
   */
  acceptMultishot(tag: number, fd: number, flags: number, address: number, length: number): void {
    const at = this.#next(OP_ACCEPT | ACCEPT_MULTISHOT, fd, tag);
    putNumber(this.#sqes, at + 4, address);
    putNumber(this.#sqes, at + 2, length);
    this.#sqes[at + 7] = flags;
  }

  /** Receives into buffers of a group until something fails, the peer ends or it is cancelled. */
  recvMultishot(tag: number, fd: number, group: number): void {
    const at = this.#next(OP_RECV | SQE_BUFFER_SELECT | RECV_MULTISHOT, fd, tag);
    this.#sqes[at + 10] = group;
  }

  /** Receives once, into a buffer of a group. */
  recv(tag: number, fd: number, group: number): void {
    const at = this.#next(OP_RECV | SQE_BUFFER_SELECT, fd, tag);
    this.#sqes[at + 10] = group;
  }

  /** Sends memory: send(2). With `MSG_WAITALL` it ends when all is sent. */
  send(tag: number, fd: number, address: number, count: number, flags: number): void {
    const at = this.#next(OP_SEND, fd, tag);
    putNumber(this.#sqes, at + 4, address);
    this.#sqes[at + 6] = count;
    this.#sqes[at + 7] = flags;
  }

  /** Sends several pieces of memory: sendmsg(2). The message itself may be changed after `submit()`. */
  sendmsg(tag: number, fd: number, message: number, flags: number): void {
    const at = this.#next(OP_SENDMSG, fd, tag);
    putNumber(this.#sqes, at + 4, message);
    this.#sqes[at + 6] = 1;
    this.#sqes[at + 7] = flags;
  }

  /** Connects a socket: connect(2). */
  connect(tag: number, fd: number, address: number, length: number): void {
    const at = this.#next(OP_CONNECT, fd, tag);
    putNumber(this.#sqes, at + 4, address);
    this.#sqes[at + 2] = length;
  }

  /** Waits until a descriptor is ready, once or until it is cancelled: poll(2). */
  pollAdd(tag: number, fd: number, events: number, isMultishot: boolean): void {
    const at = this.#next(OP_POLL_ADD, fd, tag);
    this.#sqes[at + 6] = isMultishot ? POLL_ADD_MULTI : 0;
    this.#sqes[at + 7] = events;
  }

  /** Closes a descriptor: close(2). */
  close(tag: number, fd: number): void {
    this.#next(OP_CLOSE, fd, tag);
  }

  /**
   * Has the operation that was given the number `other` end, with `ECANCELED` if nothing came of it
   * yet. Nothing is told of the cancelling itself, but with the tag 0 if there is no such operation.
   */
  cancel(other: number): void {
    const at = this.#next(OP_ASYNC_CANCEL | SQE_CQE_SKIP_SUCCESS, -1, 0);
    this.#sqes[at + 4] = other;
  }

  /** Has all operations end that way. */
  cancelAll(): void {
    const at = this.#next(OP_ASYNC_CANCEL | SQE_CQE_SKIP_SUCCESS, -1, 0);
    this.#sqes[at + 7] = CANCEL_ALL | CANCEL_ANY;
  }

  /**
   * Lets operations take buffers from a ring of them: io_uring_register(2).
   *
   * @param address - where that ring is, at the beginning of a page
   * @returns 0, or -1 and sets errno
   */
  registerBuffers(group: number, address: number, count: number): number {
    const registration = new Uint32Array(BUF_REG_WORDS);
    putNumber(registration, 0, address);
    registration[2] = count;
    registration[3] = group;
    const { register } = this.#calls;
    return register(SYS_IO_URING_REGISTER, this.fd, REGISTER_PBUF_RING, registration, 1);
  }

  /** Ends that. The operations that take them have to have ended. */
  unregisterBuffers(group: number): number {
    const registration = new Uint32Array(BUF_REG_WORDS);
    registration[3] = group;
    const { register } = this.#calls;
    return register(SYS_IO_URING_REGISTER, this.fd, UNREGISTER_PBUF_RING, registration, 1);
  }

  /** Gives the ring back. All operations have to have ended, but in a process that fork(2) has made. */
  free(): void {
    this.#rings.close();
    this.#entries.close();
    close(this.fd);
  }

  /** An entry with the first words filled in and the rest 0. */
  #next(operation: number, fd: number, tag: number): number {
    if (this.#tail === this.#end) this.#makeRoom();
    if (this.#kinds !== null) this.#kinds[tag] = operation & OPERATION_MASK;
    const sqes = this.#sqes;
    const at = (this.#tail & this.#sqMask) * SQE_WORDS;
    // One by one: fill() costs more than all of the words.
    sqes[at] = operation;
    sqes[at + 1] = fd;
    sqes[at + 2] = 0;
    sqes[at + 3] = 0;
    sqes[at + 4] = 0;
    sqes[at + 5] = 0;
    sqes[at + 6] = 0;
    sqes[at + 7] = 0;
    sqes[at + 8] = tag;
    sqes[at + 9] = 0;
    sqes[at + 10] = 0;
    sqes[at + 11] = 0;
    sqes[at + 12] = 0;
    sqes[at + 13] = 0;
    sqes[at + 14] = 0;
    sqes[at + 15] = 0;
    this.#tail = (this.#tail + 1) | 0;
    return at;
  }

  #enter(least: number, flags: number, argument: number, size: number): number {
    const { pending } = this;
    // The room of those that were taken is the kernel's again.
    Atomics.store(this.#words, this.#cqHead, this.#head);
    if (pending > 0) {
      Atomics.store(this.#words, this.#sqTail, this.#tail);
      this.#told = this.#tail;
    }
    const { enter, enterFor } = this.#calls;
    const count =
      argument === 0
        ? enter(SYS_IO_URING_ENTER, this.fd, pending, least, flags, argument)
        : enterFor(SYS_IO_URING_ENTER, this.fd, pending, least, flags, argument, size);
    // Entries that were not consumed are handed on by the next call.
    if (count < pending) this.#told = Atomics.load(this.#words, this.#sqHead) | 0;
    return count;
  }

  /** Looks how far the kernel has come, and hands on what there is if the queue is full. */
  #makeRoom(): void {
    const size = this.#sqMask + 1;
    this.#end = (Atomics.load(this.#words, this.#sqHead) + size) | 0;
    if (this.#tail !== this.#end) return;
    this.submit();
    this.#end = (Atomics.load(this.#words, this.#sqHead) + size) | 0;
  }
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer);
}

/** Puts a number of 64 bits in two words. */
function putNumber(words: Uint32Array, index: number, value: number): void {
  words[index] = value >>> 0;
  words[index + 1] = value / TWO_TO_32;
}
