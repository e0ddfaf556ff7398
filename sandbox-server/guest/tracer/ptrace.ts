/** The system calls of a tracer, through libc: ptrace(2), waitpid(2), process_vm_readv(2). */
import koffi from 'koffi';
import { CALL_INFO_SIZE, readCallInfo, type CallInfo } from './stops.ts';

const libc = koffi.load(null);
const ptraceNative: (request: number, pid: number, address: number, data: number) => number =
  libc.func('long ptrace(long request, int pid, uintptr_t address, uintptr_t data)');
const waitpidNative: (pid: number, status: Int32Array, options: number) => number = libc.func(
  'int waitpid(int pid, _Out_ int *status, int options)',
);
const processVmReadv: (
  pid: number,
  local: BigUint64Array,
  locals: number,
  remote: BigUint64Array,
  remotes: number,
  flags: number,
) => number = libc.func(
  'intptr_t process_vm_readv(int pid, const uint64_t *local, unsigned long locals, const uint64_t *remote, unsigned long remotes, unsigned long flags)',
);
const fcntl: (fd: number, command: number, type: string, argument: number) => number = libc.func(
  'int fcntl(int fd, int command, ...)',
);
const pipe2: (descriptors: Int32Array, flags: number) => number = libc.func(
  'int pipe2(_Out_ int *descriptors, int flags)',
);
const pollNative: (set: null, count: number, timeout: number) => number = libc.func(
  'int poll(void *set, unsigned long count, int timeout)',
);

const PTRACE_CONT = 7;
const PTRACE_SYSCALL = 24;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const PTRACE_LISTEN = 0x4208;
const PTRACE_GET_SYSCALL_INFO = 0x420e;
/** TRACESYSGOOD, TRACEFORK, TRACEVFORK, TRACECLONE, TRACEEXEC; not EXITKILL: a program may outlive its tracer. */
const OPTIONS = 0x1f;

const WNOHANG = 1;
const WALL = 0x40000000;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const O_CLOEXEC = 0o2000000;

/** The longest piece of a program's memory that is ever read. */
const MOST_READ = 4096;

const status = new Int32Array(1);
const info = Buffer.alloc(CALL_INFO_SIZE);
const infoView = new DataView(info.buffer, info.byteOffset, info.length);
const infoAddress = Number(koffi.address(info));
const piece = Buffer.alloc(MOST_READ);
const local = BigUint64Array.of(koffi.address(piece), 0n);
const remote = new BigUint64Array(2);

/** The errno of the call before. */
export function errno(): number {
  return koffi.errno();
}

/** Begins to trace a process, which does not stop for it. @returns whether that is permitted; if not, see {@link errno} */
export function seize(pid: number): boolean {
  return ptraceNative(PTRACE_SEIZE, pid, 0, OPTIONS) === 0;
}

/** Asks a thread to stop. */
export function interrupt(thread: number): void {
  ptraceNative(PTRACE_INTERRUPT, thread, 0, 0);
}

/**
 * Lets a thread go on that has stopped. One that was killed meanwhile is not there any more; that is told by
 * {@link wait}.
 * @param calls whether it is to stop at its calls
 * @param signal what it gets, 0 for none
 */
export function resume(thread: number, calls: boolean, signal = 0): void {
  ptraceNative(calls ? PTRACE_SYSCALL : PTRACE_CONT, thread, 0, signal);
}

/** Leaves a thread stopped that a signal has stopped, until another signal comes. */
export function listen(thread: number): void {
  ptraceNative(PTRACE_LISTEN, thread, 0, 0);
}

/** Which call a thread has stopped for. */
export function callInfo(thread: number): CallInfo | undefined {
  const size = ptraceNative(PTRACE_GET_SYSCALL_INFO, thread, CALL_INFO_SIZE, infoAddress);
  return size > 0 ? readCallInfo(infoView) : undefined;
}

/** Which thread has stopped or ended, and the status of it. */
export interface Waited {
  readonly thread: number;
  readonly status: number;
}

/**
 * Waits for a thread to stop.
 * @param blocks whether to wait until one has
 * @returns undefined if none has by now, and null if there is none left
 */
export function wait(blocks: boolean): Waited | undefined | null {
  for (;;) {
    const thread = waitpidNative(-1, status, blocks ? WALL : WALL | WNOHANG);
    if (thread > 0) return { thread, status: status[0] ?? 0 };
    if (thread === 0) return undefined;
    // A signal that this process gets, such as its terminal's Ctrl-C, is none of its business.
    if (koffi.errno() !== koffi.os.errno.EINTR) return null;
  }
}

/** Sleeps for so many milliseconds, or until a thread stops: SIGCHLD interrupts it. */
export function nap(milliseconds: number): void {
  pollNative(null, 0, milliseconds);
}

/**
 * Reads memory of a process: as much of it as is there, in a buffer that the next call writes to.
 * @returns undefined if nothing is
 */
export function readMemory(
  thread: number,
  address: number,
  length: number,
): Buffer<ArrayBuffer> | undefined {
  const wanted = Math.min(length, MOST_READ);
  if (wanted <= 0 || address === 0) return undefined;
  local[1] = BigInt(wanted);
  remote[0] = BigInt(address);
  remote[1] = BigInt(wanted);
  const count = processVmReadv(thread, local, 1, remote, 1, 0);
  return count > 0 ? piece.subarray(0, count) : undefined;
}

/** Keeps a descriptor from the programs that this process starts. */
export function keepToSelf(descriptor: number): void {
  fcntl(descriptor, F_SETFD, 'int', FD_CLOEXEC);
}

/** A pipe that no other program inherits. @returns its end to read, and its end to write */
export function makePipe(): [read: number, write: number] {
  const descriptors = new Int32Array(2);
  if (pipe2(descriptors, O_CLOEXEC) !== 0) throw new Error(`pipe2 failed with errno ${errno()}`);
  const [read = -1, write = -1] = descriptors;
  return [read, write];
}
