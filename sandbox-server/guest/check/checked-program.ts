/**
 * The program that is checked: a child process that may do anything. It is judged by what it does, and
 * nothing that it prints counts but the text that says it is ready, and lines that a check asks for.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { withPictures } from '../pictures.ts';
import { counted } from './words.ts';
import {
  activityOf,
  childrenOf,
  descendantsOf,
  isZombie,
  ownMemoryOf,
  socketsOf,
  type Activity,
} from './proc.ts';

/** Characters of its output that are kept, from the beginning: more than any check reads. */
const KEPT_OUTPUT = 256 * 1024;
/** Characters of it that are shown, */
const SHOWN_OUTPUT = 4096;
/** and lines. */
const SHOWN_LINES = 15;
/** Characters of it that are taken at all. Far more than any of ours prints in a check. */
const MOST_OUTPUT = 4 * 1024 * 1024;

/** Variables that a program is started with, if the checker has them. None tells it of the checker. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TERM'];

/** How to start the program. */
export interface ProgramCommand {
  /** What runs it; without it, Node. */
  readonly executable?: string;
  /** What Node is told: flags of its own, and the module that it loads first. */
  readonly flags: readonly string[];
  /** The path of the program. */
  readonly file: string;
  /** Where it listens; 0 if it says so itself: `port 9876`. */
  readonly port: number;
  /** Its arguments; without them, the port. */
  readonly args?: readonly string[];
  /** What it prints when it listens. */
  readonly ready: string;
  /** How many descriptors it may have open: RLIMIT_NOFILE of getrlimit(2). */
  readonly descriptors: number;
  /**
   * How many processes and threads there may be, those of whoever starts it included: RLIMIT_NPROC of
   * getrlimit(2). Without it, as many as that one may have.
   */
  readonly processes?: number;
}

/** prlimit(1), which sets a limit and becomes what follows. */
const PRLIMIT = '/usr/bin/prlimit';
/** setpriv(1): the program ends with the checker, however that ends. PR_SET_PDEATHSIG of prctl(2). */
const ENDS_WITH_US = ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'];

/** A running program, killed at the end of an `await using` block with all that it has started. */
export class CheckedProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ready: string;
  readonly #changed: () => void;
  readonly #gone = Promise.withResolvers<void>();
  #output = '';
  #printed = 0;
  #isReady = false;
  #socketsAtStart: ReadonlySet<string> = new Set();
  #over = false;
  #failure: string | undefined;

  /** @param changed called whenever something is different from before */
  constructor(given: ProgramCommand, changed: () => void) {
    const { executable = process.execPath, flags, file, port, ready } = given;
    const { args = [String(port)], descriptors, processes } = given;
    this.#ready = ready;
    this.#changed = changed;
    const passed = PASSED_ON.flatMap((name): [string, string][] => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    });
    const command = [executable, ...flags, file, ...args];
    const nproc = processes === undefined ? [] : [`--nproc=${processes}`];
    this.#child = spawn(
      PRLIMIT,
      [`--nofile=${descriptors}`, ...nproc, '--', ...ENDS_WITH_US, ...command],
      {
        // Nothing of the checker’s is among its descriptors: Node closes all others when it starts one.
        stdio: ['ignore', 'pipe', 'pipe'],
        env: Object.fromEntries(passed),
        // A session of its own, so that it can be killed whole and has no terminal to write to.
        detached: true,
      },
    );
    this.#hear(this.#child.stdout);
    this.#hear(this.#child.stderr);
    this.#child.once('error', (error) => {
      this.#failure = error.message;
      this.#end();
    });
    this.#child.once('exit', () => this.#end());
    process.once('exit', this.#kill);
  }

  /** Its process; 0 if it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** It has printed that it listens. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** It has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** It has printed more than is taken, and so was killed. */
  get flooded(): boolean {
    return this.#printed > MOST_OUTPUT;
  }

  /** Its exit code; null while it runs or if a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** How it ended, in words: `ended with exit code 1`. */
  get endInWords(): string {
    const { exitCode, signalCode } = this.#child;
    if (this.#failure !== undefined) return `could not be started: ${this.#failure}`;
    if (this.flooded) return `printed more than ${counted(MOST_OUTPUT, 'byte')} and was killed`;
    if (signalCode !== null) return `was ended by ${signalCode}`;
    return exitCode === null ? 'still runs' : `ended with exit code ${exitCode}`;
  }

  /** The beginning of what it printed, a line each, without anything that a terminal would carry out. */
  get output(): string[] {
    const beginning = this.#output.slice(0, SHOWN_OUTPUT);
    const lines = withPictures(beginning.replaceAll('\r\n', '\n')).split(/\r|\n/);
    if (lines.at(-1) === '') lines.pop();
    const hidden = this.#printed - beginning.length;
    const shown = lines.slice(0, SHOWN_LINES);
    if (hidden > 0 || lines.length > shown.length) shown.push('… and more');
    return shown;
  }

  /**
   * What it printed, a line each, as it is; a line without its end is not there yet. A line can have
   * anything in it: take from it what is expected, and show nothing of the rest.
   */
  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  /** Its child processes, those that are zombies apart. */
  get children(): { readonly alive: number[]; readonly zombies: number[] } {
    const all = childrenOf(this.pid);
    return {
      alive: all.filter((pid) => !isZombie(pid)),
      zombies: all.filter((pid) => isZombie(pid)),
    };
  }

  /**
   * How many sockets the process has open that it did not have when it was ready, those of its children not
   * counted; undefined if it can’t be seen.
   */
  get newSockets(): number | undefined {
    try {
      return socketsOf(this.pid).filter((socket) => !this.#socketsAtStart.has(socket)).length;
    } catch {
      return undefined;
    }
  }

  /** What it has in memory that is its own, in bytes, its children not counted; 0 once it is gone. */
  get ownMemory(): number {
    return ownMemoryOf(this.pid);
  }

  /** Says that it is ready now. */
  hasStarted(): void {
    try {
      this.#socketsAtStart = new Set(socketsOf(this.pid));
    } catch {
      // It can’t be looked into.
    }
  }

  /** What it and all that it has started have done so far. */
  get activity(): Activity {
    return activityOf([this.pid, ...descendantsOf(this.pid)]);
  }

  /** Sends its process a signal, and no other: kill(2). */
  signal(signal: NodeJS.Signals): void {
    if (!this.#over) this.#child.kill(signal);
  }

  /** Kills it with all that it has started, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    process.off('exit', this.#kill);
    await this.#gone.promise;
  }

  readonly #kill = (): void => {
    // A program that forks while it is killed may have one child more than was seen.
    for (let round = 0; round < 3; round++) {
      for (const pid of [-this.pid, ...descendantsOf(this.pid), this.pid]) {
        if (pid !== 0) send(pid);
      }
    }
  };

  #hear(stream: Readable | null): void {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const room = KEPT_OUTPUT - this.#output.length;
      if (room > 0) this.#output += text.slice(0, room);
      this.#printed += text.length;
      this.#isReady ||= this.#output.includes(this.#ready);
      if (this.flooded) this.#kill();
      this.#changed();
    });
    stream?.on('error', () => {});
  }

  #end(): void {
    this.#over = true;
    // Its children may hold the other ends of its pipes, and would keep these open.
    this.#kill();
    this.#gone.resolve();
    this.#changed();
  }
}

function send(receiver: number): void {
  try {
    process.kill(receiver, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}
