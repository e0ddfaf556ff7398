/** For the tests: starts the ROT13 servers as they are, watches them from outside, and ends them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import {
  AF_INET,
  SOCK_STREAM,
  SockaddrStorage,
  bind,
  close,
  getsockname,
  socket,
} from 'libevent-ts/sys';
import { rot13 } from './scripts.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The five programs, and what Node needs to be told for them. */
export const SERVERS = {
  'rot13-fork': { folder: 'processes', flags: ['--single-threaded'] },
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
const LOADER = join(ROOT, 'sandbox-server', 'inside', 'loader.js');

function copyStripped(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const isLeftOut = entry.name === 'node_modules' || entry.name === 'testing';
    if (entry.isDirectory() && !isLeftOut) copyStripped(source, target);
    if (entry.name === 'package.json') copyFileSync(source, target);
    if (!entry.name.endsWith('.ts') || entry.name.endsWith('.test.ts')) continue;
    writeFileSync(target, stripTypeScriptTypes(readFileSync(source, 'utf8')));
  }
}

copyStripped(join(ROOT, 'libevent'), join(runtime, 'node_modules', 'libevent-ts'));
symlinkSync(join(ROOT, 'node_modules', 'koffi'), join(runtime, 'node_modules', 'koffi'));
for (const name of NAMES) {
  copyStripped(join(ROOT, 'content', SERVERS[name].folder, name), join(runtime, name));
}

/** The process groups of the servers that run: none outlives the tests, however these end. */
const groups = new Set<number>();
process.on('exit', () => {
  groups.forEach(killGroup);
  rmSync(runtime, { recursive: true, force: true });
});
process.on('SIGTERM', () => process.exit(1));

function killGroup(group: number): void {
  groups.delete(group);
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort(): number {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  assert.equal(bind(fd, { family: 'IPv4', address: '127.0.0.1', port: 0 }), 0);
  const address = new SockaddrStorage();
  assert.equal(getsockname(fd, address), 0);
  close(fd);
  const found = address.decode();
  assert.ok(found.family === 'IPv4');
  return found.port;
}

/** Waits until something is so; fails after some seconds. */
export async function until(what: string, isSo: () => boolean, seconds = 20): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!isSo()) {
    if (performance.now() > deadline) assert.fail(`${what}: not within ${String(seconds)} s`);
    await setTimeout(10);
  }
}

/** What proc_pid_stat(5) says of a process, from its state on; null if there is none. */
function statOf(pid: string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** A server that runs. Everything about it but its answers is read from /proc. */
export class RunningServer implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;
  #printed = '';

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => (this.#printed += bytes.toString()));
    }
  }

  /**
   * Starts a server.
   *
   * @param args - arguments after the port
   * @param descriptors - how many it may have open, if not as many as the tests
   * @param port - if not a free one
   */
  static async start(
    name: ServerName,
    args: readonly string[] = [],
    { descriptors, port = freePort() }: { descriptors?: number; port?: number } = {},
  ): Promise<RunningServer> {
    const child = spawnServer(name, [String(port), ...args], descriptors);
    const server = new RunningServer(child, port);
    try {
      const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
      await until(
        `${name} listens`,
        () => isOver() || server.printed.includes('Listening on port'),
      );
      assert.ok(!isOver(), server.printed);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get pid(): number {
    assert.ok(this.#process.pid !== undefined);
    return this.#process.pid;
  }

  /** All that it printed. */
  get printed(): string {
    return this.#printed;
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

  /** Processor time it has used, in seconds. */
  processorTime(): number {
    const stat = statOf(String(this.pid)) ?? [];
    return (Number(stat[11]) + Number(stat[12])) / 100;
  }

  /** Sends it a signal, and waits for its end if the signal ends it. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const gone = once(this.#process, 'exit');
    process.kill(this.pid, signal);
    await gone;
    return this.#process.exitCode ?? this.#process.signalCode;
  }

  /** Ends it, and whatever it has forked. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this.#process;
    if (pid === undefined) return;
    const isOver = this.#process.exitCode !== null || this.#process.signalCode !== null;
    const gone = isOver ? null : once(this.#process, 'exit');
    killGroup(pid);
    await gone;
  }
}

function spawnServer(
  name: ServerName,
  args: readonly string[],
  descriptors?: number,
): ChildProcess {
  const program = [...SERVERS[name].flags, '--import', LOADER, join(runtime, name, 'server.ts')];
  const command = [process.execPath, ...program, ...args];
  const limited = ['sh', '-c', `ulimit -n ${String(descriptors)}; exec "$@"`, 'sh', ...command];
  const [file = '', ...rest] = descriptors === undefined ? command : limited;
  const child = spawn(file, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, to be ended whole.
    detached: true,
  });
  if (child.pid !== undefined) groups.add(child.pid);
  return child;
}

/** Runs a server that is to end by itself: its exit code and what it printed. */
export async function runToEnd(
  name: ServerName,
  args: readonly string[],
): Promise<{ code: number | null; printed: string }> {
  const child = spawnServer(name, args);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  }
  const timer = AbortSignal.timeout(20_000);
  timer.addEventListener('abort', () => child.kill('SIGKILL'));
  await once(child, 'close');
  if (child.pid !== undefined) groups.delete(child.pid);
  return { code: child.exitCode, printed };
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
