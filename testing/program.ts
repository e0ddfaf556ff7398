/** A program that is started, heard and ended from outside: by a test, or to be measured. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** A command line. */
export type Command = readonly [file: string, ...args: string[]];

/** How to start a program, where the usual way is not right. */
export interface StartOptions {
  /** Where it starts. */
  readonly directory?: string;
  /** Variables beyond those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** It leads a process group of its own, which ends with it whole. */
  readonly leadsGroup?: boolean;
  /** Its standard input stays open, and nothing ever comes from it. */
  readonly waitsForInput?: boolean;
  /** Hears what it writes to descriptor 3, which is a pipe then. */
  readonly feed?: (chunk: Buffer) => void;
  /** What it complains of is shown where this process’s complaints are, and not kept. */
  readonly complainsAloud?: boolean;
}

/** What a process ended with: its exit code, or the signal that killed it. */
export type Exit = number | NodeJS.Signals | null;

/** A program that runs, until the end of an `await using` block at the latest. */
export class Program implements AsyncDisposable {
  readonly #command: Command;
  readonly #child: ChildProcess;
  readonly #leadsGroup: boolean;
  #out = '';
  #printed = '';
  #over = false;
  #changed = Promise.withResolvers<undefined>();

  private constructor(command: Command, options: StartOptions) {
    const {
      directory,
      environment,
      leadsGroup = false,
      waitsForInput,
      complainsAloud,
      feed,
    } = options;
    const [file, ...args] = command;
    this.#command = command;
    this.#leadsGroup = leadsGroup;
    this.#child = spawn(file, args, {
      ...(directory !== undefined && { cwd: directory }),
      env: { ...process.env, ...environment },
      stdio: [
        waitsForInput ? 'pipe' : 'ignore',
        'pipe',
        complainsAloud ? 'inherit' : 'pipe',
        ...(feed ? ['pipe' as const] : []),
      ],
      detached: leadsGroup,
    });
    this.#hear(this.#child.stdout, (text) => (this.#out += text));
    this.#hear(this.#child.stderr, () => {});
    if (feed) this.#child.stdio[3]?.on('data', feed);
    this.#child.once('close', () => {
      this.#over = true;
      this.#change();
    });
    this.#child.once('error', (error) => (this.#printed += error.message));
    // None outlives the tests, however these end.
    process.once('exit', this.#killAll);
    if (!leadsGroup) this.#child.once('exit', () => process.off('exit', this.#killAll));
  }

  /** Starts a program. What it says is to be waited for with {@link prints}. */
  static start(command: Command, options: StartOptions = {}): Program {
    return new Program(command, options);
  }

  /** Its process, or the leader of its group. */
  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.#command.join(' ')} did not start`);
    return pid;
  }

  /** All that it has printed, its complaints among it. */
  get printed(): string {
    return this.#printed;
  }

  /** What it has printed on its standard output. */
  get out(): string {
    return this.#out;
  }

  /** Whether it runs: it has started and its exit has not been seen. */
  get runs(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /**
   * Waits until it has printed this, on its standard output.
   * @returns all of its standard output so far, or what the pattern matched
   * @throws Error with what it printed instead, if it ends before
   */
  async prints(wanted: string): Promise<string>;
  async prints(wanted: RegExp): Promise<RegExpExecArray>;
  async prints(wanted: string | RegExp): Promise<string | RegExpExecArray> {
    for (;;) {
      if (typeof wanted !== 'string') {
        const match = wanted.exec(this.#out);
        if (match) return match;
      } else if (this.#out.includes(wanted)) {
        return this.#out;
      }
      if (this.#over) {
        throw new Error(`${this.#command.join(' ')} ended after “${this.#printed}”`);
      }
      await this.#changed.promise;
    }
  }

  /** Waits for the first line of its standard output; returns it without its end. */
  async line(): Promise<string> {
    const [, line = ''] = await this.prints(/^(.*)\n/);
    return line;
  }

  /** Sends it a signal, unless it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.runs) send(this.pid, signal);
  }

  /** Does what Ctrl-C does in a terminal: the whole group is told. Waits for its exit. */
  async interrupt(): Promise<Exit> {
    if (this.runs) send(-this.pid, 'SIGINT');
    return this.exit();
  }

  /** Waits for its exit. */
  async exit(): Promise<Exit> {
    if (this.runs) await once(this.#child, 'exit');
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  /** Waits for its exit and for all that it printed; returns its exit. */
  async close(): Promise<Exit> {
    while (!this.#over) await this.#changed.promise;
    return this.exit();
  }

  /** Sends it a signal that ends it, and waits for its exit. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.signal(signal);
    return this.exit();
  }

  /** Kills it, and with its group whatever it left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#killAll();
    process.off('exit', this.#killAll);
    await this.exit();
  }

  #hear(stream: Readable | null, take: (text: string) => void): void {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      take(text);
      this.#printed += text;
      this.#change();
    });
  }

  #change(): void {
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
  }

  readonly #killAll = (): void => {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (this.#leadsGroup) send(-pid, 'SIGKILL');
    else this.signal('SIGKILL');
  };
}

function send(receiver: number, signal: NodeJS.Signals): void {
  try {
    process.kill(receiver, signal);
  } catch {
    // Nobody of it is left.
  }
}
