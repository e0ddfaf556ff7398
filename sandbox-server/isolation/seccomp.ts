/**
 * The system-call filter of a sandbox, as the classic BPF program that seccomp(2) takes. It allows
 * by default, because programs that teach system calls need most of them. It refuses what reaches past
 * the sandbox, what takes of something that the whole computer shares, and memory of the kernel’s that no
 * limit counts. Calls newer than those it knows are not there at all.
 *
 * What is allowed all the same, and why that is safe: POSIX timers, mlock(2) and realtime classes have
 * limits (`limits.ts`). sched_setaffinity(2), setpriority(2) and ioprio_set(2) can only lower what a
 * process has. pidfd_open(2), kill(2) and the like see only the sandbox’s own processes. landlock(7) only
 * takes rights away, and what it keeps in the kernel is small. Nothing can be written to, so neither can
 * times, owners, attributes or sizes of files. eventfd, signalfd, timerfd, epoll, pipes and sockets are
 * descriptors, and those have a limit; how much memory they may take together is the budget of a session.
 */
import { constants } from 'node:os';

/** The machines that Readable's sandboxes run on. */
export type FilterArch = 'x64' | 'arm64';

/** `[x86-64, arm64]`; null where the machine has no such call. Numbers: asm/unistd_64.h, asm-generic/unistd.h. */
type Numbers = readonly [number | null, number | null];

/** What is refused altogether, by why. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, Numbers>>>> = {
  'reaches into other processes': {
    ptrace: [101, 117],
    process_vm_readv: [310, 270],
    process_vm_writev: [311, 271],
    process_madvise: [440, 440],
    process_mrelease: [448, 448],
    kcmp: [312, 272],
    pidfd_getfd: [438, 438],
  },
  'makes, joins or shows namespaces and mounts': {
    mount: [165, 40],
    umount2: [166, 39],
    pivot_root: [155, 41],
    chroot: [161, 51],
    open_tree: [428, 428],
    open_tree_attr: [467, 467],
    move_mount: [429, 429],
    fsopen: [430, 430],
    fsconfig: [431, 431],
    fsmount: [432, 432],
    fspick: [433, 433],
    mount_setattr: [442, 442],
    statmount: [457, 457],
    listmount: [458, 458],
    setns: [308, 268],
    unshare: [272, 97],
    name_to_handle_at: [303, 264],
    open_by_handle_at: [304, 265],
  },
  'runs programs in the kernel, or has been the way into it': {
    bpf: [321, 280],
    perf_event_open: [298, 241],
    userfaultfd: [323, 282],
    io_uring_setup: [425, 425],
    io_uring_enter: [426, 426],
    io_uring_register: [427, 427],
    personality: [135, 92],
    iopl: [172, null],
    ioperm: [173, null],
    modify_ldt: [154, null],
  },
  // Compiled filters all come out of one store of the whole computer: net.core.bpf_jit_limit. With it
  // used up, no other sandbox gets its own filter.
  'compiles filters': { seccomp: [317, 277] },
  'keeps keys or memory in the kernel that no limit counts': {
    add_key: [248, 217],
    request_key: [249, 218],
    keyctl: [250, 219],
    memfd_create: [319, 279],
    memfd_secret: [447, 447],
    shmget: [29, 194],
    shmat: [30, 196],
    shmctl: [31, 195],
    shmdt: [67, 197],
    semget: [64, 190],
    semop: [65, 193],
    semctl: [66, 191],
    semtimedop: [220, 192],
    msgget: [68, 186],
    msgsnd: [69, 189],
    msgrcv: [70, 188],
    msgctl: [71, 187],
    mq_open: [240, 180],
    mq_unlink: [241, 181],
    vmsplice: [278, 75],
  },
  // fs.aio-max-nr is one number for the computer, fs.inotify.max_user_instances one for each user: the
  // server’s own, where it can’t give sandboxes users of their own.
  'takes of what the whole computer, or a user, has a number of': {
    io_setup: [206, 0],
    io_destroy: [207, 1],
    inotify_init: [253, null],
    inotify_init1: [294, 26],
    fanotify_init: [300, 262],
    fanotify_mark: [301, 263],
  },
  // The same files are in every sandbox, and the server’s own locks are on them.
  'locks files that others use': { flock: [73, 32] },
  // Nothing can be written inside, so there is nothing to bring to the disk: these only keep it busy.
  'has everybody’s disk written': {
    sync: [162, 81],
    syncfs: [306, 267],
    sync_file_range: [277, 84],
    msync: [26, 227],
  },
  'drops others’ files from memory, or tells which are there': {
    fadvise64: [221, 223],
    cachestat: [451, 451],
  },
  'places memory or processes on the computer’s nodes, or gives them another share': {
    move_pages: [279, 239],
    migrate_pages: [256, 238],
    mbind: [237, 235],
    set_mempolicy: [238, 237],
    set_mempolicy_home_node: [450, 450],
    sched_setscheduler: [144, 119],
    sched_setparam: [142, 118],
    sched_setattr: [314, 274],
  },
  'manages the computer': {
    init_module: [175, 105],
    finit_module: [313, 273],
    delete_module: [176, 106],
    kexec_load: [246, 104],
    kexec_file_load: [320, 294],
    reboot: [169, 142],
    swapon: [167, 224],
    swapoff: [168, 225],
    quotactl: [179, 60],
    quotactl_fd: [443, 443],
    acct: [163, 89],
    syslog: [103, 116],
    settimeofday: [164, 170],
    clock_settime: [227, 112],
    clock_adjtime: [305, 266],
    adjtimex: [159, 171],
    sethostname: [170, 161],
    setdomainname: [171, 162],
    vhangup: [153, 58],
  },
};

/**
 * What some sandboxes may do of that. A tracer may trace, read what calls point to, and put up a program’s own
 * filter. A program that runs on io_uring(7) may make rings and enter them: what it orders through these, no filter
 * sees, so no program but the book’s own gets it.
 */
