/**
 * Leaves nothing behind of tests that are cut off, whoever cuts them off: Ctrl-C, SIGTERM, or SIGKILL,
 * which nobody can react to. What a test starts has a mark in its environment, as do all below it, also
 * those that left their parents and groups. A process of its own waits for the end of the tests, which
 * ends the pipe between the two, and kills what has the mark.
 * Usage: test-guard.ts MARK
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { killProcess } from '../sandbox-server/process/process-tree.ts';

const VARIABLE = 'READABLE_TEST_MARK';
/** What ends tests and can be reacted to: signal(7). */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** From one look at all processes to the next, in milliseconds. */
const INTERVAL = 20;
/** After so many looks that found none, none is left: one may have been about to start another. */
const LOOKS = 3;
/** A process that the kernel does not let go is not waited for longer, in milliseconds. */
const PATIENCE = 10_000;

function hasMark(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
  } catch {
    // It has ended, or is somebody else’s.
    return false;
  }
}

/** The processes that were started with this mark. */
function marked(mark: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => pid !== process.pid && hasMark(pid, mark));
}

async function killMarked(mark: string): Promise<void> {
  const limit = performance.now() + PATIENCE;
  for (let none = 0; none < LOOKS && performance.now() < limit;) {
    const left = marked(mark);
    none = left.length === 0 ? none + 1 : 0;
    for (const pid of left) killProcess(pid);
    await setTimeout(INTERVAL);
  }
}

/** From now on, what this process starts ends with it, however it ends. */
export function guardTests(): void {
  const mark = randomUUID();
  const outer = process.env[VARIABLE];
  // Away from the terminal and the group, whose signals are for the tests. It has no mark of its own.
  const guard = spawn(process.execPath, [import.meta.filename, mark], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  guard.unref();
  guard.stdin.on('error', () => {});
  // Tests that run tests: both guards have to find what the inner ones started.
  process.env[VARIABLE] = outer === undefined ? mark : `${outer} ${mark}`;
  for (const signal of ENDING) {
    process.once(signal, () => {
      guard.once('exit', () => process.exit(128 + constants.signals[signal]));
      guard.stdin.end();
    });
  }
}

if (import.meta.main) {
  const [mark = ''] = process.argv.slice(2);
  process.stdin.resume();
  await once(process.stdin, 'end');
  if (mark !== '') await killMarked(mark);
}
