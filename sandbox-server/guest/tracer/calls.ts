/**
 * The system calls that a tracer knows, by their numbers, and what is told of them. Told are those that have
 * to do with sockets, files, waiting and processes. The others are work of Node's own, memory, locks, clocks,
 * of which there are many, and they are only counted.
 */
import { constants } from 'node:fs';
import * as words from 'libevent-ts/trace-writing';
import type { Arguments } from './stops.ts';

/** A call as it is made: what is in its registers, and where they point to. */
export interface Made {
  readonly args: Arguments;
  /**
   * Memory of the program, at most a page of it.
   * @returns undefined if there is none, and fewer bytes if not all are there
   */
  readonly memory: (address: number, length: number) => Uint8Array | undefined;
}

/** An argument in words; undefined leaves it out. */
type Word = (made: Made) => string | undefined;

/** How to tell of a call. */
export interface Telling {
  readonly args: readonly Word[];
  /** What it filled in, once it has returned something. */
  readonly fills?: (made: Made, result: number) => string | undefined;
  /** Whether its first argument is the descriptor that it is about. */
  readonly ofDescriptor: boolean;
  /** It is only counted, unless the thread waits in it. */
  readonly onlyWaits?: boolean;
}

/** What is known of a call. */
export interface KnownCall {
  readonly name: string;
  /** Undefined for what is only counted. */
  readonly telling: Telling | undefined;
}

/** The machines that Readable’s sandboxes run on. */
export type Machine = 'x64' | 'arm64';

/** `[x86-64, arm64]`; null where the machine has no such call. Numbers: asm/unistd_64.h, asm-generic/unistd.h. */
type Numbers = readonly [number | null, number | null];

/** AUDIT_ARCH of a machine. */
const ARCHITECTURES: Readonly<Record<Machine, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

const AT_FDCWD = -100;
const CLONE_THREAD = 0x10000;
/** PATH_MAX is 4,096, and no page shows more of a path than this. */
const LONGEST_PATH = 200;
const PAGE = 4096;
/** No word shows more bytes of a text, and one more tells that there are more. */
const SHOWN_BYTES = 41;
const MOST_PARTS = 16;
const IOVEC_SIZE = 16;
const MOST_SHOWN = 16;
const EPOLL_EVENT_SIZE = process.arch === 'x64' ? 12 : 16;
const POLLFD_SIZE = 8;
const TIMESPEC_SIZE = 16;
const NANOSECONDS = 1e9;
/** `struct msghdr`: where its parts are, and how many. */
const MSGHDR_SIZE = 56;
const MSG_IOV = 16;
const MSG_IOVLEN = 24;

const int =
  (index: number): Word =>
  ({ args }) =>
    String(args.int(index));
const said =
  (index: number, say: (value: unknown, args: readonly unknown[]) => string | undefined): Word =>
  ({ args }) =>
    say(args.int(index), []);
const count =
  (index: number): Word =>
  ({ args }) =>
    words.byteCount(args.size(index), []);
/** A descriptor of a folder that a path begins in. */
const folder =
  (index: number): Word =>
  ({ args }) => {
    const descriptor = args.int(index);
    return descriptor === AT_FDCWD ? 'AT_FDCWD' : String(descriptor);
  };
const milliseconds =
  (index: number): Word =>
  ({ args }) =>
    args.int(index) < 0 ? 'for ever' : `${args.int(index)} ms`;

/** Bytes that are there, with what the page shows of them. */
function bytesAt({ memory }: Made, address: number, length: number): string {
  if (length <= 0) return '""';
  const found = memory(address, Math.min(length, SHOWN_BYTES));
  if (!found) return 'NULL';
  const complete = found.length === Math.min(length, SHOWN_BYTES);
  return words.bytesWords(found, complete ? length : found.length);
}

const bytes =
  (index: number, length: number): Word =>
  (made) =>
    bytesAt(made, made.args.size(index), made.args.size(length));
/** What a call has read, at the address that an argument has. */
const received =
  (index: number): NonNullable<Telling['fills']> =>
  (made, result) =>
    result > 0 ? bytesAt(made, made.args.size(index), result) : 'end of file';