const EXCEPTIONS = {
  tracing: ['ptrace', 'process_vm_readv', 'seccomp'],
  io_uring: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
/** What a sandbox may do that others may not. */
export type Exception = keyof typeof EXCEPTIONS;

/** file_setattr: the newest call that has been looked at, on either machine. */
const NEWEST = 469;

/** Each session of processes has a share of the processor of its own: sched(7), autogroup. */
const SETSID: Numbers = [112, 157];

/** Calls that libc does without where they are missing: what they do is in memory, where no filter can look. */
const MISSING: Readonly<Record<string, Numbers>> = {
  // clone(2) has the flags where they can be read.
  clone3: [435, 435],
  // So has openat(2).
  openat2: [437, 437],
};

/**
 * Calls that fail as they do for a terminal, whatever they are for: koffi, which every program has loaded,
 * flushes its output at the end of a process, and hangs there when that is not permitted.
 */
const UNSUPPORTED: Readonly<Record<string, Numbers>> = {
  fsync: [74, 82],
  fdatasync: [75, 83],
};

/** A condition on an argument of a call, of which the kernel looks at the low 32 bits only. */
type Check =
  | { readonly argument: number; readonly hasAny: number }
  | { readonly argument: number; readonly isAnyOf: readonly number[] }
  | { readonly argument: number; readonly isNoneOf: readonly number[]; readonly without?: number };

/** What is refused of a call that is allowed otherwise: where all of the checks hold. */
interface Rule {
  readonly call: Numbers;
  /** It is not made, and seems to have succeeded. */
  readonly seemsDone?: boolean;
  readonly when: readonly Check[];
}

const OPEN: Numbers = [2, null];
const MMAP: Numbers = [9, 222];
const IOCTL: Numbers = [16, 29];
const MADVISE: Numbers = [28, 233];
const SOCKET: Numbers = [41, 198];
const SOCKETPAIR: Numbers = [53, 199];
const SETSOCKOPT: Numbers = [54, 208];
const CLONE: Numbers = [56, 220];
const FCNTL: Numbers = [72, 25];
const PRCTL: Numbers = [157, 167];
const OPENAT: Numbers = [257, 56];

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: clone(2). */
const CLONE_NEW = 0x7e020000;
const MAP_HUGETLB = 0x40000;
/** [x86-64, arm64] */
const O_DIRECT = [0o40000, 0o200000] as const;

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
/** SOCK_NONBLOCK and SOCK_CLOEXEC, which are said along with the type. */
const SOCK_FLAGS = 0o2004000;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const NETLINK_ROUTE = 0;

/**
 * The requests of ioctl(2) that programs make of terminals, sockets and pipes; not among them are those
 * that put characters into a terminal’s input (TIOCSTI, TIOCLINUX), change its line discipline (TIOCSETD),
 * or load modules into the kernel (SIOCGIFBR, SIOCGIFVLAN).
 */
const IOCTLS = [
  // TCGETS to TCSETAF, TCSBRK, TCXONC, TCFLSH, TIOCEXCL, TIOCNXCL, TIOCSCTTY
  ...[0x5401, 0x5402, 0x5403, 0x5404, 0x5405, 0x5406, 0x5407, 0x5408, 0x5409, 0x540a, 0x540b],
  ...[0x540c, 0x540d, 0x540e],
  // TIOCGPGRP, TIOCSPGRP, TIOCOUTQ, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCNOTTY, TIOCGETD
  ...[0x540f, 0x5410, 0x5411, 0x5413, 0x5414, 0x541b, 0x5421, 0x5422, 0x5424],
  // TCSBRKP, TIOCGSID, TCGETS2 to TCSETSF2, TIOCGPTN, FIONCLEX, FIOCLEX, FIOASYNC
  ...[0x5425, 0x5429, 0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d, 0x80045430],
  ...[0x5450, 0x5451, 0x5452],
  // SIOCATMARK, SIOCGSTAMP, SIOCGSTAMPNS, SIOCGIFNAME, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFADDR, …
  ...[0x8905, 0x8906, 0x8907, 0x8910, 0x8912, 0x8913, 0x8915, 0x8917, 0x8919, 0x891b],
  // SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCOUTQNSD
  ...[0x8921, 0x8927, 0x8933, 0x894b],
];

/**
 * F_DUPFD to F_SETFL, F_GETLK, F_SETOWN to F_GETSIG, F_SETOWN_EX, F_GETOWN_EX, F_DUPFD_QUERY,
 * F_CREATED_QUERY, F_DUPFD_CLOEXEC, F_GETPIPE_SZ. Not among them: locks and leases on files that others
 * use, notices of changes, and larger pipes, of which each user has so much.
 */
const FCNTLS = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 15, 16, 1027, 1028, 1030, 1032];
const F_SETFL = 4;

