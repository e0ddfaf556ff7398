/** A Readable server of the tests’ own, in a process of its own, started as `npm start` starts it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ROOT } from '../sandbox-server/runtime.ts';

const READY = /^Readable is at (http:\S+)$/m;

const packageSchema = z.object({ scripts: z.object({ start: z.string() }) });

/** Node’s arguments in `npm start`: its flags, then the script. */
function startArguments(): string[] {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const [node, ...args] = packageSchema.parse(JSON.parse(text)).scripts.start.split(' ');
  if (node !== 'node') throw new Error('npm start does not start with node');
  return args;
}

/** How to start a server. */
export interface ServerOptions {
  /** Variables beyond the tests’ own; `PORT` is 0, a free one, unless it is among them. */
  readonly environment?: Record<string, string>;
  /** Another script instead of `scripts/start.ts`. */
  readonly script?: string;
  /** A command to start it by, as `prlimit --nofile=200`. */
  readonly by?: readonly string[];
}

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #said: () => string;

  private constructor(child: ChildProcess, url: string, said: () => string) {
    this.#child = child;
    this.url = url;
    this.#said = said;
  }

  /** Starts one. @throws Error with what it said instead */
  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const { environment = {}, script, by = [] } = options;
    const args = startArguments();
    if (script !== undefined) args.splice(-1, 1, script);
    const [file = '', ...rest] = [...by, process.execPath, ...args];
    const child = spawn(file, rest, {
      cwd: ROOT,
      env: { ...process.env, PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        const address = READY.exec(said)?.[1];
        if (address) resolve(address);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`the server did not start: ${said}`)));
    });
    return new ServerProcess(child, url, () => said);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the server has no process');
    return this.#child.pid;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** What it has printed and complained of. */
  get said(): string {
    return this.#said();
  }

  /** How many descriptors it has open. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** What it has in memory, in bytes: VmRSS of proc_pid_status(5). */
  get memory(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  /** Ends it by a signal, Ctrl-C’s for one, and resolves with its exit code once it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill(signal);
      await gone;
    }
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}
