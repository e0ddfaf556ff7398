import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { EACCES, EAGAIN, errno, setErrno } from './errno.ts';
import { libc } from './libc.ts';

const isX64 = process.arch === 'x64';
const SYS_MADVISE = isX64 ? 28 : 233;
const SYS_SECCOMP = isX64 ? 317 : 277;
/** `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_AARCH64`. */
const ARCHITECTURE = isX64 ? 0xc000003e : 0xc00000b7;

const MADV_DONTFORK = 10;
const MADV_DOFORK = 11;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_TSYNC = 1;
const SECCOMP_RET_ALLOW = 0x7fff0000;
/** With 0 for the error number: the call is not made and seems to have succeeded. */
const SECCOMP_RET_ERRNO = 0x00050000;

/** Where the words of `struct seccomp_data` are. */
const DATA_NUMBER = 0;
const DATA_ARCHITECTURE = 4;
const DATA_THIRD_ARGUMENT = 32;

/** Codes of classic BPF: load a word, jump if it equals, return. */
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const INSTRUCTION_SIZE = 8;

/** Other threads' regions may still be on their way; more rounds than ever were needed. */
const ROUNDS = 100;

const madvise: (address: number, length: number, advice: number) => number = libc.func(
  'int madvise(uintptr_t address, size_t length, int advice)',
);
const prctl: (option: number, a: number, b: number, c: number, d: number) => number = libc.func(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
);
const syscall: (number: number, operation: number, flags: number, program: Uint8Array) => number =
  libc.func('intptr_t syscall(intptr_t number, intptr_t operation, intptr_t flags, void *program)');

/** The filter: madvise(…, MADV_DONTFORK) does nothing, everything else is as it was. */
function makeFilter(): Buffer {
  // Code, how many instructions to skip if equal, how many if not, operand.
  const instructions = [
    [LOAD, 0, 0, DATA_ARCHITECTURE],
    [JUMP_IF_EQUAL, 0, 4, ARCHITECTURE],
    [LOAD, 0, 0, DATA_NUMBER],
    [JUMP_IF_EQUAL, 0, 2, SYS_MADVISE],
    [LOAD, 0, 0, DATA_THIRD_ARGUMENT],
    [JUMP_IF_EQUAL, 1, 0, MADV_DONTFORK],
    [RETURN, 0, 0, SECCOMP_RET_ALLOW],
    [RETURN, 0, 0, SECCOMP_RET_ERRNO],
  ] as const;
  const bytes = Buffer.alloc(instructions.length * INSTRUCTION_SIZE);
  for (const [i, [code, ifEqual, ifNot, operand]] of instructions.entries()) {
    const at = i * INSTRUCTION_SIZE;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifEqual, at + 2);
    bytes.writeUInt8(ifNot, at + 3);
    bytes.writeUInt32LE(operand, at + 4);
  }
  return bytes;
}

/** Installs the filter in every thread: seccomp(2). Returns 0, or -1 and leaves errno. */
function installFilter(): number {
  const filter = makeFilter();
  // struct sock_fprog: the number of instructions, and where they are.
  const program = Buffer.alloc(16);
  program.writeUInt16LE(filter.length / INSTRUCTION_SIZE, 0);
  program.writeBigUInt64LE(koffi.address(filter), 8);
  const install = (): number =>
    syscall(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, program);
  let result = install();
  if (result < 0 && errno() === EACCES) {
    // Who is not root has to promise first never to become more than it is: prctl(2).
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    result = install();
  }
  // A positive result is a thread that has another filter.
  if (result > 0) setErrno(EAGAIN);
  return result === 0 ? 0 : -1;
}

/** Whether the filter is there already, from a fork() before or from whoever started the process. */
function isInstalled(): boolean {
  // No region begins at address 1: without the filter the kernel refuses.
  return madvise(1, 1, MADV_DONTFORK) === 0;
}

/** The regions of this process that fork(2) leaves out: "dc" in proc_pid_smaps(5). */
function leftOut(): { start: number; end: number }[] {
  const regions: { start: number; end: number }[] = [];
  let start = 0;
  let end = 0;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const header = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line);
    if (header !== null) {
      start = Number.parseInt(header[1] ?? '', 16);
      end = Number.parseInt(header[2] ?? '', 16);
    } else if (line.startsWith('VmFlags:') && / dc\b/.test(line)) {
      regions.push({ start, end });
    }
  }
  return regions;
}

// The filter stays when what comes after it fails, for want of a descriptor say. The next call has to
// go on there.
let isUnfinished = false;

/**
 * Sees to it that fork(2) copies all memory. V8 marks its own with madvise(2) to be left out, and a
 * child that lacks it dies; so that call is made to do nothing, and what was marked is unmarked.
 * After the first time this costs one call.
 *
 * @returns 0, or -1 and leaves errno
 * @throws what `node:fs` throws if /proc cannot be read
 * @internal
 */
export function keepMemoryForkable(): number {
  if (isInstalled()) {
    if (!isUnfinished) return 0;
  } else if (installFilter() < 0) return -1;
  isUnfinished = true;
  let regions = leftOut();
  for (let round = 0; regions.length > 0; round++) {
    if (round === ROUNDS) {
      setErrno(EAGAIN);
      return -1;
    }
    for (const { start, end } of regions) madvise(start, end - start, MADV_DOFORK);
    regions = leftOut();
  }
  isUnfinished = false;
  return 0;
}