/**
 * PR_SET_SECCOMP, see above; PR_SET_MM; PR_SCHED_CORE, which keeps others off half a core;
 * PR_SET_MEMORY_MERGE; PR_FUTEX_HASH, which takes as much of the kernel’s memory as it is told to.
 */
const PRCTLS = [22, 35, 62, 67, 78];

/**
 * MADV_MERGEABLE, which keeps the kernel searching; MADV_COLD and MADV_PAGEOUT, which take from others
 * what they read from the same files; MADV_HWPOISON, MADV_SOFT_OFFLINE.
 */
const MADVICES = [12, 20, 21, 100, 101];
/**
 * V8 keeps its memory from children of fork(2) with it, and a child without it dies. The library puts up a
 * filter of its own against that (`libevent/sys/forkable_memory.ts`), unless there is one.
 */
const MADV_DONTFORK = 10;

/** SO_ATTACH_FILTER, SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_CBPF, SO_ATTACH_REUSEPORT_EBPF: compiled filters. */
const SOL_SOCKET = 1;
const ATTACH_FILTER = [26, 50, 51, 52];
/** Other protocols on top of TCP, in the kernel. */
const SOL_TCP = 6;
const TCP_ULP = 31;
/** The computer has 4,096 flow labels. */
const SOL_IPV6 = 41;
const IPV6_FLOWLABEL_MGR = 32;