/** A text that ends in a NUL. A page that is there may be followed by one that isn’t. */
function textAt({ memory }: Made, address: number): string {
  if (address === 0) return 'NULL';
  const found: Buffer[] = [];
  for (let length = 0, at = address; length < LONGEST_PATH;) {
    const wanted = Math.min(LONGEST_PATH - length, PAGE - (at % PAGE));
    const part = memory(at, wanted);
    if (!part) break;
    const end = part.indexOf(0);
    // What is found is a view of what the next reading writes to.
    found.push(Buffer.from(end < 0 ? part : part.subarray(0, end)));
    if (end >= 0 || part.length < wanted) break;
    length += part.length;
    at += part.length;
  }
  return found.length === 0 ? 'NULL' : JSON.stringify(Buffer.concat(found).toString());
}

const path =
  (index: number): Word =>
  (made) =>
    textAt(made, made.args.size(index));

/** Where a part of a vector is, and how long. */
interface Part {
  readonly address: number;
  readonly length: number;
}

/** An array of `struct iovec`. */
function partsAt({ memory }: Made, address: number, parts: number): Part[] {
  const found = memory(address, Math.min(parts, MOST_PARTS) * IOVEC_SIZE);
  if (!found) return [];
  const view = Buffer.from(found);
  return Array.from({ length: Math.floor(view.length / IOVEC_SIZE) }, (_, index) => ({
    address: Number(view.readBigUInt64LE(index * IOVEC_SIZE)),
    length: Number(view.readBigUInt64LE(index * IOVEC_SIZE + 8)),
  }));
}

/** The bytes of the first part that has any, and of how many they are. */
function partsText(made: Made, parts: readonly Part[], total: number): string {
  const first = parts.find(({ length }) => length > 0);
  if (!first || total <= 0) return '""';
  const text = bytesAt(made, first.address, Math.min(first.length, total));
  return total > first.length && !text.endsWith('…') ? `${text}…` : text;
}

function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

const vectorOf = (made: Made): Part[] => partsAt(made, made.args.size(1), made.args.int(2));

function messageOf(made: Made): Part[] {
  const found = made.memory(made.args.size(1), MSGHDR_SIZE);
  if (found?.length !== MSGHDR_SIZE) return [];
  const header = Buffer.from(found);
  const address = Number(header.readBigUInt64LE(MSG_IOV));
  return partsAt(made, address, Number(header.readBigUInt64LE(MSG_IOVLEN)));
}

const sends =
  (partsOf: (made: Made) => Part[]): Word =>
  (made) => {
    const parts = partsOf(made);
    const length = lengthOf(parts);
    return `${partsText(made, parts, length)}, ${words.byteCount(length, []) ?? ''}`;
  };
const room =
  (partsOf: (made: Made) => Part[]): Word =>
  (made) =>
    words.byteCount(lengthOf(partsOf(made)), []);
const receives =
  (partsOf: (made: Made) => Part[]): NonNullable<Telling['fills']> =>
  (made, result) =>
    result > 0 ? partsText(made, partsOf(made), result) : 'end of file';

/** An address that an argument points to, whose length another one is. */
const address =
  (index: number, length: number): Word =>
  (made) => {
    const size = made.args.int(length);
    const found = made.memory(made.args.size(index), Math.min(size, 128));
    return found ? words.addressWords(found, size) : 'NULL';
  };
/** An address that a call has filled in, whose length is where another argument points to. */
const filledAddress =
  (index: number, length: number): NonNullable<Telling['fills']> =>
  (made) => {
    const size = made.args.size(length) === 0 ? undefined : made.memory(made.args.size(length), 4);
    if (!size) return undefined;
    const bytesThere = Math.min(words.intAt(size, 0), 128);
    const found = made.memory(made.args.size(index), bytesThere);
    return found && words.addressWords(found, bytesThere);
  };
const pair =
  (index: number): NonNullable<Telling['fills']> =>
  (made) => {
    const found = made.memory(made.args.size(index), 8);
    return found && `${words.intAt(found, 0)}, ${words.intAt(found, 1)}`;
  };
const numberAt =
  (index: number): NonNullable<Telling['fills']> =>
  (made) => {
    const found = made.memory(made.args.size(index), 4);
    return found && String(words.intAt(found, 0));
  };
