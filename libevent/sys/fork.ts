import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { keepMemoryForkable } from './forkable_memory.ts';
import { libc } from './libc.ts';
import { _exit, getpid } from './process.ts';

const SINGLE_THREADED = '--single-threaded';
const STDERR = 2;

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
 * @returns the child's number in the parent, 0 in the child, or -1 and sets errno
 * @throws Error without `node --single-threaded`, or from a worker thread
 */
export function fork(): number {
  if (!isMainThread) throw new Error('fork() copies the main thread: a worker cannot call it');
  if (!process.execArgv.includes(SINGLE_THREADED)) {
    throw new Error(
      'fork() copies the calling thread alone, and V8 waits for its others for ever: start this program with node --single-threaded',
    );
  }
  if (keepMemoryForkable() < 0) return -1;
  const pid = forkNative();
  if (pid === 0) mendChild();
  return pid;
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
