/**
 * What an operator is told of a running server: one line of standard output for each event. Nothing a
 * reader types, and nothing a program prints, is in it. A log that nobody reads, a full disk or a broken
 * pipe costs lines and never a reader’s run.
 */
import { constants, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Writable } from 'node:stream';
import type { BudgetResource, DoorRefusal } from '../protocol/messages.ts';

/** The forms of a log. */
export const LOG_FORMATS = ['silent', 'text', 'json'] as const;
/** The form of a log. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Why a WebSocket or a run was refused. */
export type Refusal =
  /** No WebSocket is opened: the page is of another origin, too many are open, or the server drains. */
  | DoorRefusal
  /** There is no WebSocket at that path. */
  | 'path'
  /** Every place is taken, and the queue is full; or the computer is short of something. */
  | 'full'
  /** This address has as many runs as a reader may have, or has started too many lately. */
  | 'reader-runs'
  | 'reader-starts'
  /** The page speaks another version of the protocol. */
  | 'version'
  /** There is no such lab, or no such way to run it. */
  | 'lab'
  /** What a reader has written is not run: not here, or not now, or it is of no program of the lab. */
  | 'edits'
  /** What a reader has written is no program, or imports what there isn’t. */
  | 'faults';

/** What one run can bring about again and again: it is counted by who counts, and no line is written. */
const COUNTED = [
  /** A page fell behind, so its programs wait until it has caught up. */
  'page-behind',
  /** A figure was not sent to a page that had fallen behind: the next one makes it worthless. */
  'frame-skipped',
] as const;

interface CountedEvent {
  readonly event: (typeof COUNTED)[number];
  readonly session: string;
}

function isCounted(event: LogEvent): event is CountedEvent {
  return COUNTED.some((each) => each === event.event);
}

/** What happened. */
export type LogEvent =
  | {
      readonly event: 'start';
      readonly url: string;
      /** READABLE_NAME, if it is set. */
      readonly name?: string | undefined;
      readonly isolation: string;
      readonly capacity: number;
      readonly pid: number;
      readonly node: string;
    }
  /** Something about this computer or these settings that the operator should change. */
  | { readonly event: 'warning'; readonly message: string }
  /** There was no place for a run, so it waits for one. */
  | {
      readonly event: 'queued';
      readonly session: string;
      readonly lab: string;
      readonly address: string;
      /** How many runs are before it. */
      readonly ahead: number;
    }
  /** A run that waited has its place, or is not waited for any more. */
  | {
      readonly event: 'queue-left';
      readonly session: string;
      readonly lab: string;
      /** `let-in`, or why it ended. */
      readonly reason: string;
      /** How long it waited, in milliseconds. */
      readonly ms: number;
    }
  | {
      readonly event: 'run-begun';
      readonly session: string;
      readonly lab: string;
      readonly way?: string | undefined;
      readonly address: string;
      /** How many of its programs its reader has written, and their bytes; never their text. */
      readonly edits?: number | undefined;
      readonly editBytes?: number | undefined;
      /** Places taken, this run’s included. */
      readonly used: number;
    }
  /** All programs of a run are there, and its clients connect. Times are from its beginning, in milliseconds. */
  | {
      readonly event: 'run-ready';
      readonly session: string;
      readonly lab: string;
      /** When the first byte was printed. */
      readonly firstByteMs?: number | undefined;
      readonly ms: number;
    }
  | {
      readonly event: 'run-ended';
      readonly session: string;
      readonly lab: string;
      readonly way?: string | undefined;
      readonly reason: string;
      /** How long it was, in milliseconds. */
      readonly ms: number;
      /** How the lab’s server program ended, if that is the reason. */
      readonly code?: number | undefined;
      readonly signal?: string | undefined;
    }
  | {
      readonly event: 'refused';
      readonly why: Refusal;
      readonly address: string;
      readonly detail?: string | undefined;
      /** How many refusals this line stands for; without it, one. */
      readonly times?: number | undefined;
    }
  /** A sandbox could not be opened, or nothing started in it. */
  | { readonly event: 'sandbox-failed'; readonly session: string; readonly error: string }
  | {
      readonly event: 'limit';
      readonly session: string;
      readonly limit: 'time' | 'output' | BudgetResource;
      /** In seconds, in bytes, or a number of what it is. */
      readonly most: number;
    }
  /** Processes of a run could not be killed in time. Its place was given back without them. */
  | { readonly event: 'left-behind'; readonly session: string; readonly uid?: number | undefined }
  /** A crowd is over: how many clients its reader asked for at most, and how many were connected at once. */
  | {
      readonly event: 'crowd';
      readonly session: string;
      readonly lab: string;
      readonly asked: number;
      readonly kept: number;
    }
  /** Some calls of a program are not shown, because it makes too many. */
  | { readonly event: 'feed-cut'; readonly session: string; readonly program: string }
  /** A page took nothing at all, so its run was ended. */
  | { readonly event: 'page-given-up'; readonly session: string }
  | CountedEvent
  | { readonly event: 'drain'; readonly seconds: number; readonly runs: number }
  | { readonly event: 'stop'; readonly signal?: string | undefined }
  /** Lines that were lost because nobody read the log. */
  | { readonly event: 'log-dropped'; readonly lines: number };

