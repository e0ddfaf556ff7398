import * as say from './trace_structs.ts';
import * as word from './trace_vocabulary.ts';
import type { Word } from './trace_vocabulary.ts';

/**
 * How to say what goes into a call and what comes out of it.
 *
 * @internal
 */
export interface CallWords {
  /** The arguments in words. */
  args(args: readonly unknown[]): string[];
  /** What the call filled in; undefined if nothing. */
  out(args: readonly unknown[], result: number): string | undefined;
  /** The sets of descriptors among the arguments, as they are now; undefined if it takes none. */
  sets(args: readonly unknown[]): DescriptorSets | undefined;
  /** Whether the first argument is the descriptor that the call is about. */
  readonly hasDescriptor: boolean;
}

/** The members of the sets that a call such as select(2) takes. */
export interface DescriptorSets {
  readonly read: readonly number[];
  readonly write: readonly number[];
  readonly except: readonly number[];
}

type Out = CallWords['out'];

/** Functions of the C library that are no system calls of their own, or none of the program’s. */
const NOT_CALLS = new Set([
  'memcpy',
  // What keeps a process of Node able to fork. No program in C makes them.
  'madvise',
  'mprotect',
  'prctl',
  'syscall',

  'strerror',
  'inet_pton',
  'inet_ntop',
  'gai_strerror',
  'freeaddrinfo',
  'if_nametoindex',
  'if_indextoname',
  'uv_default_loop',
  'uv_loop_fork',
  'pthread_mutexattr_init',
  'pthread_mutexattr_setrobust',
  'pthread_mutex_init',
  'pthread_mutex_lock',
  'pthread_mutex_consistent',
  'pthread_mutex_unlock',
]);

/** Calls whose first argument is a descriptor. */
const OF_DESCRIPTORS = new Set([
  ...['bind', 'connect', 'listen', 'accept4', 'getsockname', 'getpeername', 'shutdown'],
  ...['setsockopt', 'getsockopt', 'read', 'recv', 'readv', 'write', 'send', 'writev', 'sendmsg'],
  ...['sendfile', 'pread', 'fcntl', 'epoll_ctl', 'epoll_wait', 'close'],
]);

const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;

const { plain, skip } = word;
const nothing = (): undefined => undefined;
/** Bytes to be sent, whose number is the next argument. */
const bytes: Word = (value, args) => say.bytesWords(value, Number(args[args.indexOf(value) + 1]));
const address: Word = (value, args) =>
  say.addressWords(value, Number(args[args.indexOf(value) + 1]));
const received: Out = (args, result) =>
  result > 0 ? say.bytesWords(args[1], result) : 'end of file';
const partsBytes: Word = (value, args) =>
  word.byteCount(say.partsLength(value, Number(args[2])), args);
const receivedParts: Out = (args, result) =>
  result > 0 ? say.partsWords(args[1], Number(args[2]), result) : 'end of file';
/** What parts have in them, and how much that is. */
function partsSaid(value: unknown, count: number, args: readonly unknown[]): string {
  const length = say.partsLength(value, count);
  return `${say.partsWords(value, count, length)}, ${String(word.byteCount(length, args))}`;
}
const parts: Word = (value, args) => partsSaid(value, Number(args[2]), args);
const message: Word = (value, args) => partsSaid(...say.messageParts(value), args);
const peer: Out = (args) => {
  return args[1] === null ? undefined : say.addressWords(args[1], say.intAt(args[2], 0));
};
const pair =
  (index: number): Out =>
  (args) =>
    `${say.intAt(args[index], 0)}, ${say.intAt(args[index], 1)}`;
const event: Word = (value) =>
  value === null ? undefined : say.epollWords(value, 1, word.epollEvents);
const set: Word = (value, args) => say.setWords(value, Number(args[0]));
const members = (args: readonly unknown[], index: number): number[] =>
  say.setMembers(args[index], Number(args[0]));
const milliseconds: Word = (value) => (value === -1 ? 'for ever' : `${String(value)} ms`);
const optionValue: Word = (value) =>
  ArrayBuffer.isView(value) && value.byteLength === 4
    ? String(say.intAt(value, 0))
    : plain(value, []);
const pollSet: Word = (value, args) =>
  say.pollWords(value, Number(args[1]), false, word.pollEvents);
const timeval: Word = (value) => say.timeWords(value, MICROSECONDS);
const timespec: Word = (value) => say.timeWords(value, NANOSECONDS);

/** A word for each argument; those after the last are plain. */
const CALLS: Readonly<
  Record<string, { args: readonly Word[]; out?: Out; sets?: CallWords['sets'] }>
