/** Calls the kernel as any program can, whatever Node allows: syscall(2), fork(2). */
import { existsSync, readFileSync } from 'node:fs';
import koffi from 'koffi';

/** An attack: takes what the test knows and the program can’t, and returns what it got, for JSON. */
export type Attack = (given: unknown) => unknown;

const libc = koffi.load('libc.so.6');
const syscall: (number: number, ...rest: unknown[]) => number = libc.func(
  'long syscall(long number, ...)',
);

/** `[x86-64, arm64]`; null where the machine has no such call. */
export type Numbers = readonly [number | null, number | null];

/** The name of the last error, such as EPERM. */
export function errorName(): string {
  const errno = koffi.errno();
  return Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `${errno}`;
}

/**
 * Makes a system call.
 * @returns its result; -1 with errno set, see {@link errorName}
 */
export function call(numbers: Numbers, ...args: (number | Uint8Array | string)[]): number {
  const number = numbers[process.arch === 'arm64' ? 1 : 0];
  if (number === null) return 0;
  return syscall(
    number,
    ...args.flatMap((arg) => [
      typeof arg === 'number' ? 'long' : typeof arg === 'string' ? 'char *' : 'uint8_t *',
      arg,
    ]),
  );
}

/** What came of a system call: `done`, the name of the error, or `none` where there is no such call. */
export function outcome(numbers: Numbers, ...args: (number | Uint8Array | string)[]): string {
  if (numbers[process.arch === 'arm64' ? 1 : 0] === null) return 'none';
  return call(numbers, ...args) >= 0 ? 'done' : errorName();
}

/** What came of something that throws when it fails: `done`, or the error’s code. */
export function tried(act: () => unknown): string {
  try {
    act();
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** The outcomes that are not among the wanted ones, by name: none is how it must be. */
export function unwanted(
  outcomes: Readonly<Record<string, string>>,
  ...wanted: string[]
): Record<string, string> {
  return Object.fromEntries(Object.entries(outcomes).filter(([, got]) => !wanted.includes(got)));
}

export const fork: () => number = libc.func('int fork()');
export const kill: (pid: number, signal: number) => number = libc.func('int kill(int, int)');
const pause: () => number = libc.func('int pause()');

/** Never returns: a forked process has no threads for what JavaScript would do next. */
export function sleepForEver(): never {
  for (;;) pause();
}

/** Whether there is something at this path; for what must not be there. */
export function sees(path: string): boolean {
  return existsSync(path);
}

/** The processes that it sees. */
export function visible(): number[] {
  const found: number[] = [];
  for (let pid = 1; pid <= 4_194_304 && pid <= lastPid(); pid++) {
    if (kill(pid, 0) === 0 || errorName() !== 'ESRCH') found.push(pid);
  }
  return found;
}

/** The last number that was given to a process here: proc_loadavg(5). */
function lastPid(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ').at(-1));
}

/** What a test gives, a field of it. */
export function field(given: unknown, name: string): string {
  if (typeof given !== 'object' || given === null) throw new Error(`${name} is not given`);
  const value: unknown = Object.entries(given).find(([key]) => key === name)?.[1];
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new Error(`no ${name} is given`);
  return String(value);
}
