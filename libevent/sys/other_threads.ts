import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { ENOENT, ESRCH } from './errno.ts';
import { nodeErrno } from './node_errno.ts';
import { getpid } from './process.ts';

const THREADS = '/proc/self/task';
/** More than proc_pid_status(5) has for a thread. */
const STATUS_SIZE = 8192;
/** Milliseconds between two looks at threads that are still at work. */
const PAUSE = 1;

/**
 * How often each other thread of this process has gone to sleep, by its number, or null if one of
 * them is not asleep.
 */
function sleeps(): Map<string, string> | null {
  const counts = new Map<string, string>();
  const status = Buffer.allocUnsafe(STATUS_SIZE);
  const own = String(getpid());
  for (const thread of readdirSync(THREADS)) {
    if (thread === own) continue;
    const text = readStatus(thread, status);
    // A thread that has ended since holds nothing.
    if (text === null) continue;
    if (!text.includes('\nState:\tS')) return null;
    counts.set(thread, text.slice(text.indexOf('\nvoluntary_ctxt_switches:')));
  }
  return counts;
}

/** What proc_pid_status(5) says of a thread, or null if it has ended. */
function readStatus(thread: string, into: Buffer): string | null {
  let fd = -1;
  try {
    fd = openSync(`${THREADS}/${thread}/status`, 'r');
    return into.toString('latin1', 0, readSync(fd, into));
  } catch (error) {
    const number = nodeErrno(error);
    if (number === ENOENT || number === ESRCH) return null;
    throw error;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

/**
 * Waits until every other thread of this process is asleep at one and the same moment. A thread that
 * sleeps in a wait of its own, while the caller holds nothing that it waits for, holds no lock.
 *
 * One look is not enough: while the second thread is looked at, the first may wake. So there are two,
 * and between them nobody may have gone to sleep anew: proc_pid_status(5), `voluntary_ctxt_switches`.
 *
 * @param limit - milliseconds after which it gives up
 * @returns whether there was such a moment
 * @throws what `node:fs` throws if /proc cannot be read
 * @internal
 */
export function waitForOtherThreads(limit: number): boolean {
  let deadline = 0;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    const before = sleeps();
    if (before?.size === 0) return true;
    const after = before === null ? null : sleeps();
    if (before !== null && after !== null && isSame(before, after)) return true;
    const now = performance.now();
    if (deadline === 0) deadline = now + limit;
    else if (now > deadline) return false;
    Atomics.wait(nobody, 0, 0, PAUSE);
  }
}

function isSame(before: Map<string, string>, after: Map<string, string>): boolean {
  if (before.size !== after.size) return false;
  for (const [thread, count] of before) if (after.get(thread) !== count) return false;
  return true;
}
