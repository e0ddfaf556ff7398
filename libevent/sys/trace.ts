import { threadId } from 'node:worker_threads';
import koffi from 'koffi';
import type { CallbackTrace } from './callback_trace.ts';
import { errnoName } from './errno_names.ts';
import { BUDGET_NUMBERS, TraceBudget } from './trace_budget.ts';
import { TraceOutput } from './trace_output.ts';
import { TraceLines } from './trace_records.ts';
import type { TraceSettings } from './trace_settings.ts';
import { sharedNumbers } from './trace_shared.ts';
import { TraceSites } from './trace_sites.ts';
import type { Site } from './trace_sites.ts';
import { TraceWaits, WOULD_WAIT, waitOf } from './trace_waits.ts';
import type { Wait } from './trace_waits.ts';
import { callbackWords, wordsOf } from './trace_words.ts';
import type { CallWords, DescriptorSets } from './trace_words.ts';

type NativeLibrary = ReturnType<typeof koffi.load>;
type NativeFunction = ReturnType<NativeLibrary['func']>;

/** What a call says of itself in a trace. */
export type Said = Pick<CallWords, 'args' | 'out'>;

/** What the modules of `sys/` want of the C library. */
export interface Library {
  /**
   * Finds a function.
   *
   * @param prototype - its declaration in C, in koffi's types
   * @param call - what it is called in a trace, if the C library has no function of that name
   * @param said - what goes in and what comes out in words, if the arguments alone do not say it
   */
  func(prototype: string, call?: string, said?: Said): NativeFunction;
}

/** The C library, and what else is traced with it. */
export interface TracedLibrary extends Library {
  /** @internal */
  readonly callbacks: CallbackTrace;
}

/** How a function is told of: its name, its words, and how it can wait. */
interface Traced {
  readonly name: string;
  readonly words: CallWords;
  readonly wait: Wait | null;
  readonly target: NativeFunction;
}

/** A call that was recorded: what went in and what came out, each as one text, and when, in milliseconds. */
interface Recorded {
  readonly enter: string;
  readonly exit: string;
  readonly at: number;
}

/** What is known of a call before it is made. */
interface Entry {
  readonly id: number;
  readonly now: number;
  readonly args: readonly string[];
  readonly fd: number | undefined;
  readonly sets: DescriptorSets | undefined;
}

/**
 * Milliseconds that a call may wait without being told of when there is no room for records. It is shorter than
 * anybody can see, and longer than fifty busy clients need to answer.
 */
const PATIENCE = 20;

/** What a thread is said to call at its end. */
const THREAD_END = 'pthread_exit';

/** Tells of the calls and callbacks of one thread. */
class Tracer implements CallbackTrace {
  readonly #recorded: ReadonlySet<string> | null;
  readonly #countsEvery: number | null;
  readonly #repeatsEvery: number | null;
  readonly #tracesCallbacks: boolean;
  readonly #sites: TraceSites | null;
  readonly #budget: TraceBudget | null;
  readonly #output: TraceOutput;
  readonly #waits: TraceWaits;
  readonly #getpid: () => number;
  #lines: TraceLines;
  /** The call before, if this one may be left out for it. */
  #before: Recorded | undefined;
  /** Calls like it that were left out since. */
  #repeated = 0;
  #counts: Record<string, number> = {};
  #counted: number;
  #calls = 0;
  /** The functions of the callbacks that run now, the innermost last. */
  readonly #running: (object | null)[] = [];
  /** Where the functions of callbacks are, as far as calls that they made have shown. */
  readonly #functions = new WeakMap<object, Site>();