/** Takes events. */
export interface Log {
  write(event: LogEvent): void;
}

/** Tells each of several. */
export function eachOf(...logs: readonly Log[]): Log {
  return {
    write(event) {
      for (const log of logs) log.write(event);
    },
  };
}

/** A log that nobody wants. */
export const SILENT: Log = { write() {} };

/** So many refusals for one reason are told one by one; then they are counted. */
const TOLD_AT_ONCE = 10;
/** How often a line tells how many more there were, in milliseconds. */
const FOLD_INTERVAL = 10_000;
/** How much of the log may wait for whoever reads it, in bytes. */
const MOST_WAITING = 256 * 1024;
/** A message of the system’s is cut here, in characters. */
const LONGEST_VALUE = 2000;
/** How long the end of a server waits for whoever reads its log, in milliseconds. */
const CLOSE_LIMIT = 1000;
/** How soon a terminal that takes nothing is tried again, in milliseconds. */
const TERMINAL_RETRY = 100;

type ToldEvent = Exclude<LogEvent, CountedEvent>;
type RefusedEvent = Extract<LogEvent, { event: 'refused' }>;

interface Fold {
  told: number;
  folded: number;
  last: RefusedEvent;
  readonly timer: NodeJS.Timeout;
}

/** Writes events as lines to a stream. */
export class EventLog implements Log {
  readonly #format: LogFormat;
  readonly #stream: Writable;
  readonly #now: () => Date;
  readonly #folds = new Map<Refusal, Fold>();
  #dropped = 0;
  #gone = false;

