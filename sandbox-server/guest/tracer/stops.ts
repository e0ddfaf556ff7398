/** What the kernel says when a traced thread has stopped: wait(2), ptrace(2). Pure. */

/** Why a thread has stopped, or that it is no more. */
export type Stop =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: number }
  /** It has entered a call, or is about to leave it. */
  | { readonly kind: 'call' }
  /** It has started a thread or a process, which is traced too. */
  | { readonly kind: 'started' }
  | { readonly kind: 'exec' }
  /** A signal has stopped its whole process, and only another one sets it going. */
  | { readonly kind: 'group' }
  /** It was asked to stop, or has just begun. */
  | { readonly kind: 'asked' }
  /** It is about to get a signal. */
  | { readonly kind: 'signal'; readonly signal: number };

const SIGTRAP = 5;
const SIGSTOP = 19;
const SIGTSTP = 20;
const SIGTTIN = 21;
const SIGTTOU = 22;
const STOPPING: readonly number[] = [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU];
/** With PTRACE_O_TRACESYSGOOD, a stop for a call has this bit. */
const CALL_BIT = 0x80;

const PTRACE_EVENT_FORK = 1;
const PTRACE_EVENT_VFORK = 2;
const PTRACE_EVENT_CLONE = 3;
const PTRACE_EVENT_EXEC = 4;
const PTRACE_EVENT_STOP = 128;

/** Reads a status of waitpid(2). */
export function readStatus(status: number): Stop {
  const low = status & 0x7f;
  if (low === 0) return { kind: 'exited', code: (status >> 8) & 0xff };
  if (low !== 0x7f) return { kind: 'killed', signal: low };
  const signal = (status >> 8) & 0xff;
  switch (status >> 16) {
    case 0:
      return signal === (SIGTRAP | CALL_BIT) ? { kind: 'call' } : { kind: 'signal', signal };
    case PTRACE_EVENT_STOP:
      return STOPPING.includes(signal) ? { kind: 'group' } : { kind: 'asked' };
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
      return { kind: 'started' };
    case PTRACE_EVENT_EXEC:
      return { kind: 'exec' };
    default:
      return { kind: 'asked' };
  }
}

/** The size of `struct ptrace_syscall_info`. */
export const CALL_INFO_SIZE = 88;

const OP = 0;
const ARCH = 4;
const NUMBER = 24;
const ARGUMENTS = 32;
const RESULT = 24;
const IS_ERROR = 32;
const PTRACE_SYSCALL_INFO_ENTRY = 1;
const PTRACE_SYSCALL_INFO_EXIT = 2;
const MOST_ARGUMENTS = 6;

/** The arguments of a call, as they are in the registers of the machine. */
export class Arguments {
  readonly #words: Uint32Array;

  /** @param words two for each argument, the low one first */
  constructor(words: Uint32Array) {
    this.#words = words;
  }

  /** As an int: a descriptor, flags, milliseconds. */
  int(index: number): number {
    return (this.#words[2 * index] ?? 0) | 0;
  }

  /** As a size or an address: exact up to 2 ** 53, and no program has memory above. */
  size(index: number): number {
    return (this.#words[2 * index + 1] ?? 0) * 2 ** 32 + (this.#words[2 * index] ?? 0);
  }
}

/** What a thread that has stopped for a call is about to do. */
export type CallInfo =
  | {
      readonly kind: 'enters';
      /** AUDIT_ARCH of the machine that the call is made for. */
      readonly arch: number;
      readonly number: number;
      readonly args: Arguments;
    }
  | {
      readonly kind: 'leaves';
      /** What it returned; of a call that failed, the errno. */
      readonly result: number;
      readonly failed: boolean;
    };

/**
 * Reads a `struct ptrace_syscall_info`.
 * @returns undefined if the thread is at neither end of a call
 */
export function readCallInfo(bytes: DataView): CallInfo | undefined {
  switch (bytes.getUint8(OP)) {
    case PTRACE_SYSCALL_INFO_ENTRY: {
      const words = new Uint32Array(2 * MOST_ARGUMENTS);
      for (const index of words.keys()) words[index] = bytes.getUint32(ARGUMENTS + 4 * index, true);
      return {
        kind: 'enters',
        arch: bytes.getUint32(ARCH, true),
        number: bytes.getUint32(NUMBER, true),
        args: new Arguments(words),
      };
    }
    case PTRACE_SYSCALL_INFO_EXIT: {
      const failed = bytes.getUint8(IS_ERROR) !== 0;
      const value = bytes.getInt32(RESULT + 4, true) * 2 ** 32 + bytes.getUint32(RESULT, true);
      return { kind: 'leaves', result: failed ? -value : value, failed };
    }
    default:
      return undefined;
  }
}