  constructor(library: NativeLibrary, settings: TraceSettings) {
    const now = performance.now();
    this.#recorded = settings.calls;
    this.#countsEvery = settings.countsEvery;
    this.#repeatsEvery = settings.repeatsEvery;
    this.#tracesCallbacks = settings.callbacks;
    this.#sites = settings.sites === null ? null : new TraceSites(settings.sites);
    const { budget } = settings;
    this.#budget =
      budget === null ? null : new TraceBudget(budget, sharedNumbers(library, BUDGET_NUMBERS), now);
    this.#output = new TraceOutput(library, settings.descriptor);
    this.#waits = new TraceWaits(library);
    this.#counted = now;
    this.#getpid = library.func('int getpid(void)');
    this.#lines = new TraceLines(this.#getpid(), threadId);
    if (threadId !== 0) process.on('exit', () => this.#endThread());
  }

  /** Makes a call, counted and recorded as far as is wanted. */
  call(traced: Traced, args: unknown[]): unknown {
    const { name, wait, target } = traced;
    const now = performance.now();
    if (this.#countsEvery !== null) this.#count(name, now, this.#countsEvery);
    if (this.#recorded?.has(name) === false) {
      // What was recorded before may not lie here while this one waits.
      if (wait !== null) this.#output.flush();
      const returned: unknown = Reflect.apply(target, undefined, args);
      if (name === 'fork' && returned === 0) this.#becomeChild();
      return returned;
    }
    if (name === 'select' && this.#repeatsEvery !== null) {
      return this.#recordOnce(traced, args, now, this.#repeatsEvery);
    }
    if (this.#budget?.isSpent(now) !== true) return this.#record(traced, args, now);
    const rest = [...args];
    const returned = this.#waits.attempt(wait, target, rest, PATIENCE);
    if (returned === WOULD_WAIT) return this.#record(traced, args, now, rest);
    this.#fold(this.#budget, now);
    return returned;
  }

  begin(what: string | number, fd: number, callback: object | null): number {
    if (!this.#tracesCallbacks) return 0;
    this.#running.push(callback);
    const now = performance.now();
    if (this.#budget?.isSpent(now) === true) {
      this.#fold(this.#budget, now);
      return 0;
    }
    const errno = koffi.errno();
    const id = ++this.#calls;
    const words = callbackWords(what, fd);
    const site = callback === null ? undefined : this.#functions.get(callback);
    this.#put(this.#lines.callback(id, now, words.what, words.fd, site));
    // It may go on for a long time without a call.
    this.#output.flushEarly(now);
    koffi.errno(errno);
    return id;
  }

  end(id: number): void {
    this.#running.pop();
    if (id === 0) return;
    const errno = koffi.errno();
    this.#put(this.#lines.return(id, performance.now()));
    koffi.errno(errno);
  }

  /**
   * Makes a call, with a record before it and one after.
   *
   * @param tried - what is left of the arguments when it was found already that it waits. Of what is sent by
   *   then nothing may be sent again, so it is not tried a second time
   */
  #record(traced: Traced, args: unknown[], now: number, tried?: unknown[]): unknown {
    const { wait, target } = traced;
    const entry = this.#entry(traced, args, now);
    this.#putEnter(traced, entry);
    const rest = tried ?? args;
    let returned = tried ? WOULD_WAIT : this.#waits.attempt(wait, target, rest, 0);
    const waits = returned === WOULD_WAIT;
    if (waits) {
      this.#output.flush();
      returned = Reflect.apply(target, undefined, rest);
      returned = this.#waits.whole(returned);
    }
    const errno = koffi.errno();
    if (traced.name === 'fork' && returned === 0) this.#becomeChild();
    const after = performance.now();
    this.#put(this.#exit(traced, args, entry.id, after, returned, errno).line);
    // The program may compute for a long time now, and must not seem to wait meanwhile.
    if (waits) this.#output.flushEarly(after);
    koffi.errno(errno);
    return returned;
  }

  /** Makes a select(2), and leaves it out if it is like the one before and does not wait. */
  #recordOnce(traced: Traced, args: unknown[], now: number, every: number): unknown {
    const { target } = traced;
    const entry = this.#entry(traced, args, now);
    const entered = JSON.stringify([entry.args, entry.sets]);
    // Nobody may wonder what a program waits for: a call that waits is recorded, however like the last.
    const waits = this.#waits.selectWouldWait(args);
    const isRecent = this.#before?.enter === entered && now - this.#before.at < every;
    const isLeftOut = !waits && (isRecent || this.#budget?.isSpent(now) === true);
    if (!isLeftOut) this.#putEnter(traced, entry);
    if (waits) this.#output.flush();
    const returned: unknown = Reflect.apply(target, undefined, args);
    const errno = koffi.errno();
    const after = performance.now();
    const { line, text } = this.#exit(traced, args, entry.id, after, returned, errno);
    if (isLeftOut && (!isRecent || text === this.#before?.exit)) {
      if (this.#budget === null) this.#repeated++;
      else this.#fold(this.#budget, now);
    } else {
      if (isLeftOut) this.#putEnter(traced, entry);
      this.#put(line);
      this.#before = { enter: entered, exit: text, at: now };
      this.#output.flushEarly(after);
    }
    koffi.errno(errno);
    return returned;
  }

  #entry({ words }: Traced, args: readonly unknown[], now: number): Entry {
    const [first] = args;
    const fd = words.hasDescriptor && typeof first === 'number' && first >= 0 ? first : undefined;
    const id = ++this.#calls;
    return { id, now, args: words.args(args), fd, sets: words.sets(args) };
  }

  #putEnter({ name }: Traced, { id, now, args, fd, sets }: Entry): void {
    const site = this.#site();
    this.#put(this.#lines.enter(id, name, now, args, fd, site, this.#repeated, sets));
    this.#repeated = 0;
  }

  #site(): Site | undefined {
    const running = this.#running.at(-1);
    const unknown = running && !this.#functions.has(running) ? running : null;
    const found = this.#sites?.find(unknown !== null);
    if (unknown !== null && found?.callback) this.#functions.set(unknown, found.callback);
    return found?.site;
  }

  #exit(
    { name, words }: Traced,
    args: readonly unknown[],
    id: number,
    now: number,
    returned: unknown,
    errno: number,
  ): { line: string; text: string } {
    const result = typeof returned === 'number' ? returned : 0;
    const error = result === -1 ? errnoName(errno) : undefined;
    const out = result === -1 ? undefined : words.out(args, result);
    const sets = result === -1 ? undefined : words.sets(args);
    return {
      line: this.#lines.exit(id, name, now, result, error, out, sets),
      text: sets === undefined ? '' : JSON.stringify([result, sets]),
    };
  }

  #count(name: string, now: number, every: number): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    if (now - this.#counted < every) return;
    this.#counted = now;
    this.#output.put(this.#lines.counts(now, this.#counts));
    this.#output.flushEarly(now);
    this.#counts = {};
  }

