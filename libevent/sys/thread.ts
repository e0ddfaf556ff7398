import { isMainThread } from 'node:worker_threads';
import { libc } from './libc.ts';
import { getpid } from './process.ts';

const isX64 = process.arch === 'x64';
const SYS_GETTID = isX64 ? 186 : 178;
const SYS_TGKILL = isX64 ? 234 : 131;

// The C library has gettid() and tgkill() only since glibc 2.30, later than Node needs.
const syscall: (number: number, process: number, thread: number, signal: number) => number =
  libc.func(
    'intptr_t syscall(intptr_t number, intptr_t process, intptr_t thread, intptr_t signal)',
  );

/** The main thread, in every process: its number in the kernel is another one after fork(2). */
const MAIN_THREAD = 0;

/**
 * What tells the calling thread from the others of its process: gettid(2), or 0 for the main thread.
 *
 * @internal
 */
export function ownThread(): number {
  return isMainThread ? MAIN_THREAD : syscall(SYS_GETTID, 0, 0, 0);
}

/**
 * Whether a thread of this process is still there, however it ended: tgkill(2) with no signal.
 *
 * @param thread - what `ownThread()` returned in it
 * @internal
 */
export function isThreadAlive(thread: number): boolean {
  return thread === MAIN_THREAD || syscall(SYS_TGKILL, getpid(), thread, 0) === 0;
}
