import { constants as fileConstants } from 'node:fs';
import { constants } from 'node:os';
import koffi from 'koffi';

type NativeLibrary = ReturnType<typeof koffi.load>;
type NativeFunction = ReturnType<NativeLibrary['func']>;

/** What a call that would have waited returns when it is only tried. @internal */
export const WOULD_WAIT = Symbol('would wait');

/**
 * How a call can wait: for a time that is an argument, for one of several descriptors, for its
 * descriptor to be read or written, for a child, for the operations of a ring, for nothing but time.
 * `always` are also those after which nothing of this process may be left.
 *
 * @internal
 */
export type Wait =
  | 'always'
  | 'select'
  | 'recv'
  | 'send'
  | 'accept'
  | 'read'
  | 'write'
  | 'connect'
  | 'child'
  | 'ring'
  | 'sleep'
  | { readonly timeout: number };

const WAITS = new Map<string, Wait>([
  ['epoll_wait', { timeout: 3 }],
  ['poll', { timeout: 2 }],
  ['select', 'select'],
  ['recv', 'recv'],
  ['accept4', 'accept'],
  ['read', 'read'],
  ['readv', 'read'],
  ['write', 'write'],
  ['send', 'send'],
  ['writev', 'write'],
  ['sendmsg', 'write'],
  ['sendfile', 'write'],
  ['connect', 'connect'],
  ['waitpid', 'child'],
  ['io_uring_enter', 'ring'],
  ['nanosleep', 'sleep'],
  ['getaddrinfo', 'always'],
  ['fork', 'always'],
  ['execve', 'always'],
  ['_exit', 'always'],
  ['kill', 'always'],
  ['raise', 'always'],
]);

/**
 * How a function can wait.
 *
 * @returns null if it never does
 * @internal
 */
export function waitOf(name: string): Wait | null {
  return WAITS.get(name) ?? null;
}

const { EAGAIN, EINTR } = constants.errno;
const { O_NONBLOCK } = fileConstants;
const F_GETFL = 3;
const POLLIN = 1;
const POLLOUT = 4;
const MSG_DONTWAIT = 0x40;
const MSG_WAITALL = 0x100;
const WNOHANG = 1;
/** A descriptor that can be written takes at least so many bytes at once. */
const TAKEN_AT_ONCE = 4096;

/**
 * Makes calls that do not wait. That a thread waits has to be told before it does, and telling costs
 * more than asking.
 *
 * @internal
 */
export class TraceWaits {
  readonly #poll: (set: Int32Array, count: number, timeout: number) => number;
  readonly #fcntl: (fd: unknown, command: number) => number;
  readonly #select: NativeFunction;
  readonly #pollfd = new Int32Array(2);
  readonly #noTime = new Int32Array(4);
  /** What of the last call is sent already, although the rest of it would wait: the arguments are of the rest. */
  #sent = 0;

  constructor(library: NativeLibrary) {
    this.#poll = library.func('int poll(void *set, unsigned long count, int timeout)');
    this.#fcntl = library.func('int fcntl(int fd, int command)');
    this.#select = library.func('int select(int n, void *r, void *w, void *e, void *timeout)');
  }

  /**
   * Makes a call if it need not wait.
   *
   * @param patience - how many milliseconds it may wait nevertheless; what it waited is then taken from
   *   a timeout among the arguments
   * @returns what it returned, with errno as it left that, or {@link WOULD_WAIT}
   */
  attempt(wait: Wait | null, target: NativeFunction, args: unknown[], patience: number): unknown {
    this.#sent = 0;
    switch (wait) {
      case null:
        break;
      case 'always':
        return WOULD_WAIT;
      case 'select':
        if (this.selectWouldWait(args)) return WOULD_WAIT;
        break;
      case 'recv':
        // What is wrong is for the function itself to say.
        if (typeof args[3] !== 'number') break;
        return this.#receive(target, args, patience);
      case 'send':
        if (typeof args[3] !== 'number') break;
        return this.#send(target, args);
      case 'accept':
        // Others may accept from the same socket, and be faster: one that seems to be there may be gone.
        if (!this.#isNonblocking(args[0])) return WOULD_WAIT;
        return this.#read(target, args, patience);
      case 'read':
        return this.#read(target, args, patience);
      case 'write':
        if (!this.#takes(args) && !this.#isNonblocking(args[0])) return WOULD_WAIT;
        break;
      case 'connect':
        if (!this.#isNonblocking(args[0])) return WOULD_WAIT;
        break;
      case 'child':
        return waitForChild(target, args);
      case 'ring':
        return this.#enterRing(target, args, patience);
      case 'sleep':
        if (nanoseconds(args[0]) > patience * 1e6) return WOULD_WAIT;
        break;
      default:
        return waitUntil(wait.timeout, target, args, patience);
    }
    const returned: unknown = Reflect.apply(target, undefined, args);
    return returned;
  }

  /** What a call has returned in all that was made after {@link WOULD_WAIT}. */
  whole(returned: unknown): unknown {
    const sent = this.#sent;
    if (sent === 0) return returned;
    return typeof returned === 'number' && returned > 0 ? sent + returned : sent;
  }

  /** Whether select(2) has nothing to report yet. It is asked about copies, and waits for no time. */
  selectWouldWait([count, ...sets]: readonly unknown[]): boolean {
    const time = sets[3];
    if (ArrayBuffer.isView(time) && nanoseconds(time) === 0) return false;
    const [read, write, except] = sets.map(copied);
    const found: unknown = this.#select(count, read, write, except, this.#noTime);
    return found === 0;
  }

  #receive(target: NativeFunction, args: unknown[], patience: number): unknown {
    const flags = Number(args[3]);
    if ((flags & MSG_WAITALL) !== 0) return WOULD_WAIT;
    const [fd, bytes, count] = args;
    const tried = [fd, bytes, count, flags | MSG_DONTWAIT];
    const returned: unknown = Reflect.apply(target, undefined, tried);
    if (returned !== -1 || koffi.errno() !== EAGAIN) return returned;
    if ((flags & MSG_DONTWAIT) === 0 && !this.#isNonblocking(fd)) {
      return this.#waitToRead(target, args, patience);
    }
    koffi.errno(EAGAIN);
    return returned;
  }

  #send(target: NativeFunction, args: unknown[]): unknown {
    const [fd, bytes, , flags] = args;
    const count = Number(args[2]);
    const tried = [fd, bytes, count, Number(flags) | MSG_DONTWAIT];
    const returned = Number(Reflect.apply(target, undefined, tried));
    if (returned === count) return returned;
    const errno = koffi.errno();
    const fails = returned < 0 && errno !== EAGAIN;
    if (fails || (Number(flags) & MSG_DONTWAIT) !== 0 || this.#isNonblocking(fd)) {
      koffi.errno(errno);
      return returned;
    }
    if (returned > 0) {
      this.#sent = returned;
      args[1] = after(bytes, returned);
      args[2] = count - returned;
    }
    return WOULD_WAIT;
  }

  #read(target: NativeFunction, args: unknown[], patience: number): unknown {
    const [fd] = args;
    if (this.#isReady(fd, POLLIN, 0) !== 0 || this.#isNonblocking(fd)) {
      const returned: unknown = Reflect.apply(target, undefined, args);
      return returned;
    }
    return this.#waitToRead(target, args, patience);
  }

