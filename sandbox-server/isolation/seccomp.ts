/**
 * The system-call filter of a sandbox, as the classic BPF program that seccomp(2) takes. It allows
 * by default, because programs that teach system calls need most of them, and refuses what reaches
 * past the sandbox: namespaces, mounts, other processes' memory, kernel keys, kernel memory that no
 * limit counts, and terminals' input queues.
 */
import { constants } from 'node:os';

/** The machines that Readable's sandboxes run on. */
export type FilterArch = 'x64' | 'arm64';

/** `[x86-64, arm64]`; null where the machine has no such call. Numbers: asm/unistd_64.h, asm-generic/unistd.h. */
const REFUSED: Readonly<Record<string, readonly [number | null, number | null]>> = {
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  setns: [308, 268],
  unshare: [272, 97],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
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
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  syslog: [103, 116],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  personality: [135, 92],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  vhangup: [153, 58],
};

const SPECIAL = {
  x64: { arch: 0xc000003e, clone: 56, clone3: 435, ioctl: 16, socket: 41 },
  arm64: { arch: 0xc00000b7, clone: 220, clone3: 435, ioctl: 29, socket: 198 },
} as const;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: clone(2). */
const CLONE_NEW = 0x7e020000;
/** ioctl_tty(2): both put characters into a terminal's input queue. */
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. AF_VSOCK, for one, knows no network namespaces. */
const SOCKET_FAMILIES = [1, 2, 10, 16];
/** The x32 ABI answers to the same calls under other numbers. */
const X32_BIT = 0x40000000;

const RET_ALLOW = 0x7fff0000;
const RET_KILL_PROCESS = 0x80000000;
const retErrno = (errno: number): number => 0x00050000 | errno;

const LD_WORD = 0x20;
const JEQ = 0x15;
const JGE = 0x35;
const JSET = 0x45;
const RET = 0x06;
const NR_OFFSET = 0;
const ARCH_OFFSET = 4;
const argOffset = (index: number): number => 16 + 8 * index;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, k: number];

function instructions(arch: FilterArch): Instruction[] {
  const { EPERM, ENOSYS } = constants.errno;
  const special = SPECIAL[arch];
  const program: Instruction[] = [
    [LD_WORD, 0, 0, ARCH_OFFSET],
    [JEQ, 1, 0, special.arch],
    [RET, 0, 0, RET_KILL_PROCESS],
    [LD_WORD, 0, 0, NR_OFFSET],
  ];
  if (arch === 'x64') program.push([JGE, 0, 1, X32_BIT], [RET, 0, 0, RET_KILL_PROCESS]);
  for (const numbers of Object.values(REFUSED)) {
    const number = numbers[arch === 'x64' ? 0 : 1];
    if (number !== null) program.push([JEQ, 0, 1, number], [RET, 0, 0, retErrno(EPERM)]);
  }
  program.push(
    // ENOSYS makes libc fall back to clone, whose flags a filter can read.
    [JEQ, 0, 1, special.clone3],
    [RET, 0, 0, retErrno(ENOSYS)],
    [JEQ, 0, 4, special.clone],
    [LD_WORD, 0, 0, argOffset(0)],
    [JSET, 0, 1, CLONE_NEW],
    [RET, 0, 0, retErrno(EPERM)],
    [RET, 0, 0, RET_ALLOW],
    [JEQ, 0, 5, special.ioctl],
    [LD_WORD, 0, 0, argOffset(1)],
    [JEQ, 1, 0, TIOCSTI],
    [JEQ, 0, 1, TIOCLINUX],
    [RET, 0, 0, retErrno(EPERM)],
    [RET, 0, 0, RET_ALLOW],
    [JEQ, 0, SOCKET_FAMILIES.length + 2, special.socket],
    [LD_WORD, 0, 0, argOffset(0)],
    ...SOCKET_FAMILIES.map((family, index): Instruction => [
      JEQ,
      SOCKET_FAMILIES.length - index,
      0,
      family,
    ]),
    [RET, 0, 0, retErrno(EPERM)],
    [RET, 0, 0, RET_ALLOW],
  );
  return program;
}

/**
 * The filter for a machine, in the bytes that `bwrap --seccomp FD` reads: an array of
 * `struct sock_filter`, see seccomp(2).
 */
export function seccompFilter(arch: FilterArch): Uint8Array {
  const program = instructions(arch);
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