const optionValue: Word = (made) => {
  const size = made.args.int(4);
  const found = made.memory(made.args.size(3), Math.min(size, 16));
  return found && (size === 4 ? String(words.intAt(found, 0)) : words.byteCount(size, []));
};
const option: Word = ({ args }) => words.option(args.int(2), [args.int(0), args.int(1)]);
const event: Word = (made) => {
  const found =
    made.args.size(3) === 0 ? undefined : made.memory(made.args.size(3), EPOLL_EVENT_SIZE);
  return found && words.epollEvents(Buffer.from(found).readInt32LE(0));
};
const arrived: NonNullable<Telling['fills']> = (made, result) => {
  if (result <= 0) return undefined;
  // One more than is shown, so that it is said that there are more.
  const events = Math.min(result, MOST_SHOWN + 1);
  const found = made.memory(made.args.size(1), events * EPOLL_EVENT_SIZE);
  return (
    found && words.epollWords(found, Math.floor(found.length / EPOLL_EVENT_SIZE), words.epollEvents)
  );
};
function polled(made: Made, reported: boolean): string {
  const descriptors = Math.min(made.args.size(1), MOST_SHOWN + 1);
  const found =
    descriptors === 0 ? undefined : made.memory(made.args.size(0), descriptors * POLLFD_SIZE);
  if (!found) return '';
  const there = Math.floor(found.length / POLLFD_SIZE);
  return words.pollWords(found, there, reported, words.pollEvents);
}
const pollSet: Word = (made) => polled(made, false);
const pollCame: NonNullable<Telling['fills']> = (made, result) => {
  return result > 0 ? polled(made, true) : undefined;
};
const time =
  (index: number): Word =>
  (made) => {
    const at = made.args.size(index);
    if (at === 0) return 'for ever';
    const found = made.memory(at, TIMESPEC_SIZE);
    return found && words.timeWords(found, NANOSECONDS);
  };
const ended: NonNullable<Telling['fills']> = (made, result) => {
  const found =
    result <= 0 || made.args.size(1) === 0 ? undefined : made.memory(made.args.size(1), 4);
  return found && words.statusWords(words.intAt(found, 0));
};
/** What clone(2) is to make: its flags are an argument, those of clone3(2) where one points to. */
const made = (flags: number): string => ((flags & CLONE_THREAD) === 0 ? 'a process' : 'a thread');

const ACCESS = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'] as const;
const ACCESS_MASK = 3;
const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_TRUNC } = constants;
/** The numbers differ from machine to machine, and these are of the one it runs on. */
const OPEN_FLAGS = Object.entries({ O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW });

/** Flags of open(2); those that every library adds say nothing. */
function openFlags(value: number): string {
  const more = OPEN_FLAGS.filter(([, bit]) => (value & bit) === bit).map(([name]) => name);
  return [ACCESS[value & ACCESS_MASK] ?? String(value & ACCESS_MASK), ...more].join('|');
}

const opens =
  (index: number): Word =>
  ({ args }) =>
    openFlags(args.int(index));
const thread: Word = ({ args }) => made(args.int(0));

/** Tells of a call about a descriptor, its first argument. */
function about(...args: readonly Word[]): Telling {
  return { args: [int(0), ...args], ofDescriptor: true };
}

function other(...args: readonly Word[]): Telling {
  return { args, ofDescriptor: false };
}

function filling(telling: Telling, fills: NonNullable<Telling['fills']>): Telling {
  return { ...telling, fills };
}

const FUTEX_COMMAND = 0x7f;
const FUTEX_COMMANDS = new Map([
  [0, 'FUTEX_WAIT'],
  [1, 'FUTEX_WAKE'],
  [6, 'FUTEX_LOCK_PI'],
  [9, 'FUTEX_WAIT_BITSET'],
]);
const futexCommand: Word = ({ args }) => {
  const command = args.int(1) & FUTEX_COMMAND;
  return FUTEX_COMMANDS.get(command) ?? String(command);
};