  /** The number of the call comes first: the C library has no function for it. */
  #enterRing(target: NativeFunction, args: unknown[], patience: number): unknown {
    const [call, fd, submitted, least, ...rest] = args;
    if (Number(least) === 0 || this.#isReady(fd, POLLIN, 0) !== 0) {
      const returned: unknown = Reflect.apply(target, undefined, args);
      return returned;
    }
    const tried = [call, fd, submitted, 0, ...rest];
    const returned = Number(Reflect.apply(target, undefined, tried));
    // It does not wait if what was handed on has ended already.
    if (returned < 0 || this.#isReady(fd, POLLIN, patience) !== 0) return returned;
    this.#sent = returned;
    args[2] = 0;
    return WOULD_WAIT;
  }

  #waitToRead(target: NativeFunction, args: unknown[], patience: number): unknown {
    if (patience === 0) return WOULD_WAIT;
    const ready = this.#isReady(args[0], POLLIN, patience);
    if (ready === 0) return WOULD_WAIT;
    // A signal has come, and its handler has run. The program has to hear of it as from the call itself.
    if (ready < 0 && koffi.errno() === EINTR) return ready;
    const returned: unknown = Reflect.apply(target, undefined, args);
    return returned;
  }

  /** Whether a descriptor surely takes all at once. */
  #takes([fd, , count]: readonly unknown[]): boolean {
    if (typeof count !== 'number' || count > TAKEN_AT_ONCE) return false;
    return this.#isReady(fd, POLLOUT, 0) !== 0;
  }

  #isReady(fd: unknown, events: number, timeout: number): number {
    this.#pollfd[0] = Number(fd);
    this.#pollfd[1] = events;
    return this.#poll(this.#pollfd, 1, timeout);
  }

  /** Of what is no descriptor too: the call fails at once. */
  #isNonblocking(fd: unknown): boolean {
    const flags = this.#fcntl(fd, F_GETFL);
    return flags < 0 || (flags & O_NONBLOCK) !== 0;
  }
}

/** What comes after so many bytes. */
function after(bytes: unknown, count: number): unknown {
  if (typeof bytes === 'number') return bytes + count;
  return bytes instanceof Uint8Array ? bytes.subarray(count) : bytes;
}

/** A call writes into its sets. */
function copied(value: unknown): unknown {
  return value instanceof Int32Array ? value.slice() : value;
}

function waitForChild(target: NativeFunction, [pid, status, options]: readonly unknown[]): unknown {
  const flags = Number(options);
  const returned: unknown = Reflect.apply(target, undefined, [pid, status, flags | WNOHANG]);
  return returned === 0 && (flags & WNOHANG) === 0 ? WOULD_WAIT : returned;
}

/** @param index - where among the arguments the timeout is, in milliseconds, negative for no end */
function waitUntil(
  index: number,
  target: NativeFunction,
  args: unknown[],
  patience: number,
): unknown {
  const timeout = Number(args[index]);
  const first = timeout < 0 ? patience : Math.min(timeout, patience);
  args[index] = first;
  const returned: unknown = Reflect.apply(target, undefined, args);
  args[index] = timeout;
  if (returned !== 0 || first === timeout) return returned;
  if (timeout > 0) args[index] = timeout - first;
  return WOULD_WAIT;
}

/** A `struct timeval` is taken for a `struct timespec`: what matters is whether it is nothing at all. */
function nanoseconds(time: unknown): number {
  if (!ArrayBuffer.isView(time) || time.byteLength < 16) return 0;
  const view = new DataView(time.buffer, time.byteOffset);
  return Number(view.getBigInt64(0, true)) * 1e9 + Number(view.getBigInt64(8, true));
}
