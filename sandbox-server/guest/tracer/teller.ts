/**
 * Tells of the calls of traced threads, in the lines that the library’s own trace has. It tells at most so many
 * records in a second and counts the rest, except that a call which waits is always told: whoever looks wants to
 * know what a program waits for.
 */
import { writeSync } from 'node:fs';
import {
  BUDGET_NUMBERS,
  TraceBudget,
  TraceLines,
  errnoName,
  type Folded,
} from 'libevent-ts/trace-writing';
import type { KnownCall, Made, Telling } from './calls.ts';
import { nap, readMemory } from './ptrace.ts';
import type { Arguments } from './stops.ts';

/** Lines are gathered up to so many characters: PIPE_BUF. */
const PIECE = 4096;
/** How long calls are counted without telling of it, in milliseconds. */
const FOLDED_FOR = 100;
/** Errors that never reach a program: the call is made again, or ends with EINTR. */
const FIRST_RESTART = 512;
const LAST_RESTART = 516;

/** A call that has not returned. */
interface OpenCall extends KnownCall {
  readonly telling: Telling;
  readonly made: Made;
  readonly from: number;
  /** 0 while it is not told. */
  id: number;
}

/** A traced thread, as it is told of. */
export class ToldThread {
  readonly thread: number;
  readonly pid: number;
  /** Whether its calls are only counted: it was there before the program began, and is Node’s own. */
  isCounted = false;
  /** @internal */
  open: OpenCall | undefined;
  /** @internal */
  lines: TraceLines | undefined;
  /** @internal */
  calls = 0;
  /** @internal */
  folded: { from: number; until: number; calls: number } | undefined;

  /**
   * @param thread its number in the kernel
   * @param pid that of its process
   */
  constructor(thread: number, pid: number) {
    this.thread = thread;
    this.pid = pid;
  }
}

/** What a {@link Teller} is asked for. */
export interface TellerSetting {
  /** Records a second. */
  readonly most: number;
  /** How often it is to be told how many calls there were of each name, in milliseconds; null for never. */
  readonly countsEvery: number | null;
  /** Writes lines. @returns whether anybody reads them */
  readonly write: (lines: string) => boolean;
}

/** Writes lines to a feed: all of them, unless nobody reads it any more. */
export function feedWriter(descriptor: number): TellerSetting['write'] {
  return (lines) => {
    const bytes = Buffer.from(lines);
    for (let done = 0; done < bytes.length;) {
      try {
        done += writeSync(descriptor, bytes, done);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return false;
        nap(1);
      }
    }
    return true;
  };
}

/** Tells of calls. */
export class Teller {
  readonly #setting: TellerSetting;
  readonly #budget: TraceBudget;
  /** Of each process, how many of its threads beside the main one have been told of. */
  readonly #numbered = new Map<number, number>();
  /** Those with something that is not told yet: calls that go on, or were counted. */
  readonly #owing = new Set<ToldThread>();
  #lines = '';
  #counts: Record<string, number> = {};
  #counted: number;
  #isHeard = true;

  constructor(setting: TellerSetting) {
    const now = performance.now();
    this.#setting = setting;
    this.#budget = new TraceBudget(setting.most, new Float64Array(BUDGET_NUMBERS), now);
    this.#counted = now;
  }

  /** Whether anybody reads what it tells. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** Whether something is to be told if it goes on. */
  get owes(): boolean {
    return this.#owing.size > 0;
  }

