import { constants } from 'node:os';
import { threadId } from 'node:worker_threads';
import koffi from 'koffi';

import { errnoName } from './errno_names.ts';
import {
  TRACE_CALLS_VARIABLE,
  TRACE_COUNTS_VARIABLE,
  TRACE_REPEATS_VARIABLE,
  TRACE_VARIABLE,
} from './trace_variables.ts';
import { wordsOf } from './trace_words.ts';
import type { CallWords, DescriptorSets } from './trace_words.ts';

type NativeLibrary = ReturnType<typeof koffi.load>;
type NativeFunction = ReturnType<NativeLibrary['func']>;

/** What the modules of `sys/` want of the C library. */
export interface Library {
  /**
   * Finds a function.
   *
   * @param prototype - its declaration in C, in koffi's types
   */
  func(prototype: string): NativeFunction;
}

/**
 * One line of a trace, as JSON. Each call has two: one before it, so that a call that blocks can be
 * seen, and one after it.
 */
export interface TraceRecord {
  /** "enter" or "exit". */
  readonly type: 'enter' | 'exit';
  /** Which process made the call. */
  readonly pid: number;
  /** Which thread of it, 0 for the main one. */
  readonly thread: number;
  /** The number of the call within its thread; the two records of a call have the same. */
  readonly id: number;
  /** The name of the call. */
  readonly call: string;
  /** When, in milliseconds since 1970, with fractions. */
  readonly time: number;
  /**
   * On entry, where repeated calls are counted: how many were left out since the record before, each of
   * them the same as that call, in what went in and in what came out.
   */
  readonly repeated?: number | undefined;
  /** On entry: the arguments in words, in order. */
  readonly args?: readonly string[];
  /** On exit: what it returned. */
  readonly result?: number;
  /** On exit of a call that returned -1: why, such as "EAGAIN". */
  readonly error?: string | undefined;
  /** On exit: what the call filled in, in words. */
  readonly out?: string | undefined;
  /** Of a call that takes sets of descriptors: their members, on entry and, unless it failed, on exit. */
  readonly sets?: DescriptorSets | undefined;
}

/** How many calls a thread has made since its last such record, by name. */
export interface CountsRecord {
  readonly type: 'counts';
  readonly pid: number;
  readonly thread: number;
  readonly time: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** What is to be traced, and where it goes. */
export interface TraceSettings {
  readonly descriptor: number;
  /** The calls to record; null for all. */
  readonly calls: ReadonlySet<string> | null;
  /** The shortest time between two counts, in milliseconds; null for no counts. */
  readonly countsEvery: number | null;
  /**
   * The shortest time between two records of a select(2) that is as the one before and does not wait, in
   * milliseconds; null to record each.
   */
  readonly repeatsEvery: number | null;
}

/**
 * Reads from the environment what is to be traced.
 *
 * @returns null for no trace
 * @throws RangeError if a variable that is a number is something else
 */
export function traceSettings(environment: NodeJS.ProcessEnv): TraceSettings | null {
  const descriptor = traceDescriptor(environment);
  if (descriptor === null) return null;
  const calls = environment[TRACE_CALLS_VARIABLE];
  return {
    descriptor,
    calls: calls === undefined ? null : new Set(calls.split(',').filter(Boolean)),
    countsEvery: wholeNumber(environment, TRACE_COUNTS_VARIABLE, 'milliseconds'),
    repeatsEvery: wholeNumber(environment, TRACE_REPEATS_VARIABLE, 'milliseconds'),
  };
}

/**
 * Reads from the environment where the trace goes.
 *
 * @returns the descriptor, or null for no trace
 * @throws RangeError if the variable is set to something else than the number of a descriptor
 */
export function traceDescriptor(environment: NodeJS.ProcessEnv): number | null {
  return wholeNumber(environment, TRACE_VARIABLE, 'the number of a descriptor');
}

function wholeNumber(
  environment: NodeJS.ProcessEnv,
  variable: string,
  meaning: string,
): number | null {
  const text = environment[variable];
  if (text === undefined || text === '') return null;
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new RangeError(`${variable} is ${meaning}, not ${JSON.stringify(text)}`);
  }
  return number;
}

/** A call that was recorded: what went in and what came out, each as one text, and when, in milliseconds. */
interface Recorded {
  readonly enter: string;
  readonly exit: string;
  readonly at: number;
}

/** Which of a call's arguments to copy: a call writes into its sets. */
function copied(value: unknown): unknown {
  return value instanceof Int32Array ? value.slice() : value;
}

const POLLOUT = 4;
const { EAGAIN, EINTR } = constants.errno;

/** Writes the records of the calls that one thread makes. */
class Tracer {
  readonly #descriptor: number;
  readonly #recorded: ReadonlySet<string> | null;
  readonly #countsEvery: number | null;
  readonly #repeatsEvery: number | null;
  /** The call before, if this one may be left out for it. */
  #before: Recorded | undefined;
  /** Calls like it that were left out since. */
  #repeated = 0;
  #counts: Record<string, number> = {};
  #counted: number;
  readonly #write: (fd: number, bytes: Uint8Array, count: number) => number;
  readonly #poll: (set: Int32Array, count: number, timeout: number) => number;
  readonly #getpid: () => number;
  readonly #select: NativeFunction;
  /** `struct pollfd`: the descriptor, then what to wait for and what came. */
  readonly #pollfd: Int32Array;
  #pid: number;
  #calls = 0;
  #isOpen = true;