function rules(machine: 0 | 1): Rule[] {
  const inet: Check = { argument: 0, isAnyOf: [AF_INET, AF_INET6] };
  const typeIsNot = (...types: number[]): Check => ({
    ...{ argument: 1, isNoneOf: types, without: SOCK_FLAGS },
  });
  const protocolIsNot = (...protocols: number[]): Check => ({ argument: 2, isNoneOf: protocols });
  return [
    { call: CLONE, when: [{ argument: 0, hasAny: CLONE_NEW }] },
    // Huge pages are a number of the computer’s, which no limit counts.
    { call: MMAP, when: [{ argument: 3, hasAny: MAP_HUGETLB }] },
    // Past the kernel’s cache, everything that is read comes from the disk.
    { call: OPEN, when: [{ argument: 1, hasAny: O_DIRECT[machine] }] },
    { call: OPENAT, when: [{ argument: 2, hasAny: O_DIRECT[machine] }] },
    {
      call: FCNTL,
      when: [
        { argument: 1, isAnyOf: [F_SETFL] },
        { argument: 2, hasAny: O_DIRECT[machine] },
      ],
    },
    { call: FCNTL, when: [{ argument: 1, isNoneOf: FCNTLS }] },
    { call: IOCTL, when: [{ argument: 1, isNoneOf: IOCTLS }] },
    { call: MADVISE, when: [{ argument: 2, isAnyOf: MADVICES }] },
    { call: MADVISE, when: [{ argument: 2, isAnyOf: [MADV_DONTFORK] }], seemsDone: true },
    { call: PRCTL, when: [{ argument: 0, isAnyOf: PRCTLS }] },
    // AF_VSOCK, for one, knows no network namespaces, and asking for a family loads its module.
    {
      call: SOCKET,
      when: [{ argument: 0, isNoneOf: [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] }],
    },
    // TCP and UDP: none of the protocols that came later, of which some load modules too.
    { call: SOCKET, when: [inet, typeIsNot(SOCK_STREAM, SOCK_DGRAM)] },
    { call: SOCKET, when: [inet, protocolIsNot(0, IPPROTO_TCP, IPPROTO_UDP)] },
    // What getifaddrs(3) asks; the other families are for administration.
    {
      call: SOCKET,
      when: [{ argument: 0, isAnyOf: [AF_NETLINK] }, protocolIsNot(NETLINK_ROUTE)],
    },
    { call: SOCKETPAIR, when: [{ argument: 0, isNoneOf: [AF_UNIX] }] },
    {
      call: SETSOCKOPT,
      when: [
        { argument: 1, isAnyOf: [SOL_SOCKET] },
        { argument: 2, isAnyOf: ATTACH_FILTER },
      ],
    },
    {
      call: SETSOCKOPT,
      when: [
        { argument: 1, isAnyOf: [SOL_TCP] },
        { argument: 2, isAnyOf: [TCP_ULP] },
      ],
    },
    {
      call: SETSOCKOPT,
      when: [
        { argument: 1, isAnyOf: [SOL_IPV6] },
        { argument: 2, isAnyOf: [IPV6_FLOWLABEL_MGR] },
      ],
    },
  ];
}

const AUDIT_ARCH = [0xc000003e, 0xc00000b7] as const;
/** The x32 ABI answers to the same calls under other numbers. */
const X32_BIT = 0x40000000;

const RET_ALLOW = 0x7fff0000;
const RET_KILL_PROCESS = 0x80000000;
const retErrno = (errno: number): number => 0x00050000 | errno;

const LD_WORD = 0x20;
const AND = 0x54;
const JUMP = 0x05;
const JEQ = 0x15;
const JGE = 0x35;
const JSET = 0x45;
const RET = 0x06;
const NR_OFFSET = 0;
const ARCH_OFFSET = 4;
const argOffset = (index: number): number => 16 + 8 * index;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, k: number];

