/**
 * A holder is the process that keeps a sandbox's namespaces alive between programs. It reads from a
 * pipe of the server's and ends when that pipe does, so a server killed with -9 leaves none behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Readable, addAbortSignal } from 'node:stream';
import { messageOf } from '../../message-of.ts';
import { afterGate } from '../process/gate.ts';
import type { Started } from '../process/launch.ts';
import { killProcess, statOf } from '../process/process-tree.ts';

/** A running holder. */
export interface Holder {
  /** The process that other processes join, in the server's process ids. */
  readonly pid: number;
  /** Whether it is still there. */
  readonly isAlive: boolean;
  /** Ends it and everything in its namespaces; resolves when it is gone. */
  close(): Promise<void>;
}

/** How much of what the command complains of is kept, in characters. */
const LONGEST_COMPLAINT = 4096;
/** The most time a holder may take to come up, in milliseconds. */
const START_LIMIT = 10_000;

async function end(child: ChildProcess, pid = child.pid): Promise<void> {
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  // Killing the namespaces’ first process takes everything else in them along, and the command that
  // made them ends once the kernel is done with that.
  killProcess(pid);
  await gone;
}

/**
 * Starts a holder.
 * @param file the command that makes the namespaces and runs `cat` in them
 * @param findPid finds the pid to join, from what the command has written to descriptor 3 and its own
 *   pid; undefined until the former is complete
 * @param started called with the command’s pid once it is spawned
 * @throws Error with what the command said on its standard error
 */
export async function startHolder(
  file: string,
  args: readonly string[],
  uid: number | undefined,
  findPid: (said: string, commandPid: number) => number | undefined,
  started?: Started,
): Promise<Holder> {
  // `cat` reads from the same pipe, but only what comes after the line that opens the gate.
  const [command = file, ...rest] = started ? [...afterGate(0), file, ...args] : [file, ...args];
  const child = spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    cwd: '/',
    // Away from the terminal, whose Ctrl-C is the server's alone.
    detached: true,
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  if (child.pid === undefined) {
    // Not even started, for want of descriptors say: there are no pipes either, only the reason to come.
    const error = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw new Error(`${file}: ${error.message}`, { cause: error });
  }
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < LONGEST_COMPLAINT) complaint += chunk.toString();
  });
  // A command that ends at once breaks the pipe; its exit says more.
  child.stdin.on('error', () => {});
  try {
    const signal = AbortSignal.timeout(START_LIMIT);
    if (started) {
      await started(child.pid);
      child.stdin.write('\n');
    }
    // bwrap tells the pid before the user namespace has its id maps, too early to join. When cat
    // answers, everything is there.
    child.stdin.write('\n');
    await read(child.stdout, signal, () => true);
    const commandPid = child.pid;
    const pid =
      findPid('', commandPid) ??
      (await read(child.stdio[3], signal, (said) => findPid(said, commandPid)));
    const since = statOf(pid)?.started;
    return {
      pid,
      get isAlive() {
        return since !== undefined && statOf(pid)?.started === since;
      },
      close: () => end(child, pid),
    };
  } catch (error) {
    await end(child);
    const why = messageOf(error);
    throw new Error(`${file}: ${complaint.trim() || why}`, { cause: error });
  }
}

/** Reads from a pipe until `find` finds something in what has come. */
async function read<T>(
  pipe: unknown,
  signal: AbortSignal,
  find: (said: string) => T | undefined,
): Promise<T> {
  if (!(pipe instanceof Readable)) throw new Error('it has no pipe');
  let said = '';
  for await (const chunk of addAbortSignal(signal, pipe)) {
    said += String(chunk);
    const found = find(said);
    if (found !== undefined) return found;
  }
  throw new Error('it ended before it was ready');
}
