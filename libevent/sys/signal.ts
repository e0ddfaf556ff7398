import { constants } from 'node:os';
import { libc } from './libc.ts';

/** The numbers of the signals of signal(7). */
export const {
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGILL,
  SIGTRAP,
  SIGABRT,
  SIGBUS,
  SIGFPE,
  SIGKILL,
  SIGUSR1,
  SIGSEGV,
  SIGUSR2,
  SIGPIPE,
  SIGALRM,
  SIGTERM,
  SIGCHLD,
  SIGCONT,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGXCPU,
  SIGXFSZ,
  SIGVTALRM,
  SIGPROF,
  SIGWINCH,
  SIGIO,
  SIGPWR,
  SIGSYS,
} = constants.signals;

/** One more than the highest signal. */
export const NSIG = 65;

/** Two handlers that every signal can have: what the system does by itself, and nothing. */
export const SIG_DFL = 0n;
export const SIG_IGN = 1n;

/** Flag of sigaction(2): calls that the signal interrupts go on instead of failing with `EINTR`. */
export const SA_RESTART = 0x10000000;

// struct sigaction of the C library on 64-bit Linux, glibc and musl, x86-64 and arm64: the handler,
// a mask of 1,024 bits, the flags, padding, and a pointer that is the library's own business.
const SIZE = 152;
const MASK = 8;
const MASK_SIZE = 128;
const FLAGS = MASK + MASK_SIZE;

const sigactionNative: (
  signum: number,
  action: Uint8Array | null,
  old: Uint8Array | null,
) => number = libc.func('int sigaction(int signum, const void *action, void *old)');
const raiseNative: (signum: number) => number = libc.func('int raise(int signum)');

/** What a process does about a signal: `struct sigaction`. */
export class Sigaction {
  /** The structure itself, for the calls of this module. */
  readonly bytes = Buffer.alloc(SIZE);

  /**
   * @param handler - `SIG_DFL`, `SIG_IGN` or the address of machine code that takes the signal's
   *   number. Not of a callback into JavaScript: a signal comes at any moment, also in the middle of
   *   the garbage collector.
   * @param flags - `SA_RESTART` or 0
   */
  constructor(handler = SIG_DFL, flags = 0) {
    this.bytes.writeBigUInt64LE(handler);
    this.bytes.writeInt32LE(flags, FLAGS);
  }

  /** The handler's address. */
  get handler(): bigint {
    return this.bytes.readBigUInt64LE();
  }

  /** The flags. */
  get flags(): number {
    return this.bytes.readInt32LE(FLAGS);
  }

  /** Has every signal wait while the handler runs: sigfillset(3) on its mask. */
  maskAll(): void {
    this.bytes.fill(0xff, MASK, MASK + MASK_SIZE);
  }
}

/**
 * Changes what the process does about a signal, or only finds it out: sigaction(2).
 *
 * @param signum - a signal, 1 to `NSIG` - 1, but not `SIGKILL` and `SIGSTOP`
 * @param action - what it is to do, null for no change
 * @param old - where what it did before goes, or null
 * @returns 0, or -1 and sets errno
 */
export function sigaction(signum: number, action: Sigaction | null, old: Sigaction | null): number {
  return sigactionNative(
    signum,
    action === null ? null : action.bytes,
    old === null ? null : old.bytes,
  );
}

/**
 * Sends a signal to the thread that calls: raise(3). It has been handled when the call returns.
 *
 * @returns 0, or -1 and sets errno
 */
export function raise(signum: number): number {
  return raiseNative(signum);
}
