import { execFile, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Program, type Command } from '../testing/program.ts';
import { buildPeer } from './peers.ts';
import type { Peer } from './peers.ts';

const SERVERS = join(import.meta.dirname, 'servers');
/** Nothing that is measured takes longer, in milliseconds. */
const PATIENCE = 120_000;
const MILLISECONDS = 1000;

const run = promisify(execFile);

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

/** The two cores that a server and its client have to themselves, where there are as many. */
const [SERVER_CORE, CLIENT_CORE] = [0, 1];

/** Keeps a command on one core: neither is moved about, and neither takes the other's time. */
function pinned(command: Command, core: number): Command {
  const canPin = cpus().length > Math.max(SERVER_CORE, CLIENT_CORE);
  const hasTaskset = spawnSync('taskset', ['--version']).error === undefined;
  return canPin && hasTaskset ? ['taskset', '-c', String(core), ...command] : command;
}

/** A server's command, kept on a core. */
export function onServerCore(command: Command): Command {
  return pinned(command, SERVER_CORE);
}

/** The same for a client. */
export function onClientCore(command: Command): Command {
  return pinned(command, CLIENT_CORE);
}

/** The same program with variables in its environment. */
export function withVariables(
  contender: Contender,
  variables: Readonly<Record<string, string>>,
): Contender {
  if ('missing' in contender) return contender;
  const set = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return { command: ['env', ...set, ...contender.command] };
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

/** Starts a program that says one line when it is ready, and waits for that. */
export async function startReady(command: Command): Promise<Program> {
  const program = Program.start(command, { waitsForInput: true, complainsAloud: true });
  await program.line();
  return program;
}

/** A server that listens on a port of its own, ended at the end of an `await using` block. */
export class Server implements AsyncDisposable {
  readonly name: string;
  readonly process: Program;
  readonly port: string;

  /** @throws Error if what the program said is not "port N" and its backend */
  constructor(name: string, program: Program) {
    const port = /^port (\d+) /.exec(program.printed)?.[1];
    if (port === undefined) throw new Error(`${name} said ${program.printed}`);
    this.name = name;
    this.process = program;
    this.port = port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

/** Starts a server of `bench/`. */
export async function startServer(name: string, command: Command): Promise<Server> {
  return new Server(name, await startReady(command));
}
