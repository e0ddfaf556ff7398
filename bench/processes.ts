import { execFile, spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { buildPeer } from './peers.ts';
import type { Peer } from './peers.ts';

const SERVERS = join(import.meta.dirname, 'servers');
/** Nothing that is measured takes longer, in milliseconds. */
const PATIENCE = 120_000;
const MILLISECONDS = 1000;

const run = promisify(execFile);

/** A command line. */
export type Command = readonly [file: string, ...args: string[]];

/** A program that is measured: how to start it, or what is missing to build it. */
export type Contender = { readonly command: Command } | { readonly missing: string };

/** A TypeScript program of `bench/servers/`, under this Node. */
export function typescript(name: string, ...flags: string[]): Contender {
  const quiet = '--disable-warning=ExperimentalWarning';
  return { command: [process.execPath, quiet, ...flags, join(SERVERS, `${name}.ts`)] };
}

/** A C program of `bench/peers/`. */
export function compiled(name: string, ...libraries: string[]): Contender {
  const peer: Peer = buildPeer(name, libraries);
  return 'path' in peer ? { command: [peer.path] } : peer;
}

/** Runs a program to its end, in `seconds` and some more. Returns what it printed, read as JSON. */
export async function result(
  [file, ...args]: Command,
  environment: Readonly<Record<string, string>> = {},
  seconds = 0,
): Promise<unknown> {
  const { stdout } = await run(file, args, {
    timeout: PATIENCE + seconds * MILLISECONDS,
    env: { ...process.env, ...environment },
  });
  return JSON.parse(stdout);
}

/** A process that runs beside this one and says one line when it is ready. */
export class Running implements AsyncDisposable {
  /** What it said. */
  readonly line: string;
  readonly pid: number;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(process: ChildProcessByStdio<Writable, Readable, null>, line: string) {
    this.#process = process;
    this.line = line;
    this.pid = process.pid ?? -1;
  }

  /**
   * Starts one and waits for its line.
   *
   * @throws Error if it ends without a line
   */
  static async start([file, ...args]: Command): Promise<Running> {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    for await (const line of createInterface(child.stdout)) return new Running(child, line);
    throw new Error(`${file} ${args.join(' ')} ended before it was ready`);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

/** A server that listens on a port of its own, ended at the end of an `await using` block. */
export class Server implements AsyncDisposable {
  readonly name: string;
  readonly process: Running;
  readonly port: string;

  /** @throws Error if what the process said is not "port N" and its backend */
  constructor(name: string, process: Running) {
    const port = /^port (\d+) /.exec(process.line)?.[1];
    if (port === undefined) throw new Error(`${name} said ${process.line}`);
    this.name = name;
    this.process = process;
    this.port = port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

/** Starts a server of `bench/`. */
export async function startServer(name: string, command: Command): Promise<Server> {
  return new Server(name, await Running.start(command));
}