  #fold(budget: TraceBudget, now: number): void {
    if (!budget.fold(now)) return;
    const errno = koffi.errno();
    this.#putFolded(budget);
    this.#output.flushEarly(now);
    koffi.errno(errno);
  }

  /** A record comes after what was counted before it. */
  #put(line: string): void {
    if (this.#budget !== null) {
      this.#putFolded(this.#budget);
      this.#budget.use();
    }
    this.#output.put(line);
  }

  #putFolded(budget: TraceBudget): void {
    const folded = budget.take();
    if (folded !== null) this.#output.put(this.#lines.folded(folded));
  }

  /** A worker ends without a call through the library: it would seem to run for ever. */
  #endThread(): void {
    if (this.#recorded?.has(THREAD_END) === false) return;
    const id = ++this.#calls;
    const now = performance.now();
    this.#put(this.#lines.enter(id, THREAD_END, now, [], undefined, undefined, 0, undefined));
  }

  #becomeChild(): void {
    this.#lines = new TraceLines(this.#getpid(), threadId);
    // What was counted so far is the parent's to tell; what was written down is written since before fork(2).
    this.#counts = {};
    this.#before = undefined;
    this.#repeated = 0;
    this.#budget?.take();
  }
}

/**
 * The C library with a trace of the system calls made through it.
 *
 * @param settings - tells what is recorded and where it goes, one JSON object a line:
 *   {@link TraceRecord} and the others of its module. Asked once, at the first call, so that a process can
 *   load the library before it knows
 * @internal
 */
export function tracedLibrary(
  library: NativeLibrary,
  settings: () => TraceSettings,
): TracedLibrary {
  let tracer: Tracer | undefined;
  return {
    func(prototype: string, call?: string, said?: Said): NativeFunction {
      const target = library.func(prototype);
      const name = call ?? target.info.name;
      const known = wordsOf(name);
      if (known === null) return target;
      const words = { ...known, ...said };
      const traced = { name, words, wait: waitOf(name), target };
      return new Proxy(target, {
        apply: (_target, _this, args: unknown[]) => {
          tracer ??= new Tracer(library, settings());
          return tracer.call(traced, args);
        },
      });
    },
    callbacks: {
      begin: (what, fd, callback) =>
        (tracer ??= new Tracer(library, settings())).begin(what, fd, callback),
      end: (id) => tracer?.end(id),
    },
  };
}
