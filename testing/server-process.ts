/** A Readable server of the tests’ own, in a process of its own, started as `npm start` starts it. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ROOT } from '../project.ts';
import { Program, type Exit } from './program.ts';
import { until } from './until.ts';

/** Said to people, or to programs that read the log. */
const READY = /(?:^Readable is at |"url":")(http:[^\s"]+)/m;

const logLine = z.record(z.string(), z.unknown());
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
  /** Variables beyond the tests’ own; `PORT` is 0, a free one, and `READABLE_WARM` 0, unless they are among them. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Another script instead of `scripts/start.ts`. */
  readonly script?: string;
  /** A command to start it by, as `prlimit --nofile=200`. */
  readonly by?: readonly string[];
}

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly #program: Program;

  private constructor(program: Program, url: string) {
    this.#program = program;
    this.url = url;
  }

  /** Starts one. @throws Error with what it said instead */
  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const { environment = {}, script, by = [] } = options;
    const args = startArguments();
    if (script !== undefined) args.splice(-1, 1, script);
    const collects = ['--import', join(ROOT, 'testing', 'collect-on-signal.ts')];
    const [file = process.execPath, ...rest] = [...by, process.execPath, ...collects, ...args];
    const program = Program.start([file, ...rest], {
      directory: ROOT,
      // Tests count what runs; those that want a stock say so.
      environment: { PORT: '0', READABLE_WARM: '0', ...environment },
    });
    const [, url = ''] = await program.prints(READY);
    return new ServerProcess(program, url);
  }

  get pid(): number {
    return this.#program.pid;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** What it has printed and complained of. */
  get said(): string {
    return this.#program.printed;
  }

  /** What the log of a server that was started with `READABLE_LOG=json` says so far. */
  get log(): readonly Readonly<Record<string, unknown>>[] {
    const lines = this.#program.out.split('\n').slice(0, -1);
    return lines.map((line) => logLine.parse(JSON.parse(line)));
  }

  /**
   * Asks it for something by HTTP, on a connection of its own: one that is kept may be closed in the
   * moment in which it is used again.
   * @param path resolved against its address
   */
  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(new URL(path, this.url), { headers: { ...headers, Connection: 'close' } });
  }

  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal);
  }

  /** Waits for its end, and for all that it says. */
  end(): Promise<Exit> {
    return this.#program.close();
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

  /**
   * Waits until it has no more than so much in memory once its garbage is collected.
   * @param most in bytes
   * @throws AssertionError when it keeps more
   */
  async keepsAtMost(most: number): Promise<void> {
    await until(`no more than ${most} bytes are kept`, () => {
      this.signal('SIGIO');
      return this.memory <= most;
    });
  }

  /** Ends it by a signal, Ctrl-C’s for one, and resolves with its exit code once it is gone. */
  stop(signal: NodeJS.Signals = 'SIGINT'): Promise<Exit> {
    return this.#program.end(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}