const TOLD: Readonly<Record<string, readonly [...Numbers, Telling]>> = {
  read: [0, 63, filling(about(count(2)), received(1))],
  write: [1, 64, about(bytes(1, 2), count(2))],
  readv: [19, 65, filling(about(room(vectorOf)), receives(vectorOf))],
  writev: [20, 66, about(sends(vectorOf))],
  pread64: [17, 67, filling(about(count(2)), received(1))],
  pwrite64: [18, 68, about(bytes(1, 2), count(2))],
  open: [2, null, other(path(0), opens(1))],
  openat: [257, 56, other(folder(0), path(1), opens(2))],
  creat: [85, null, other(path(0))],
  close: [3, 57, about()],
  stat: [4, null, other(path(0))],
  lstat: [6, null, other(path(0))],
  fstat: [5, 80, about()],
  newfstatat: [262, 79, other(folder(0), path(1))],
  statx: [332, 291, other(folder(0), path(1))],
  access: [21, null, other(path(0))],
  faccessat: [269, 48, other(folder(0), path(1))],
  faccessat2: [439, 439, other(folder(0), path(1))],
  readlink: [89, null, other(path(0))],
  readlinkat: [267, 78, other(folder(0), path(1))],
  getdents64: [217, 61, about(count(2))],
  lseek: [8, 62, about(int(1))],
  getcwd: [79, 17, other()],
  unlink: [87, null, other(path(0))],
  unlinkat: [263, 35, other(folder(0), path(1))],
  rename: [82, null, other(path(0), path(1))],
  renameat2: [316, 276, other(folder(0), path(1), folder(2), path(3))],
  mkdir: [83, null, other(path(0))],
  mkdirat: [258, 34, other(folder(0), path(1))],
  ftruncate: [77, 46, about(count(1))],
  sendfile: [40, 71, about(int(1), count(3))],
  copy_file_range: [326, 285, about(int(2), count(4))],
  socket: [41, 198, other(said(0, words.family), said(1, words.socketType))],
  socketpair: [53, 199, filling(other(said(0, words.family), said(1, words.socketType)), pair(3))],
  bind: [49, 200, about(address(1, 2))],
  listen: [50, 201, about(int(1))],
  accept: [43, 202, filling(about(), filledAddress(1, 2))],
  accept4: [288, 242, filling(about(said(3, words.socketFlags)), filledAddress(1, 2))],
  connect: [42, 203, about(address(1, 2))],
  shutdown: [48, 210, about(said(1, words.shutdownHow))],
  getsockname: [51, 204, filling(about(), filledAddress(1, 2))],
  getpeername: [52, 205, filling(about(), filledAddress(1, 2))],
  setsockopt: [54, 208, about(said(1, words.level), option, optionValue)],
  getsockopt: [55, 209, filling(about(said(1, words.level), option), numberAt(3))],
  sendto: [44, 206, about(bytes(1, 2), count(2), said(3, words.messageFlags))],
  recvfrom: [45, 207, filling(about(count(2), said(3, words.messageFlags)), received(1))],
  sendmsg: [46, 211, about(sends(messageOf), said(2, words.messageFlags))],
  recvmsg: [47, 212, filling(about(room(messageOf)), receives(messageOf))],
  sendmmsg: [307, 269, about(int(2))],
  recvmmsg: [299, 243, about(int(2))],
  pipe: [22, null, filling(other(), pair(0))],
  pipe2: [293, 59, filling(other(said(1, words.openFlags)), pair(0))],
  dup: [32, 23, about()],
  dup2: [33, null, about(int(1))],
  dup3: [292, 24, about(int(1))],
  poll: [7, null, filling(other(pollSet, milliseconds(2)), pollCame)],
  ppoll: [271, 73, filling(other(pollSet, time(2)), pollCame)],
  select: [23, null, other(int(0))],
  pselect6: [270, 72, other(int(0))],
  epoll_create1: [291, 20, other(said(0, words.epollCreateFlags))],
  epoll_ctl: [233, 21, about(said(1, words.epollOperation), int(2), event)],
  epoll_wait: [232, null, filling(about(int(2), milliseconds(3)), arrived)],
  epoll_pwait: [281, 22, filling(about(int(2), milliseconds(3)), arrived)],
  epoll_pwait2: [441, 441, filling(about(int(2), time(3)), arrived)],
  eventfd2: [290, 19, other(int(0))],
  timerfd_create: [283, 85, other()],
  timerfd_settime: [286, 86, about()],
  signalfd4: [289, 74, about()],
  io_uring_setup: [425, 425, other(int(0))],
  io_uring_enter: [426, 426, about(int(1), int(2))],
  io_uring_register: [427, 427, about(int(1))],
  clone: [56, 220, other(thread)],
  clone3: [
    435,
    435,
    other((call) => {
      const found = call.memory(call.args.size(0), 4);
      return found && made(words.intAt(found, 0));
    }),
  ],
  fork: [57, null, other()],
  vfork: [58, null, other()],
  execve: [59, 221, other(path(0))],
  wait4: [61, 260, filling(other(int(0), said(2, words.waitOptions)), ended)],
  waitid: [247, 95, other(int(1))],
  kill: [62, 129, other(int(0), said(1, words.signal))],
  tgkill: [234, 131, other(int(1), said(2, words.signal))],
  nanosleep: [35, 101, other(time(0))],
  clock_nanosleep: [230, 115, other(time(2))],
  pause: [34, null, other()],
  // Locks are taken all the time, but this is also where a thread is that has nothing to do.
  futex: [202, 98, { ...other(futexCommand), onlyWaits: true }],
  exit: [60, 93, other(int(0))],
  exit_group: [231, 94, other(int(0))],
};

