/** For the tests: starts the ROT13 servers as they are, watches them from outside, and ends them. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { FORK_FLAGS } from '../../lab/definition.ts';
import { CONTENT, ROOT } from '../../project.ts';
import { LOADER, copyStripped } from '../../sandbox-server/runtime.ts';
import { descendantsOf } from '../../sandbox-server/process/process-tree.ts';
import { freePort } from '../port.ts';
import { Program, type Command, type Exit } from '../program.ts';
import { until } from '../until.ts';
import { rot13 } from './scripts.ts';

/** The five programs, and what Node needs to be told for them. */
export const SERVERS = {
  'rot13-fork': { folder: 'processes', flags: FORK_FLAGS },
  'rot13-threads': { folder: 'processes', flags: [] },
  'rot13-select': { folder: 'select', flags: [] },
  'rot13-event': { folder: 'events', flags: [] },
  'rot13-bufferevent': { folder: 'bufferevents', flags: [] },
} as const;
export type ServerName = keyof typeof SERVERS;
export const NAMES: readonly ServerName[] = [
  'rot13-fork',
  'rot13-threads',
  'rot13-select',
  'rot13-event',
  'rot13-bufferevent',
];

/** Whether a server breaks lines that are too long instead of cutting them: design.md. */
export function breaksLongLines(name: ServerName): boolean {
  return name === 'rot13-bufferevent';
}

/**
 * The programs and the library as sandboxes have them, with their types taken out already: each
 * thread of rot13-threads loads all of it anew, and this way in a third of the time.
 */
const runtime = mkdtempSync(join(tmpdir(), 'rot13-'));

copyStripped(join(ROOT, 'libevent'), join(runtime, 'node_modules', 'libevent-ts'));
symlinkSync(join(ROOT, 'node_modules', 'koffi'), join(runtime, 'node_modules', 'koffi'));
for (const name of NAMES) {
  copyStripped(join(CONTENT, SERVERS[name].folder, name), join(runtime, name));
}

process.on('exit', () => rmSync(runtime, { recursive: true, force: true }));
// The test runner ends a file that takes too long: its servers have to go too.
process.on('SIGTERM', () => process.exit(1));

/** What proc_pid_stat(5) says of a process, from its state on; null if there is none. */
function statOf(pid: string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** How long each thread has run, in nanoseconds, in one word; undefined while one wants to run. */
function restingTime(pids: readonly number[]): string | undefined {
  const times: string[] = [];
  for (const pid of pids) {
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const [state = ''] = statOf(`${pid}/task/${thread}`) ?? [];
        // R runs or would like to; D waits for a disk, and goes on by itself.
        if (state === 'R' || state === 'D') return undefined;
        const [ran = ''] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(
          ' ',
        );
        times.push(`${thread} ${ran}`);
      }
    } catch {
      // It has ended meanwhile: the next look will do.
      return undefined;
    }
  }
  return times.join('\n');
}

/** How to start a server, where the usual way is not right. */
interface StartOptions {
  /** How many descriptors it may have open, if not as many as the tests. */
  readonly descriptors?: number;
  /** Its port, if not a free one. */
  readonly port?: number;
  /** A command that runs it in its own process, such as `strace -D`. */
  readonly through?: Command;
}

