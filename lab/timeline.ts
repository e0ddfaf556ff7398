/**
 * The timeline of a run: of each thread of each process the calls and the callbacks, those that go on and
 * those that are over, and of each client the lines that it sent and received. It is bounded, whatever comes:
 * what is too old, or too much, is only counted. Pure; times are in milliseconds since the run began.
 */
import type { TimelineEntry, TimelineEntryOf } from '../protocol/timeline.ts';
import type { SourceLine } from './source-line.ts';

/** A system call. */
export interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: string;
  readonly fd: number | undefined;
  /** Where in the lab’s programs it was made, by the numbers of the file that ran. */
  readonly place: SourceLine | undefined;
  readonly start: number;
  /** Undefined while it goes on. Of one that has not told its return it is when that was found out. */
  end: number | undefined;
  /** Undefined until it has told its return. */
  result: string | undefined;
  /** Whose connection it is about, once that is known. */
  client: string | undefined;
}

/** A callback of an event base. */
export interface Callback {
  readonly id: number;
  readonly what: string;
  readonly fd: number | undefined;
  /** Where its function begins. */
  readonly place: SourceLine | undefined;
  readonly start: number;
  end: number | undefined;
  /** In how many others it runs. */
  readonly depth: number;
  /** Whose connection it is about, once that is known. */
  client: string | undefined;
}

/** So many calls between two times, which are told of in no other way. */
export interface Folded {
  readonly start: number;
  end: number;
  calls: number;
}

/** A line that a client sent or received. */
export interface ClientLine {
  readonly client: string;
  readonly way: 'sent' | 'received';
  readonly bytes: number;
  readonly at: number;
}

/** The most calls, and the most callbacks, of a row that are kept one by one. */
export const MOST_KEPT = 20_000;
/** Those of all rows together: each is some hundred bytes, and a program can have many rows. */
export const MOST_KEPT_IN_ALL = 100_000;
/** The part of them that is folded at once, the oldest: one at a time, each would move all others. */
const FOLDED_AT_ONCE = 0.1;
/** The most rows; further threads and processes are only counted. */
export const MOST_TIMELINE_ROWS = 128;
/** The most lines of clients. */
const MOST_LINES = 4_000;
/** The most folds of a row. */
const MOST_FOLDS = 4_000;
/** The most callbacks within each other. */
const DEEPEST = 8;

/** From so long on a call has waited, in milliseconds: none that goes through takes as long. */
export const WAITED = 2;

/** Calls that do not come back, as the library names them. */
const LAST_CALLS: readonly string[] = ['_exit', 'pthread_exit'];

/**
 * Whether a call is over, and nobody knows since when: its process has ended, or has told of a later call, and never
 * of its return.
 */
export function hasNoKnownEnd({ name, end, result }: Call): boolean {
  return end !== undefined && result === undefined && !LAST_CALLS.includes(name);
}

/** One thread of one process. */
export class TimelineRow {
  /** Which program, as messages number it, and the name of its terminal. */
  readonly process: number;
  readonly program: string;
  readonly pid: number;
  readonly thread: number;
  readonly calls: Call[] = [];
  readonly callbacks: Callback[] = [];
  readonly folds: Folded[] = [];
  readonly start: number;
  /** When the process or the thread ended, if that is known. */
  end: number | undefined;
  /** The latest that is known of it. */
  latest: number;
  /** The call that goes on. */
  open: Call | undefined;
  /** The callbacks that run, the innermost last. */
  readonly running: Callback[] = [];
  #most = MOST_KEPT;

  constructor(process: number, program: string, pid: number, thread: number, start: number) {
    this.process = process;
    this.program = program;
    this.pid = pid;
    this.thread = thread;
    this.start = start;
    this.latest = start;
  }

  /** From now on no more calls, and no more callbacks, are kept one by one. */
  keepAtMost(most: number): void {
    this.#most = most;
    this.#foldOldest(this.calls);
    this.#foldOldest(this.callbacks);
  }

  enter(entry: TimelineEntryOf<'entered'>): void {
    const { id, name, args, fd, at } = entry;
    // A call that never told its end has had one.
    this.#close(at, undefined);
    const call: Call = {
      ...{ id, name, args, fd, place: placeOf(entry), start: at },
      ...{ end: undefined, result: undefined, client: undefined },
    };
    this.calls.push(call);
    this.latest = at;
    if (LAST_CALLS.includes(name)) {
      call.end = at;
      this.finish(at);
    } else {
      this.open = call;
      this.end = undefined;
    }
    this.#foldOldest(this.calls);
  }

