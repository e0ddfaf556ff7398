/** The process that reads what readers wrote, see `guest/check.ts`, with the least that it needs. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod/mini';
import { MAX_EDIT, MAX_EDITS } from '../../protocol/messages.ts';
import { READY, jsonLine } from '../guest/check-words.ts';
import { processorTime } from '../process/processor-time.ts';
import { CHECK, LOADER_ARGS } from '../runtime.ts';

/** How long it may load, in milliseconds: longer only if it never will. */
const LOAD_LIMIT = 60_000;
/** What an answer may take of a processor, and how often it is looked, in milliseconds. A usual one takes 10. */
const MOST_WORK = 3000;
const LOOK_EVERY = 200;
/** What it may take on a busy computer, in milliseconds. */
const ANSWER_LIMIT = 30_000;
/** The longest answer, in characters: the programs, and what they import. */
const LONGEST_ANSWER = 4 * MAX_EDITS * MAX_EDIT;
const MiB = 1024 * 1024;
/**
 * Memory it may have, and of that a heap of so many MiB. It has 72 MiB once it has loaded. What took most of
 * all that was tried, 8 texts of 64 KiB with blocks in blocks, took 156 MiB, at a load of 10; brackets nested
 * as deep as they can be took less. It is set aside for no run: two of these at once take the 512 MiB at most
 * that are left to the server in any case (MEMORY_FLOOR of capacity.ts).
 */
const MEMORY = 256 * MiB;
const HEAP = 128;
/**
 * RLIMIT_DATA of getrlimit(2) counts what may be written, used or not: V8 keeps these addresses for code, and
 * uses next to none of them. Where it keeps fewer, as on other processors, the limit is that much wider.
 */
const CODE_RANGE = 512 * MiB;

const place = { line: z.int().check(z.positive()), column: z.int().check(z.positive()) };
const mistake = z.strictObject({ ...place, message: z.string() });
const readingsSchema = z.array(
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('program'),
      code: z.string(),
      imports: z.array(z.strictObject({ ...place, specifier: z.string() })),
    }),
    z.strictObject({ kind: z.literal('mistake'), mistake }),
    z.strictObject({ kind: z.literal('broken'), mistake }),
  ]),
);
/** What was read, for each text. */
export type Readings = z.infer<typeof readingsSchema>;

/** How to start one. */
export interface CheckSetting {
  /** The runtime folder. */
  readonly runtime: string;
  /** Whom it is to be, if the server can switch users. */
  readonly user: number | undefined;
}

/** Whether a process is one of these, by its command line: proc_pid_cmdline(5). */
export function isChecker(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`\0${CHECK}\0`);
  } catch {
    // It has ended.
    return false;
  }
}

/** One such process. */
export class CheckProcess {
  /** Why it can’t read, in words for the operator, once that is known; undefined if it has loaded and can. */
  readonly loaded: Promise<string | undefined>;
  readonly #child: ChildProcess;
  readonly #gone = Promise.withResolvers<undefined>();
  #heard: (line: string) => void = () => {};
  #isGone = false;
  /** Why it could not be started. */
  #failure: Error | undefined;

  /** Starts one. Does not throw where it can’t be started: {@link loaded} says so. */
  constructor({ runtime, user }: CheckSetting) {
    const [command = '', ...args] = [
      // It does not give way as sandboxes do: a reader waits, and its work is bounded.
      ...['setpriv', '--pdeathsig', 'KILL', '--'],
      ...['prlimit', `--data=${MEMORY + CODE_RANGE}`, '--core=1', '--fsize=0', '--nofile=64', '--'],
      ...[join(runtime, 'node'), `--max-old-space-size=${HEAP}`, '--experimental-vm-modules'],
      ...['--disable-warning=ExperimentalWarning', '--permission', `--allow-fs-read=${runtime}/*`],
      ...[...LOADER_ARGS, CHECK],
    ];
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd: runtime,
      env: { PATH: '/usr/bin:/bin' },
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    const { stdin, stdout } = this.#child;
    const gone = (): void => {
      this.#isGone = true;
      this.#gone.resolve(undefined);
    };
    this.#child.on('error', (error) => {
      this.#failure = error;
      gone();
    });
    // All that it said has been heard.
    this.#child.on('close', gone);
    // It has ended while it was asked.
    stdin?.on('error', () => {});
    let length = 0;
    stdout?.on('data', (bytes: Buffer) => {
      length = bytes.includes(0x0a) ? 0 : length + bytes.length;
      if (length > LONGEST_ANSWER) this.kill();
    });
    // There are no pipes where this process can open no more.
    if (stdout) createInterface(stdout).on('line', (line) => this.#heard(line));
    this.loaded = this.#load();
  }

  async #load(): Promise<string | undefined> {
    const began = performance.now();
    const limit = setTimeout(() => this.kill(), LOAD_LIMIT);
    const said = await this.#next();
    clearTimeout(limit);
    if (said === READY) return undefined;
    this.kill();
    await this.gone;
    if (this.#failure) return this.#failure.message;
    if (performance.now() - began >= LOAD_LIMIT)
      return `it has not loaded within ${LOAD_LIMIT / 1000} seconds`;
    const { exitCode, signalCode } = this.#child;
    return `it ended before it had loaded, with ${signalCode ?? `code ${exitCode}`}`;
  }

  /** Whether it can be asked again. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Resolves when it has ended. */
  get gone(): Promise<undefined> {
    return this.#gone.promise;
  }

  /**
   * Has texts read. One at a time.
   * @returns undefined if they took more than they may, or everything with them; then it is gone
   */
  async read(texts: readonly string[]): Promise<Readings | undefined> {
    const { pid, stdin } = this.#child;
    const began = performance.now();
    const worked = this.#worked(pid);
    const looks = setInterval(() => {
      const late = performance.now() - began > ANSWER_LIMIT;
      if (late || this.#worked(pid) - worked > MOST_WORK) this.kill();
    }, LOOK_EVERY);
    const next = this.#next();
    stdin?.write(jsonLine(texts));
    const said = await next;
    clearInterval(looks);
    const readings = said === undefined ? undefined : readingsIn(said);
    if (readings?.length === texts.length) {
      // It ends by itself, and takes no more.
      if (readings.some(({ kind }) => kind === 'broken')) this.#isGone = true;
      return readings;
    }
    this.kill();
    await this.gone;
    return undefined;
  }

  /** Ends it. */
  kill(): void {
    this.#isGone = true;
    this.#child.kill('SIGKILL');
  }

  #worked(pid: number | undefined): number {
    return pid === undefined ? 0 : processorTime([pid]).used;
  }

  #next(): Promise<string | undefined> {
    const line = new Promise<string>((resolve) => {
      this.#heard = resolve;
    });
    return Promise.race([line, this.gone]);
  }
}

/** What it says is the word of a process that reads anything. */
function readingsIn(line: string): Readings | undefined {
  try {
    return readingsSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
