import { F_SETFD, fcntl } from './descriptor.ts';
import { libc } from './libc.ts';

/** Options of waitpid(2): return 0 at once if no child has ended; report stopped ones too. */
export const WNOHANG = 1;
export const WUNTRACED = 2;

const STANDARD_DESCRIPTORS = [0, 1, 2];

const getpidNative: () => number = libc.func('int getpid(void)');
const getppidNative: () => number = libc.func('int getppid(void)');
const waitpidNative: (pid: number, status: Int32Array | null, options: number) => number =
  libc.func('int waitpid(int pid, void *status, int options)');
const killNative: (pid: number, signal: number) => number = libc.func(
  'int kill(int pid, int signal)',
);
const exitNative: (status: number) => void = libc.func('void _exit(int status)');
const execveNative: (
  path: string,
  argv: readonly (string | null)[],
  environment: readonly (string | null)[],
) => number = libc.func(
  'int execve(const char *path, const char **argv, const char **environment)',
);

/** The number of this process: getpid(2). */
export function getpid(): number {
  return getpidNative();
}

/** The number of this process's parent: getppid(2). */
export function getppid(): number {
  return getppidNative();
}

/**
 * Waits for a child to end, and lets the kernel forget it: waitpid(2).
 *
 * @param pid - which child; -1 for any, 0 for any of this process group, less than -1 for any of
 *   group `-pid`
 * @param status - one number, for `WIFEXITED()` and the others to read; or null
 * @param options - `WNOHANG`, `WUNTRACED`, both or 0
 * @returns the child that ended, 0 if none has and `WNOHANG` was given, or -1 and sets errno
 * @throws RangeError if `status` has no room for a number
 */
export function waitpid(pid: number, status: Int32Array | null, options = 0): number {
  if (status !== null && status.length < 1)
    throw new RangeError('waitpid() needs room for a status');
  return waitpidNative(pid, status, options);
}

/**
 * Sends a signal to a process: kill(2). Returns 0, or -1 and sets errno.
 *
 * @param pid - which process; 0 and below mean groups, as its page says
 * @param signal - its number; 0 only asks whether the process is there
 */
export function kill(pid: number, signal: number): number {
  return killNative(pid, signal);
}

/**
 * Ends the process at once: _exit(2). Nothing of JavaScript runs any more, no exit handlers either.
 *
 * @param status - 0 to 255
 */
export function _exit(status: number): never {
  exitNative(status);
  throw new Error('_exit() returned');
}

/**
 * Executes another program in this process: execve(2). Descriptors without `FD_CLOEXEC` stay open
 * for it, and so do 0, 1 and 2, on which Node sets that flag where a C program has it clear. Signals
 * that are ignored stay ignored, and Node ignores SIGPIPE.
 *
 * @param path - the program's file; `PATH` is not searched
 * @param argv - its arguments, the first of them its own name
 * @param environment - what its environment is, each string as "NAME=value"
 * @returns -1 and sets errno; if it succeeds, it does not return
 * @throws TypeError for a string with a NUL inside, which C would cut there
 */
export function execve(
  path: string,
  argv: readonly string[],
  environment: readonly string[],
): number {
  for (const text of [path, ...argv, ...environment]) {
    if (text.includes('\0')) throw new TypeError('the strings of execve() have no NUL inside');
  }
  for (const fd of STANDARD_DESCRIPTORS) fcntl(fd, F_SETFD, 0);
  return execveNative(path, [...argv, null], [...environment, null]);
}

/** Whether a child ended by itself. These read the status that waitpid(2) left. */
export function WIFEXITED(status: number): boolean {
  return WTERMSIG(status) === 0;
}

/** The exit status, 0 to 255, of a child that ended by itself. */
export function WEXITSTATUS(status: number): number {
  return (status >> 8) & 0xff;
}

/** Whether a signal ended the child. */
export function WIFSIGNALED(status: number): boolean {
  return !WIFEXITED(status) && !WIFSTOPPED(status);
}

/** The signal that ended the child. */
export function WTERMSIG(status: number): number {
  return status & 0x7f;
}

/** Whether the child is stopped, which is reported with `WUNTRACED` only. */
export function WIFSTOPPED(status: number): boolean {
  return (status & 0xff) === 0x7f;
}

/** The signal that stopped the child. */
export function WSTOPSIG(status: number): number {
  return WEXITSTATUS(status);
}