> = {
  socket: { args: [word.family, word.socketType] },
  socketpair: { args: [word.family, word.socketType, plain, skip], out: pair(3) },
  bind: { args: [plain, address, skip] },
  connect: { args: [plain, address, skip] },
  accept4: { args: [plain, skip, skip, word.socketFlags], out: peer },
  getsockname: { args: [plain, skip, skip], out: peer },
  getpeername: { args: [plain, skip, skip], out: peer },
  shutdown: { args: [plain, word.shutdownHow] },
  setsockopt: { args: [plain, word.level, word.option, optionValue, skip] },
  getsockopt: {
    args: [plain, word.level, word.option, skip, skip],
    out: (args) => optionValue(args[3], args),
  },
  read: { args: [plain, skip, word.byteCount], out: received },
  recv: { args: [plain, skip, word.byteCount, word.messageFlags], out: received },
  readv: { args: [plain, partsBytes, skip], out: receivedParts },
  write: { args: [plain, bytes, word.byteCount] },
  send: { args: [plain, bytes, word.byteCount, word.messageFlags] },
  writev: { args: [plain, parts, skip] },
  sendmsg: { args: [plain, message, word.messageFlags] },
  pipe2: { args: [skip, word.openFlags], out: pair(0) },
  fcntl: { args: [plain, word.fcntlCommand, skip, word.fcntlArgument] },
  epoll_create1: { args: [word.epollCreateFlags] },
  epoll_ctl: { args: [plain, word.epollOperation, plain, event] },
  epoll_wait: {
    args: [plain, skip, plain, milliseconds],
    out: (args, result) => say.epollWords(args[1], result, word.epollEvents),
  },
  // The number of the call comes first: the C library has no function for these.
  io_uring_setup: { args: [skip, plain, skip] },
  // What it carries, only the ring knows: `uring.ts`.
  io_uring_enter: { args: [skip, plain, plain, plain, word.enterFlags, skip, skip] },
  io_uring_register: { args: [skip, plain, word.registerOperation, skip, plain] },
  poll: {
    args: [pollSet, skip, milliseconds],
    out: (args) => say.pollWords(args[0], Number(args[1]), true, word.pollEvents),
  },
  select: {
    args: [plain, set, set, set, timeval],
    out: (args) =>
      [args[1], args[2], args[3]].map((each) => say.setWords(each, Number(args[0]))).join(' '),
    sets: (args) => ({
      read: members(args, 1),
      write: members(args, 2),
      except: members(args, 3),
    }),
  },
  waitpid: {
    args: [plain, skip, word.waitOptions],
    out: (args, result) =>
      result > 0 && args[1] !== null ? word.statusWords(say.intAt(args[1], 0)) : undefined,
  },
  kill: { args: [plain, word.signal] },
  raise: { args: [word.signal] },
  sigaction: { args: [word.signal, skip, skip] },
  statx: { args: [plain, plain, skip, skip, skip] },
  execve: { args: [plain, plain, skip] },
  getrlimit: { args: [word.resource, skip] },
  setrlimit: { args: [word.resource] },
  clock_gettime: { args: [word.clock, skip], out: (args) => say.timeWords(args[1], NANOSECONDS) },
  nanosleep: { args: [timespec, skip] },
};

/**
 * How to say the calls of a function.
 *
 * @returns null if it makes no system call of its own
 * @internal
 */
export function wordsOf(name: string): CallWords | null {
  if (NOT_CALLS.has(name)) return null;
  const known = CALLS[name];
  const words = known?.args ?? [];
  return {
    args: (args) =>
      args.flatMap((value, i) => {
        const said = (words[i] ?? plain)(value, args);
        return said === undefined ? [] : [said];
      }),
    out: known?.out ?? nothing,
    sets: known?.sets ?? nothing,
    hasDescriptor: OF_DESCRIPTORS.has(name),
  };
}

const EV_SIGNAL = 8;

/**
 * How to say what a callback is for, and which descriptor it is about; -1 for none.
 *
 * @param what - in words, or the EV_ flags of an event, whose `fd` can be a signal
 * @internal
 */
export function callbackWords(
  what: string | number,
  fd: number,
): { readonly what: string; readonly fd: number } {
  if (typeof what === 'string') return { what, fd };
  if ((what & EV_SIGNAL) !== 0) return { what: `EV_SIGNAL ${word.signal(fd)}`, fd: -1 };
  return { what: what === 0 ? 'deferred' : word.eventFlags(what), fd };
}