  leave({ id, result, at }: TimelineEntryOf<'left'>): Call | undefined {
    this.latest = at;
    const { open } = this;
    // Of one that was folded only the end is told.
    if (open?.id !== id) return undefined;
    this.#close(at, result);
    return open;
  }

  enterCallback(entry: TimelineEntryOf<'called'>): Callback | undefined {
    const { id, what, fd, at } = entry;
    const depth = this.running.length;
    this.latest = at;
    if (depth >= DEEPEST) return undefined;
    const callback: Callback = {
      ...{ id, what, fd, place: placeOf(entry), start: at, end: undefined, depth },
      client: undefined,
    };
    this.callbacks.push(callback);
    this.running.push(callback);
    this.#foldOldest(this.callbacks);
    return callback;
  }

  leaveCallback({ id, at }: TimelineEntryOf<'returned'>): void {
    this.latest = at;
    const index = this.running.findLastIndex((callback) => callback.id === id);
    if (index < 0) return;
    for (const callback of this.running.splice(index)) callback.end = at;
  }

  fold({ at, until, calls }: TimelineEntryOf<'folded'>): void {
    const end = Math.max(at, until);
    this.latest = Math.max(this.latest, end);
    this.#addFold({ start: at, end, calls });
  }

  /** It is over: nothing goes on any more. */
  finish(at: number): void {
    this.#close(at, undefined);
    for (const callback of this.running.splice(0)) callback.end = Math.max(at, callback.start);
    this.end ??= Math.max(at, this.latest);
  }

  #close(at: number, result: string | undefined): void {
    const { open } = this;
    if (!open) return;
    open.end = Math.max(at, open.start);
    open.result = result;
    this.open = undefined;
  }

  #foldOldest(kept: { start: number; end: number | undefined }[]): void {
    const most = this.#most;
    if (kept.length <= most) return;
    const old = kept.splice(0, kept.length - most + Math.ceil(most * FOLDED_AT_ONCE));
    const [first] = old;
    const last = old.at(-1);
    // Callbacks are not counted: the calls in them are.
    if (!first || !last || kept !== this.calls) return;
    this.#addFold({ start: first.start, end: last.end ?? last.start, calls: old.length }, true);
  }

  #addFold(fold: Folded, isOldest = false): void {
    const { folds } = this;
    if (!isOldest) folds.push(fold);
    else {
      const index = folds.findIndex(({ start }) => start > fold.start);
      folds.splice(index < 0 ? folds.length : index, 0, fold);
    }
    if (folds.length <= MOST_FOLDS) return;
    // Two neighbours become one: what is old is told less exactly.
    for (let index = 0; index < folds.length / 2; index += 1) {
      const [one, other] = folds.slice(index, index + 2);
      if (!one || !other) break;
      one.end = Math.max(one.end, other.end);
      one.calls += other.calls;
      folds.splice(index + 1, 1);
    }
  }
}

function placeOf({
  file,
  line,
}: {
  file?: string | undefined;
  line?: number | undefined;
}): SourceLine | undefined {
  return file !== undefined && line !== undefined ? { file, line } : undefined;
}

/** What a message says that a program, or a client, has done. */
export interface TimelineNews {
  /** Which process, as messages number it. */
  readonly process: number;
  readonly entries: readonly TimelineEntry[];
  readonly lost?: number | undefined;
}

/** Who hears what happened, as it is taken: what is known then of whose it was may be wrong a little later. */
export interface TimelineHearer {
  /** A callback begins. */
  called(row: TimelineRow, callback: Callback): void;
  /** A call has come back. */
  returned(row: TimelineRow, call: Call): void;
}

/** The timeline of one run. */
export class Timeline {
  readonly #rows = new Map<string, TimelineRow>();
  readonly #ordered: TimelineRow[] = [];
  readonly #lines: ClientLine[] = [];
  #lost = 0;
  #latest = 0;
  #version = 0;

  /** Each thread of each process, in the order in which programs and processes began. */
  get rows(): readonly TimelineRow[] {
    return this.#ordered;
  }

  /** The lines of all clients, in time. */
  get lines(): readonly ClientLine[] {
    return this.#lines;
  }