/** Goes on behind itself where the check holds, and `beyond` further where it doesn’t. */
function checked(check: Check, beyond: number): Instruction[] {
  const load: Instruction = [LD_WORD, 0, 0, argOffset(check.argument)];
  if ('hasAny' in check) return [load, [JSET, 0, beyond, check.hasAny]];
  if ('isAnyOf' in check) {
    const { isAnyOf: values } = check;
    // The last instruction is reached by whatever is none of them.
    return [
      load,
      ...values.map((value, index): Instruction => [JEQ, values.length - index, 0, value]),
      [JUMP, 0, 0, beyond],
    ];
  }
  const { isNoneOf: values, without = 0 } = check;
  return [
    load,
    ...(without === 0 ? [] : [[AND, 0, 0, ~without >>> 0] satisfies Instruction]),
    ...values.map((value, index): Instruction => [JEQ, values.length - index, 0, value]),
    [JUMP, 0, 0, 1],
    [JUMP, 0, 0, beyond],
  ];
}

/** Refuses where all checks hold; else it has changed nothing but the accumulator. */
function ruled({ when, seemsDone = false }: Rule): Instruction[] {
  let program: Instruction[] = [[RET, 0, 0, retErrno(seemsDone ? 0 : constants.errno.EPERM)]];
  for (const check of [...when].reverse()) {
    program = [...checked(check, program.length), ...program];
  }
  return program;
}

function instructions(machine: 0 | 1, mayLead: boolean, allowed: readonly string[]): Instruction[] {
  const { EINVAL, EPERM, ENOSYS } = constants.errno;
  const program: Instruction[] = [
    [LD_WORD, 0, 0, ARCH_OFFSET],
    [JEQ, 1, 0, AUDIT_ARCH[machine]],
    [RET, 0, 0, RET_KILL_PROCESS],
    [LD_WORD, 0, 0, NR_OFFSET],
  ];
  if (machine === 0) program.push([JGE, 0, 1, X32_BIT], [RET, 0, 0, RET_KILL_PROCESS]);
  program.push([JGE, 0, 1, NEWEST + 1], [RET, 0, 0, retErrno(ENOSYS)]);
  const refuse = (numbers: Numbers, errno: number): void => {
    const number = numbers[machine];
    if (number !== null) program.push([JEQ, 0, 1, number], [RET, 0, 0, retErrno(errno)]);
  };
  for (const calls of Object.values(REFUSED)) {
    for (const [name, numbers] of Object.entries(calls)) {
      if (!allowed.includes(name)) refuse(numbers, EPERM);
    }
  }
  if (!mayLead) refuse(SETSID, EPERM);
  for (const numbers of Object.values(MISSING)) refuse(numbers, ENOSYS);
  for (const numbers of Object.values(UNSUPPORTED)) refuse(numbers, EINVAL);
  const byNumber = Map.groupBy(rules(machine), ({ call }) => call[machine]);
  for (const [number, ofCall] of byNumber) {
    if (number === null) continue;
    const body = [...ofCall.flatMap(ruled), [RET, 0, 0, RET_ALLOW] satisfies Instruction];
    program.push([JEQ, 1, 0, number], [JUMP, 0, 0, body.length], ...body);
  }
  program.push([RET, 0, 0, RET_ALLOW]);
  return program;
}

/**
 * The filter for a machine, in the bytes that `bwrap --seccomp FD` reads: an array of
 * `struct sock_filter`, see seccomp(2).
 * @param mayLead whether setsid(2) is allowed: where nothing holds a sandbox’s processes together, each
 *   session that it makes takes another share of the processor from everybody
 * @param exception what it allows beyond that. A tracer puts its program under the filter without any: what is
 *   refused by one of two filters is refused
 */
export function seccompFilter(
  arch: FilterArch,
  mayLead: boolean,
  exception?: Exception,
): Uint8Array {
  const allowed = exception === undefined ? [] : EXCEPTIONS[exception];
  const program = instructions(arch === 'x64' ? 0 : 1, mayLead, allowed);
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(([code, jumpTrue, jumpFalse, k], index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jumpTrue);
    view.setUint8(index * 8 + 3, jumpFalse);
    view.setUint32(index * 8 + 4, k, true);
  });
  return bytes;
}
