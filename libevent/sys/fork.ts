import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { prepareForFork } from './before_fork.ts';
import { EAGAIN, setErrno } from './errno.ts';
import { keepMemoryForkable } from './forkable_memory.ts';
import { libc } from './libc.ts';
import { nodeErrno } from './node_errno.ts';
import { waitForOtherThreads } from './other_threads.ts';
import { _exit, getpid } from './process.ts';

const SINGLE_THREADED = '--single-threaded';
const STDERR = 2;
/** Milliseconds that other threads have to come to rest. On a busy machine V8's need some of them. */
const REST_LIMIT = 10_000;

const forkNative: () => number = libc.func('int fork(void)');
const uvDefaultLoop: () => unknown = libc.func('void *uv_default_loop(void)');
const uvLoopFork: (loop: unknown) => number = libc.func('int uv_loop_fork(void *loop)');

/**
 * Makes a copy of this process: fork(2). Both go on from here, each with its own memory, sharing
 * what the descriptors of before stand for.
 *
 * Of threads only the calling one is copied, so the process has to run under
 * `node --single-threaded`. The first call keeps V8's memory from being left out of copies, by a
 * seccomp filter that stays for the rest of the process's life. In the child Node's own loop,
 * `process.pid` and the end of the process work; handlers of 'exit' that the parent registered run
 * there too, as those of atexit(3) do in C.
 *
 * A lock that another thread holds at this moment stays locked in the child for ever. V8 has such
 * locks, and threads that compile in the background, so the call first waits until all other
 * threads are asleep. Nothing can be done about a thread that sleeps with a lock in its hands: a
 * native add-on's, say. `--wasm-num-compilation-tasks=0 --no-wasm-dynamic-tiering` spare the first
 * call some 50 ms, for which Node compiles what reads TypeScript.
 *
 * @returns the child's number in the parent, 0 in the child, or -1 and sets errno; `EAGAIN` also if
 *   a worker of the program's was at work for 10 seconds on end, and `EMFILE` if no descriptor is
 *   free, since it reads in /proc how the other threads are
 * @throws Error without `node --single-threaded`, or from a worker thread
 */
export function fork(): number {
  if (!isMainThread) throw new Error('fork() copies the main thread: a worker cannot call it');
  if (!process.execArgv.includes(SINGLE_THREADED)) {
    throw new Error(
      'fork() copies the calling thread alone, and V8 waits for its others for ever: start this program with node --single-threaded',
    );
  }
  if (prepare() < 0) return -1;
  prepareForFork();
  const pid = forkNative();
  if (pid === 0) mendChild();
  return pid;
}

/** Returns 0, or -1 and leaves errno. */
function prepare(): number {
  try {
    if (keepMemoryForkable() < 0) return -1;
    if (waitForOtherThreads(REST_LIMIT)) return 0;
    setErrno(EAGAIN);
  } catch (error) {
    const number = nodeErrno(error);
    if (number === null) throw error;
    setErrno(number);
  }
  return -1;
}

function mendChild(): void {
  // The loop's epoll descriptor is one and the same in parent and child until the child makes its own.
  uvLoopFork(uvDefaultLoop());
  Object.defineProperty(process, 'pid', {
    value: getpid(),
    configurable: true,
    enumerable: true,
    writable: false,
  });
  process.off('exit', endWithoutThreads).on('exit', endWithoutThreads);
  process
    .off('uncaughtExceptionMonitor', printUncaught)
    .on('uncaughtExceptionMonitor', printUncaught);
}

/** Node's own way to the end waits for threads that a child does not have. */
function endWithoutThreads(status: number): void {
  const handlers = process.listeners('exit');
  for (const handler of handlers.slice(handlers.indexOf(endWithoutThreads) + 1)) {
    handler.call(process, status);
  }
  _exit(Number(process.exitCode ?? status));
}

/** Node itself says what nobody caught only after the handlers of 'exit', where a child has ended. */
function printUncaught(error: unknown): void {
  if (process.listenerCount('uncaughtException') > 0) return;
  writeSync(STDERR, `Uncaught ${inspect(error)}\n`);
}