  constructor(library: NativeLibrary, settings: TraceSettings) {
    const { descriptor } = settings;
    this.#descriptor = descriptor;
    this.#recorded = settings.calls;
    this.#countsEvery = settings.countsEvery;
    this.#repeatsEvery = settings.repeatsEvery;
    this.#counted = performance.now();
    this.#write = library.func('intptr_t write(int fd, const void *bytes, size_t count)');
    this.#poll = library.func('int poll(void *set, unsigned long count, int timeout)');
    this.#getpid = library.func('int getpid(void)');
    this.#select = library.func('int select(int n, void *r, void *w, void *e, void *timeout)');
    this.#pollfd = new Int32Array([descriptor, POLLOUT]);
    this.#pid = this.#getpid();
  }

  /** Makes a call, counted and recorded as far as is wanted. */
  call(name: string, words: CallWords, target: NativeFunction, args: unknown[]): unknown {
    if (this.#countsEvery !== null) this.#count(name, this.#countsEvery);
    if (this.#recorded?.has(name) === false) {
      const returned: unknown = Reflect.apply(target, undefined, args);
      if (name === 'fork' && returned === 0) this.#becomeChild();
      return returned;
    }
    return this.#record(name, words, target, args);
  }

  #becomeChild(): void {
    this.#pid = this.#getpid();
    // What was counted so far is the parent's to tell.
    this.#counts = {};
    this.#before = undefined;
    this.#repeated = 0;
  }

  #count(name: string, every: number): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    const now = performance.now();
    if (now - this.#counted < every) return;
    this.#counted = now;
    const time = performance.timeOrigin + now;
    this.#put({ type: 'counts', pid: this.#pid, thread: threadId, time, counts: this.#counts });
    this.#counts = {};
  }

  /** Makes a call, with a record before it and one after. */
  #record(name: string, words: CallWords, target: NativeFunction, args: unknown[]): unknown {
    const id = ++this.#calls;
    const enter: TraceRecord = {
      ...this.#head('enter', id, name),
      args: words.args(args),
      sets: words.sets(args),
    };
    const counts = this.#repeatsEvery !== null && name === 'select';
    const entered = counts ? JSON.stringify([enter.args, enter.sets]) : '';
    // Nobody may wonder what a program waits for: a call that waits is recorded, however like the last.
    const isRepeat = counts && this.#isRecent(entered, enter.time) && !this.#wouldWait(args);
    if (!isRepeat) this.#putEnter(enter);
    const returned: unknown = Reflect.apply(target, undefined, args);
    const errno = koffi.errno();
    if (name === 'fork' && returned === 0) this.#becomeChild();
    const result = typeof returned === 'number' ? returned : 0;
    const exit: TraceRecord = {
      ...this.#head('exit', id, name),
      result,
      error: result === -1 ? errnoName(errno) : undefined,
      out: result === -1 ? undefined : words.out(args, result),
      sets: result === -1 ? undefined : words.sets(args),
    };
    const left = counts ? JSON.stringify([result, exit.error, exit.sets]) : '';
    if (isRepeat && left === this.#before?.exit) {
      this.#repeated++;
    } else {
      if (isRepeat) this.#putEnter(enter);
      this.#put(exit);
      this.#before = counts ? { enter: entered, exit: left, at: enter.time } : undefined;
    }
    koffi.errno(errno);
    return returned;
  }

  /** Whether the call before was the same, and has just been recorded. */
  #isRecent(entered: string, now: number): boolean {
    const { enter, at } = this.#before ?? {};
    return enter === entered && at !== undefined && now - at < (this.#repeatsEvery ?? 0);
  }

  /** Whether select(2) has nothing to report yet. It is asked about copies, and waits for no time. */
  #wouldWait([count, ...sets]: readonly unknown[]): boolean {
    const [read, write, except] = sets.map(copied);
    const found: unknown = this.#select(count, read, write, except, new Int32Array(4));
    return found === 0;
  }

  #putEnter(record: TraceRecord): void {
    this.#put(this.#repeated === 0 ? record : { ...record, repeated: this.#repeated });
    this.#repeated = 0;
  }

  #head(
    type: TraceRecord['type'],
    id: number,
    call: string,
  ): Pick<TraceRecord, 'type' | 'pid' | 'thread' | 'id' | 'call' | 'time'> {
    const time = performance.timeOrigin + performance.now();
    return { type, pid: this.#pid, thread: threadId, id, call, time };
  }

  #put(record: TraceRecord | CountsRecord): void {
    if (!this.#isOpen) return;
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    for (let done = 0; done < line.length;) {
      const count = this.#write(this.#descriptor, line.subarray(done), line.length - done);
      if (count >= 0) done += count;
      else if (koffi.errno() === EAGAIN) this.#poll(this.#pollfd, 1, -1);
      else if (koffi.errno() !== EINTR) {
        // Whoever wanted the trace is gone, or never gave a descriptor: the program goes on.
        this.#isOpen = false;
        return;
      }
    }
  }
}

/**
 * The C library with a trace of the system calls made through it.
 *
 * @param settings - tells what is recorded and where it goes, one JSON object a line:
 *   {@link TraceRecord}, {@link CountsRecord}. Asked once, at the first call, so that a process can load
 *   the library before it knows
 * @internal
 */
export function tracedLibrary(library: NativeLibrary, settings: () => TraceSettings): Library {
  let tracer: Tracer | undefined;
  return {
    func(prototype: string): NativeFunction {
      const target = library.func(prototype);
      const name = target.info.name;
      const words = wordsOf(name);
      if (words === null) return target;
      return new Proxy(target, {
        apply: (_target, _this, args: unknown[]) => {
          tracer ??= new Tracer(library, settings());
          return tracer.call(name, words, target, args);
        },
      });
    },
  };
}