/** A server that runs. Everything about it but its answers is read from /proc. */
export class RunningServer implements AsyncDisposable {
  readonly port: number;
  readonly #program: Program;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  /**
   * Starts a server.
   *
   * @param args - arguments after the port
   */
  static async start(
    name: ServerName,
    args: readonly string[] = [],
    options: StartOptions = {},
  ): Promise<RunningServer> {
    const chosen = options.port ?? (await freePort());
    const program = startServer(name, [String(chosen), ...args], options);
    try {
      await program.prints('Listening on port');
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
    return new RunningServer(program, chosen);
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** All that it printed. */
  get printed(): string {
    return this.#program.printed;
  }

  /** How many descriptors the process has open; children not counted. */
  descriptors(): number {
    return readdirSync(`/proc/${String(this.pid)}/fd`).length;
  }

  threads(): number {
    return readdirSync(`/proc/${String(this.pid)}/task`).length;
  }

  /** The states of its child processes: `S` for one that waits, `Z` for a zombie. */
  children(): string[] {
    const states: string[] = [];
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const [state, parent] = statOf(pid) ?? [];
      if (state !== undefined && parent === String(this.pid)) states.push(state);
    }
    return states;
  }

  /** Memory in use by the process, in bytes. */
  memory(): number {
    const status = readFileSync(`/proc/${String(this.pid)}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
  }

  /**
   * Waits until nothing of it has anything to do: none of its threads, or its children’s, has run or
   * wanted to in several looks one after another.
   */
  async rests(looks = 5): Promise<void> {
    let ran = '';
    let still = 0;
    await until(`${this.pid} rests`, () => {
      const now = restingTime([this.pid, ...descendantsOf(this.pid)]);
      still = now !== undefined && now === ran ? still + 1 : 0;
      ran = now ?? '';
      return still >= looks;
    });
  }

  /** Sends it a signal that ends it, and waits for that. */
  end(signal: NodeJS.Signals): Promise<Exit> {
    return this.#program.end(signal);
  }

  /** Ends it, and whatever it has forked. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}

function startServer(
  name: ServerName,
  args: readonly string[],
  { descriptors, through }: StartOptions = {},
): Program {
  const program = [
    ...SERVERS[name].flags,
    '--import',
    join(ROOT, LOADER),
    join(runtime, name, 'server.ts'),
  ];
  const own: Command = [process.execPath, ...program, ...args];
  const command: Command = through ? [...through, ...own] : own;
  const limit = `ulimit -n ${String(descriptors)}; exec "$@"`;
  const limited: Command = ['sh', '-c', limit, 'sh', ...command];
  return Program.start(descriptors === undefined ? command : limited, { leadsGroup: true });
}

/** Runs a server that is to end by itself: its exit and what it printed. */
export async function runToEnd(
  name: ServerName,
  args: readonly string[],
): Promise<{ code: Exit; printed: string }> {
  await using program = startServer(name, args);
  const code = await program.close();
  return { code, printed: program.printed };
}

/** What has come on a connection so far, and when it ended. */
export class Received {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #ended = false;
  #error: Error | null = null;
  #changed = Promise.withResolvers<undefined>();

  constructor(connection: Duplex) {
    const change = (): void => {
      this.#changed.resolve(undefined);
      this.#changed = Promise.withResolvers();
    };
    connection.on('data', (bytes: Buffer) => {
      this.#chunks.push(bytes);
      this.#length += bytes.length;
      change();
    });
    connection.on('end', () => {
      this.#ended = true;
      change();
    });
    connection.on('error', (error) => {
      this.#error = error;
      change();
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get length(): number {
    return this.#length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Waits for so many bytes in all; returns all that came. */
  async atLeast(length: number): Promise<Buffer> {
    while (this.#length < length && !this.#ended) await this.#next();
    return this.bytes;
  }

  /** Waits until the server closes its side; returns all that came. */
  async all(): Promise<Buffer> {
    while (!this.#ended) await this.#next();
    return this.bytes;
  }

  async #next(): Promise<void> {
    this.#check();
    await this.#changed.promise;
    this.#check();
  }

  #check(): void {
    if (this.#error) throw this.#error;
  }
}

/** A client that has connected and whose first line was answered. */
export interface Client {
  readonly socket: Duplex;
  readonly received: Received;
}

/** Sends a greeting and waits for its answer, to be sure of being served. */
export async function greet(socket: Duplex, name: string): Promise<Client> {
  const received = new Received(socket);
  const line = Buffer.from(`Hello from ${name}\n`);
  socket.write(line);
  assert.equal((await received.atLeast(line.length)).toString(), rot13(line).toString());
  return { socket, received };
}

/** Shuts its side and waits for the server to close the other: all that ever came. */
export async function leave({ socket, received }: Client): Promise<Buffer> {
  socket.end();
  const all = await received.all();
  socket.destroy();
  return all;
}