/** What is only counted. Calls that are in neither table are counted too, by their numbers. */
const COUNTED: Readonly<Record<string, Numbers>> = {
  futex_waitv: [449, 449],
  mmap: [9, 222],
  munmap: [11, 215],
  mprotect: [10, 226],
  madvise: [28, 233],
  mremap: [25, 216],
  brk: [12, 214],
  mincore: [27, 232],
  clock_gettime: [228, 113],
  clock_getres: [229, 114],
  gettimeofday: [96, 169],
  time: [201, null],
  times: [100, 153],
  getpid: [39, 172],
  gettid: [186, 178],
  getppid: [110, 173],
  getuid: [102, 174],
  geteuid: [107, 175],
  getgid: [104, 176],
  getegid: [108, 177],
  getpgid: [121, 155],
  setpgid: [109, 154],
  getsid: [124, 156],
  setsid: [112, 157],
  getrandom: [318, 278],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  rt_sigreturn: [15, 139],
  rt_sigtimedwait: [128, 137],
  sigaltstack: [131, 132],
  sched_yield: [24, 124],
  sched_getaffinity: [204, 123],
  sched_setaffinity: [203, 122],
  set_robust_list: [273, 99],
  get_robust_list: [274, 100],
  set_tid_address: [218, 96],
  rseq: [334, 293],
  membarrier: [324, 283],
  prctl: [157, 167],
  arch_prctl: [158, null],
  prlimit64: [302, 261],
  getrlimit: [97, 163],
  setrlimit: [160, 164],
  getrusage: [98, 165],
  sysinfo: [99, 179],
  uname: [63, 160],
  fcntl: [72, 25],
  ioctl: [16, 29],
  fsync: [74, 82],
  fdatasync: [75, 83],
  fadvise64: [221, 223],
  flock: [73, 32],
  umask: [95, 166],
  chdir: [80, 49],
  capget: [125, 90],
  capset: [126, 91],
  setpriority: [141, 140],
  getpriority: [140, 141],
  getcpu: [309, 168],
  seccomp: [317, 277],
  restart_syscall: [219, 128],
};

/** The calls of a machine. */
export class Calls {
  readonly #architecture: number;
  readonly #byNumber = new Map<number, KnownCall>();

  constructor(machine: Machine) {
    this.#architecture = ARCHITECTURES[machine];
    const index = machine === 'x64' ? 0 : 1;
    for (const [name, { [index]: number, 2: telling }] of Object.entries(TOLD)) {
      if (number !== null) this.#byNumber.set(number, { name, telling });
    }
    for (const [name, { [index]: number }] of Object.entries(COUNTED)) {
      if (number !== null) this.#byNumber.set(number, { name, telling: undefined });
    }
  }

  /** Which call has a number. Of one made for another machine it is not known. */
  find(architecture: number, number: number): KnownCall {
    const known = architecture === this.#architecture ? this.#byNumber.get(number) : undefined;
    return known ?? { name: UNKNOWN, telling: undefined };
  }
}

/** What is counted as one: a program can make up any number, and names take memory. */
const UNKNOWN = 'other_calls';
