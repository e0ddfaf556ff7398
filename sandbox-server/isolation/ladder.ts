/** Chooses the isolation by trying it: the one that the operator names, or else the safest that works here. */
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { messageOf } from '../../message-of.ts';
import { ISOLATION_NAMES, type IsolationName } from '../../protocol/messages.ts';
import { bubblewrap } from './bubblewrap.ts';
import type { Isolation, LaunchRequest } from './isolation.ts';
import { none } from './none.ts';
import { readFacts, remedyFor } from './remedy.ts';
import type { Shelves } from './shelves.ts';
import { unshare } from './unshare.ts';

type Make = (runtime: string, shelves: Shelves, chosen: boolean) => Isolation;

const MAKE: Readonly<Record<IsolationName, Make>> = {
  bubblewrap,
  unshare,
  none,
};

const VERSION: LaunchRequest = {
  flags: ['--version'],
  args: [],
  maxDescriptors: 128,
  hosts: undefined,
  environment: {},
  feed: undefined,
};

/** Runs Node once in a sandbox of its own, as a lab’s program would be, but on pipes. */
async function attempt(isolation: Isolation, user: number | undefined): Promise<void> {
  const sandbox = await isolation.open(user);
  try {
    const { file, args, uid, directory, descriptors } = sandbox.launch(VERSION);
    // Without a terminal there is none for setsid to take over.
    const [, ...rest] = args;
    const child = spawn(file, rest, {
      stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
      cwd: directory,
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    for (const descriptor of descriptors) closeSync(descriptor);
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    // One that could not be started, for want of descriptors say, has no pipes.
    if (child.pid === undefined) await failed;
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error('it has no pipes');
    const [said, complaint] = await Promise.race([
      Promise.all([text(stdout), text(stderr)]),
      failed,
    ]);
    if (said.trim() !== process.version) {
      const [first] = complaint.trim().split('\n');
      throw new Error(first === '' || first === undefined ? 'Node did not start in it' : first);
    }
  } finally {
    await sandbox.close();
  }
}

/** What was found, and why the safer rungs were not. */
export interface Found {
  readonly isolation: Isolation;
  /** A line for each rung that was tried and failed. */
  readonly failures: readonly string[];
}

/**
 * Finds the isolation to use.
 * @param user whom the programs that it tries are outside; nobody else may be the same meanwhile
 * @param named the rung that the operator wants: no weaker one is taken in its place
 * @throws Error with what to do, when that does not work, or not even a plain process could be run
 */
export async function findIsolation(
  runtime: string,
  shelves: Shelves,
  user: number | undefined,
  named?: IsolationName,
): Promise<Found> {
  const failures: string[] = [];
  for (const name of named === undefined ? ISOLATION_NAMES : [named]) {
    try {
      const isolation = MAKE[name](runtime, shelves, name === named);
      await attempt(isolation, user);
      return { isolation, failures };
    } catch (error) {
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  if (named === undefined) throw new Error(`No program can be run here.\n${failures.join('\n')}`);
  const [why = ''] = failures;
  throw new Error(
    `READABLE_ISOLATION=${named} does not work here, and no weaker isolation is taken in its place.\n` +
      `${why}\n${remedyFor(why, readFacts())}\n` +
      'Without READABLE_ISOLATION, the server takes the safest that works.',
  );
}