  /** @param stream one that does not block */
  constructor(format: LogFormat, stream: Writable, now: () => Date = () => new Date()) {
    this.#format = format;
    this.#stream = stream;
    this.#now = now;
    // Whoever read the log is gone, or its disk is full: readers’ runs matter more.
    stream.on('error', () => (this.#gone = true));
  }

  write(event: LogEvent): void {
    if (this.#format === 'silent') return;
    if (isCounted(event)) return;
    if (event.event === 'refused') this.#refused(event);
    else this.#line(event);
  }

  /**
   * Writes what was only counted so far.
   * @returns whether all of it was read, once that is so or has taken too long
   */
  async close(): Promise<boolean> {
    for (const [why, fold] of this.#folds) {
      clearInterval(fold.timer);
      this.#tellFolded(fold);
      this.#folds.delete(why);
    }
    if (this.#gone || this.#stream.writableLength === 0) return true;
    const read = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => read.resolve(false), CLOSE_LIMIT);
    // Called when all before it was taken.
    this.#stream.write('', () => read.resolve(true));
    const all = await read.promise;
    clearTimeout(timer);
    return all;
  }

  #refused(event: RefusedEvent): void {
    const fold = this.#folds.get(event.why) ?? this.#openFold(event);
    fold.last = event;
    if (fold.told < TOLD_AT_ONCE) {
      fold.told++;
      this.#line(event);
    } else {
      fold.folded++;
    }
  }

  #openFold(event: RefusedEvent): Fold {
    const timer = setInterval(() => {
      if (this.#tellFolded(fold)) return;
      clearInterval(timer);
      this.#folds.delete(event.why);
    }, FOLD_INTERVAL).unref();
    const fold: Fold = { told: 0, folded: 0, last: event, timer };
    this.#folds.set(event.why, fold);
    return fold;
  }

  /** @returns whether there were any */
  #tellFolded(fold: Fold): boolean {
    if (fold.folded === 0) return false;
    this.#line({ ...fold.last, times: fold.folded });
    fold.folded = 0;
    return true;
  }

  #line(event: ToldEvent): void {
    if (this.#gone) return;
    if (this.#stream.writableLength > MOST_WAITING) {
      if (this.#dropped++ === 0) this.#stream.once('drain', this.#caughtUp);
      return;
    }
    const time = this.#now().toISOString();
    this.#stream.write(`${this.#format === 'json' ? asJson(time, event) : asText(time, event)}\n`);
  }

  readonly #caughtUp = (): void => {
    const lines = this.#dropped;
    this.#dropped = 0;
    this.#line({ event: 'log-dropped', lines });
  };
}

/** What JSON leaves as it is and a terminal doesn't: C1, ends of lines, and what turns text round. */
const STEERS = /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/gu;

function asJson(time: string, event: ToldEvent): string {
  return JSON.stringify({ time, ...event }, (_, value: unknown) =>
    typeof value === 'string' ? value.slice(0, LONGEST_VALUE) : value,
  ).replaceAll(
    STEERS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function asText(time: string, { event, ...rest }: ToldEvent): string {
  const all: Readonly<Record<string, string | number | undefined>> = rest;
  const values = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${textOf(String(value))}`],
  );
  return [time, event, ...values].join(' ');
}

/** No value can start a line of its own, or tell a terminal anything. */
function textOf(value: string): string {
  const short = value.slice(0, LONGEST_VALUE);
  if (/^[\w.:/@[\]-]+$/.test(short)) return short;
  return JSON.stringify(short).replaceAll(STEERS, '?');
}

/**
 * Opens the log on standard output. From then on a standard output or error that nobody reads any more
 * is no exception.
 */
export function openLog(format: LogFormat): EventLog {
  process.stderr.on('error', () => {});
  process.stdout.on('error', () => {});
  const { fd } = process.stdout;
  return new EventLog(format, (isatty(fd) ? openTerminal(fd) : undefined) ?? process.stdout);
}

/**
 * A terminal that never blocks its writer: Node writes to one until all is written, and after Ctrl-S that
 * is never. Pipes, sockets and files are no trouble: libuv does not wait for the former, and a file takes
 * what it gets.
 * @returns undefined where it may not be opened: after su(1) it is another user's
 */
function openTerminal(fd: number): Writable | undefined {
  // Opened anew: as a flag of the terminal itself, O_NONBLOCK would be everybody’s who has it open.
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  let terminal: number;
  try {
    terminal = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
  const put = (bytes: Buffer, done: (error?: Error) => void): void => {
    let rest = bytes;
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(terminal, rest));
      done();
    } catch (error) {
      if (!(error instanceof Error)) return;
      if (!('code' in error && error.code === 'EAGAIN')) done(error);
      else setTimeout(() => put(rest, done), TERMINAL_RETRY).unref();
    }
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => put(chunk, done),
  });
}