  /** So many calls could not be told of at all. */
  get lost(): number {
    return this.#lost;
  }

  /** The latest time that is known. */
  get latest(): number {
    return this.#latest;
  }

  /** Grows with everything that is learnt. */
  get version(): number {
    return this.#version;
  }

  /**
   * Takes what a message says.
   * @param name the terminal of the program, or the client
   * @param hearer told of it one by one
   */
  take(name: string, { process, entries, lost = 0 }: TimelineNews, hearer?: TimelineHearer): void {
    this.#version += 1;
    this.#lost += lost;
    for (const entry of entries) {
      const until = entry.kind === 'folded' ? Math.max(entry.at, entry.until) : entry.at;
      this.#latest = Math.max(this.#latest, until);
      if (entry.kind === 'line') {
        const { way, bytes, at } = entry;
        this.#lines.push({ client: name, way, bytes, at });
        if (this.#lines.length > MOST_LINES) this.#lines.splice(0, MOST_LINES / 4);
        continue;
      }
      const row = this.#row(name, process, entry);
      if (!row) {
        this.#lost += entry.kind === 'folded' ? entry.calls : entry.kind === 'entered' ? 1 : 0;
        continue;
      }
      switch (entry.kind) {
        case 'entered':
          row.enter(entry);
          break;
        case 'left': {
          const call = row.leave(entry);
          if (call) hearer?.returned(row, call);
          break;
        }
        case 'called': {
          const callback = row.enterCallback(entry);
          if (callback) hearer?.called(row, callback);
          break;
        }
        case 'returned':
          row.leaveCallback(entry);
          break;
        case 'folded':
          row.fold(entry);
      }
    }
  }

  /** A program has ended, with all its processes. */
  ended(process: number, at: number): void {
    for (const row of this.#ordered) {
      if (row.process === process && row.end === undefined) row.finish(at);
    }
    this.#version += 1;
  }

  /**
   * Of a program only these processes are alive. One that was killed can’t say so itself.
   * @param since what has told of something since then is alive
   */
  survived(process: number, pids: ReadonlySet<number>, since: number): void {
    for (const row of this.#ordered) {
      const { end, latest, pid } = row;
      if (row.process !== process || end !== undefined || pids.has(pid) || latest > since) continue;
      row.finish(since);
      this.#version += 1;
    }
  }

  /** The run is over. */
  finish(at: number): void {
    for (const row of this.#ordered) if (row.end === undefined) row.finish(at);
    this.#version += 1;
  }

  #row(
    program: string,
    process: number,
    { pid, thread, at }: Pick<TimelineEntryOf<'left'>, 'pid' | 'thread' | 'at'>,
  ): TimelineRow | undefined {
    const key = `${process}:${pid}:${thread}`;
    const found = this.#rows.get(key);
    if (found) return found;
    if (this.#ordered.length >= MOST_TIMELINE_ROWS && !this.#forgetOne()) return undefined;
    const row = new TimelineRow(process, program, pid, thread, at);
    this.#rows.set(key, row);
    this.#ordered.splice(placeAmong(this.#ordered, row), 0, row);
    const most = Math.min(MOST_KEPT, Math.floor(MOST_KEPT_IN_ALL / this.#ordered.length));
    for (const each of this.#ordered) each.keepAtMost(most);
    return row;
  }

  /** Makes room by the row that ended first, if any has. */
  #forgetOne(): boolean {
    let oldest: TimelineRow | undefined;
    for (const row of this.#ordered) {
      if (row.end !== undefined && row.end < (oldest?.end ?? Infinity)) oldest = row;
    }
    if (!oldest) return false;
    this.#ordered.splice(this.#ordered.indexOf(oldest), 1);
    this.#rows.delete(`${oldest.process}:${oldest.pid}:${oldest.thread}`);
    return true;
  }
}

/** Programs as they began, in each the processes as they were first heard of, in each of these the threads. */
function placeAmong(rows: readonly TimelineRow[], { process, pid, thread }: TimelineRow): number {
  const beforeIt = [
    (row: TimelineRow) => row.process === process && row.pid === pid && row.thread < thread,
    (row: TimelineRow) => row.process === process,
    (row: TimelineRow) => row.process < process,
  ];
  for (const isBefore of beforeIt) {
    const last = rows.findLastIndex(isBefore);
    if (last >= 0) return last + 1;
  }
  return 0;
}