  /** A thread has entered a call. */
  enter(thread: ToldThread, { name, telling }: KnownCall, args: Arguments): void {
    const now = performance.now();
    this.#count(thread, name, now);
    // Its end is never told: an exit, or a call in which another thread has had the process run a program.
    if (thread.open) this.#over(thread, thread.open, now);
    if (!telling || thread.isCounted) return;
    const { onlyWaits = false } = telling;
    // A thread of which nothing is told has no row that could be wrong.
    if (onlyWaits && !thread.lines) return;
    const memory: Made['memory'] = (address, length) => readMemory(thread.thread, address, length);
    const open = { name, telling, made: { args, memory }, from: now, id: 0 };
    thread.open = open;
    if (onlyWaits || this.#budget.isSpent(now)) this.#owing.add(thread);
    else this.#tellEnter(thread, open);
  }

  /** A thread is about to leave its call. @param result what it returned; of a call that failed, the errno */
  leave(thread: ToldThread, result: number, failed: boolean): void {
    const { open } = thread;
    if (!open) return;
    const now = performance.now();
    if (open.id === 0) {
      this.#over(thread, open, now);
      return;
    }
    thread.open = undefined;
    const { id, made, name, telling } = open;
    const why = failed ? errorWords(result) : undefined;
    const filled = failed ? undefined : telling.fills?.(made, result);
    const value = failed ? -1 : result;
    this.#put(this.#linesOf(thread).exit(id, name, now, value, why, filled, undefined));
  }

  /** A thread is no more. */
  end(thread: ToldThread, isLast: boolean): void {
    if (thread.open) this.#over(thread, thread.open, performance.now());
    if (thread.folded) this.#tellFolded(thread, thread.folded);
    this.#owing.delete(thread);
    if (isLast) this.#numbered.delete(thread.pid);
  }

  /** Tells what it owes of calls that were counted, and of those that have gone on for so many milliseconds. */
  settle(patience: number): void {
    const latest = performance.now() - patience;
    for (const thread of this.#owing) {
      if (thread.folded) this.#tellFolded(thread, thread.folded);
      if (thread.open?.id === 0) {
        if (thread.open.from > latest) continue;
        this.#tellEnter(thread, thread.open);
      }
      this.#owing.delete(thread);
    }
  }

  /** Says that a program can’t be traced. @param why the errno */
  cannot(why: number): void {
    this.#lines += `${JSON.stringify({ type: 'untraced', why: errnoName(why) })}\n`;
    this.flush();
  }

  /** Writes what there is. */
  flush(): void {
    if (this.#lines === '') return;
    this.#isHeard &&= this.#setting.write(this.#lines);
    this.#lines = '';
  }

  #number(thread: ToldThread): number {
    if (thread.thread === thread.pid) return 0;
    const number = (this.#numbered.get(thread.pid) ?? 0) + 1;
    this.#numbered.set(thread.pid, number);
    return number;
  }

  #linesOf(thread: ToldThread): TraceLines {
    return (thread.lines ??= new TraceLines(thread.pid, this.#number(thread)));
  }

  #tellEnter(thread: ToldThread, open: OpenCall): void {
    const { from, made, name, telling } = open;
    const lines = this.#linesOf(thread);
    if (thread.folded) this.#tellFolded(thread, thread.folded);
    open.id = ++thread.calls;
    const words = telling.args.flatMap((word) => word(made) ?? []);
    const fd = telling.ofDescriptor ? made.args.int(0) : -1;
    const about = fd < 0 ? undefined : fd;
    this.#put(lines.enter(open.id, name, from, words, about, undefined, 0, undefined));
  }

  /** A call is over of which nothing was told, or of which no end will be. */
  #over(thread: ToldThread, open: OpenCall, now: number): void {
    thread.open = undefined;
    if (open.id !== 0) return;
    if (open.telling.onlyWaits) {
      if (!thread.folded) this.#owing.delete(thread);
      return;
    }
    const { from } = open;
    const folded = (thread.folded ??= { from, until: from, calls: 0 });
    folded.until = from;
    folded.calls += 1;
    this.#owing.add(thread);
    if (now - folded.from >= FOLDED_FOR) this.#tellFolded(thread, folded);
  }

  #tellFolded(thread: ToldThread, folded: Folded): void {
    thread.folded = undefined;
    this.#put(this.#linesOf(thread).folded(folded));
  }

  #count(thread: ToldThread, name: string, now: number): void {
    const { countsEvery } = this.#setting;
    if (countsEvery === null) return;
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    if (now - this.#counted < countsEvery) return;
    this.#counted = now;
    // They are of all threads together, and whose line it is makes no difference.
    this.#lines += new TraceLines(thread.pid, 0).counts(now, this.#counts);
    this.#counts = {};
  }

  #put(line: string): void {
    this.#budget.use();
    if (this.#lines.length + line.length > PIECE) this.flush();
    this.#lines += line;
  }
}

function errorWords(errno: number): string {
  if (errno >= FIRST_RESTART && errno <= LAST_RESTART) return 'interrupted by a signal';
  return errnoName(errno);
}
