/** The timeline of one process of a run: what its feed says of calls, callbacks and lines, as its page is told. */
import type { FeedItem } from '../../protocol/feed.ts';
import type { ServerMessage, Unnumbered } from '../../protocol/messages.ts';
import type { TimelineEntry, TimelineEntryOf } from '../../protocol/timeline.ts';
import type { Allowance } from '../allowance.ts';
import { FeedClock } from './feed-clock.ts';

/** How long entries are gathered for one message, and how soon a page that is behind is tried again, in ms. */
const GATHERED = 50;
const RETRY = 250;
/** The entries of one message: together they are no longer than what a page acknowledges at once. */
const AT_ONCE = 250;
/** So many entries wait for the page; then what can be is folded, and the rest is only counted. */
const MOST_PENDING = 2000;
/** Callbacks of a thread that have not returned; a program can claim any number. */
const MOST_NESTED = 16;
/** Of so many threads it is known how late it is in them. */
const MOST_ROWS = 256;

/** What a timeline works with. */
export interface TimelineSetting {
  /** Its number in the protocol. */
  readonly process: number;
  /** A client of ours tells of lines, and a program of calls. */
  readonly tells: 'calls' | 'lines';
  /** When the run began, and what time it is, both in milliseconds since 1970. */
  readonly began: number;
  readonly now: () => number;
  /** How many entries may be told, over all processes of the run. */
  readonly told: Allowance;
  /** @returns false when the page has fallen behind */
  readonly send: (message: Unnumbered<ServerMessage>) => boolean;
}

/** Tells a page the timeline of one process. */
export class TimelineTeller {
  readonly #setting: TimelineSetting;
  #pending: TimelineEntry[] = [];
  #lost = 0;
  /** The time of each thread’s last entry. */
  readonly #rows = new Map<string, number>();
  readonly #clock = new FeedClock();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(setting: TimelineSetting) {
    this.#setting = setting;
  }

  /** Takes what the feed says; what is no matter of a timeline is left to others. */
  take(item: FeedItem): void {
    if (this.#closed) return;
    const entry = this.#setting.tells === 'calls' ? this.#call(item) : this.#line(item);
    if (!entry) return;
    this.#pending.push(entry);
    if (this.#pending.length > MOST_PENDING) this.#fold();
    this.#timer ??= setTimeout(() => this.#tell(), GATHERED);
  }

  /** About so many calls could not be heard. */
  lose(calls: number): void {
    if (this.#closed) return;
    this.#lost += calls;
    this.#timer ??= setTimeout(() => this.#tell(), GATHERED);
  }

  /** Tells what has come so far, and nothing from here on: the process has ended. */
  close(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#send(true);
    this.#closed = true;
    this.#pending = [];
  }

  #call(item: FeedItem): TimelineEntry | undefined {
    switch (item.kind) {
      case 'entered': {
        const { kind, pid, thread, id, name, args } = item;
        return { kind, pid, thread, id, name, args, ...placeOf(item), at: this.#at(item) };
      }
      case 'left': {
        const { kind, pid, thread, id, result } = item;
        return { kind, pid, thread, id, result, at: this.#at(item) };
      }
      case 'called': {
        const { kind, pid, thread, id, what } = item;
        return { kind, pid, thread, id, what, ...placeOf(item), at: this.#at(item) };
      }
      case 'returned': {
        const { kind, pid, thread, id } = item;
        return { kind, pid, thread, id, at: this.#at(item) };
      }
      case 'folded': {
        const { kind, pid, thread, calls, from, until } = item;
        const at = this.#at({ pid, thread, time: from });
        return { kind, pid, thread, at, until: this.#at({ pid, thread, time: until }), calls };
      }
      default:
        return undefined;
    }
  }

  #line(item: FeedItem): TimelineEntry | undefined {
    if (item.kind !== 'line') return undefined;
    const { kind, way, bytes, time } = item;
    return { kind, way, bytes, at: this.#at({ pid: 0, thread: 0, time }) };
  }

  /** The run’s time: not what is claimed where that can’t be. */
  #at({ pid, thread, time }: { pid: number; thread: number; time: number }): number {
    const { began, now } = this.#setting;
    const row = `${pid} ${thread}`;
    const before = this.#rows.get(row) ?? 0;
    // Thousandths of a millisecond are finer than any picture of it.
    const rightly = Math.floor((this.#clock.at(time, now()) - began) * 1000) / 1000;
    const at = Math.max(before, rightly);
    if (!this.#rows.has(row) && this.#rows.size >= MOST_ROWS) {
      const [oldest = row] = this.#rows.keys();
      this.#rows.delete(oldest);
    }
    this.#rows.set(row, at);
    return at;
  }

  #tell(): void {
    this.#timer = undefined;
    if (this.#send(false)) return;
    this.#timer = setTimeout(() => this.#tell(), RETRY);
  }

  /** @returns whether the page has everything */
  #send(atLast: boolean): boolean {
    const { now, process, send, told } = this.#setting;
    while (this.#pending.length > 0 || this.#lost > 0) {
      if (!atLast && told.overdrawn(now()) > 0) return false;
      const entries = firstOf(this.#pending);
      const lost = this.#lost;
      if (!send({ type: 'timeline', process, entries, ...(lost > 0 && { lost }) })) return false;
      told.use(entries.length, now());
      this.#lost = 0;
      this.#pending = this.#pending.slice(entries.length);
    }
    return true;
  }

  #fold(): void {
    const folded = foldEntries(this.#pending);
    if (folded.length <= MOST_PENDING / 2) {
      this.#pending = folded;
      return;
    }
    // More threads than there can be in a run: nobody can look at all of them.
    this.#lost += folded.reduce((sum, entry) => sum + callsOf(entry), 0);
    this.#pending = [];
  }
}

/** The entries of one message. None ends with a call whose return has been told of as well: it would seem to wait. */
function firstOf(pending: readonly TimelineEntry[]): TimelineEntry[] {
  const last = pending[AT_ONCE - 1];
  const isCut = pending.length > AT_ONCE && last?.kind === 'entered';
  return pending.slice(0, isCut ? AT_ONCE - 1 : AT_ONCE);
}

function placeOf({
  fd,
  file,
  line,
}: {
  readonly fd?: number;
  readonly file?: string;
  readonly line?: number;
}): { fd?: number; file?: string; line?: number } {
  return {
    ...(fd !== undefined && { fd }),
    ...(file !== undefined && line !== undefined && { file, line }),
  };
}

function callsOf(entry: TimelineEntry): number {
  if (entry.kind === 'folded') return entry.calls;
  return entry.kind === 'entered' || entry.kind === 'called' ? 1 : 0;
}

type Begun = TimelineEntryOf<'entered'> | TimelineEntryOf<'called'>;

/** What is left of the entries of one thread when those that are over are only counted. */
class FoldedRow {
  readonly #pid: number;
  readonly #thread: number;
  #call: TimelineEntryOf<'entered'> | undefined;
  readonly #callbacks: TimelineEntryOf<'called'>[] = [];
  /** Of these the beginning was told before. */
  readonly #ends: TimelineEntry[] = [];
  #calls = 0;
  #at = Infinity;
  #until = 0;

  constructor(pid: number, thread: number) {
    this.#pid = pid;
    this.#thread = thread;
  }

  take(entry: Exclude<TimelineEntry, { kind: 'line' }>): void {
    switch (entry.kind) {
      case 'entered':
        // A thread makes one call at a time: that this one’s end is missing does not make it last.
        if (this.#call) this.#count(this.#call.at, entry.at, 1);
        this.#call = entry;
        break;
      case 'called':
        this.#callbacks.push(entry);
        if (this.#callbacks.length > MOST_NESTED) this.#over(this.#callbacks.shift(), entry.at);
        break;
      case 'left':
        if (this.#call?.id === entry.id) {
          this.#over(this.#call, entry.at);
          this.#call = undefined;
        } else {
          this.#end(entry);
        }
        break;
      case 'returned': {
        const index = this.#callbacks.findLastIndex(({ id }) => id === entry.id);
        if (index < 0) this.#end(entry);
        for (const over of this.#callbacks.splice(index < 0 ? Infinity : index)) {
          this.#over(over, entry.at);
        }
        break;
      }
      case 'folded':
        this.#count(entry.at, entry.until, entry.calls);
    }
  }

  get entries(): TimelineEntry[] {
    const calls = this.#calls;
    const folded = {
      ...({ kind: 'folded', pid: this.#pid, thread: this.#thread } as const),
      ...{ at: this.#at, until: this.#until, calls },
    };
    return [
      ...this.#ends,
      ...(calls > 0 ? [folded] : []),
      ...this.#callbacks,
      ...(this.#call ? [this.#call] : []),
    ];
  }

  /** The page knows no more of them to be open than may nest. */
  #end(entry: TimelineEntry): void {
    if (this.#ends.length <= MOST_NESTED) this.#ends.push(entry);
  }

  #over(begun: Begun | undefined, at: number): void {
    if (begun) this.#count(begun.at, at, 1);
  }

  #count(at: number, until: number, calls: number): void {
    this.#calls += calls;
    this.#at = Math.min(this.#at, at);
    this.#until = Math.max(this.#until, until);
  }
}

/**
 * Fewer entries that say the same of what has not ended, or ended and began before them, and only count the
 * rest. Lines are added up.
 */
export function foldEntries(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const rows = new Map<string, FoldedRow>();
  const lines = new Map<string, TimelineEntryOf<'line'>>();
  for (const entry of entries) {
    if (entry.kind === 'line') {
      const bytes = (lines.get(entry.way)?.bytes ?? 0) + entry.bytes;
      lines.set(entry.way, { ...entry, bytes });
      continue;
    }
    const { pid, thread } = entry;
    const key = `${pid} ${thread}`;
    const row = rows.get(key) ?? new FoldedRow(pid, thread);
    rows.set(key, row);
    row.take(entry);
  }
  const left = [...lines.values(), ...[...rows.values()].flatMap((row) => row.entries)];
  return left.sort((a, b) => a.at - b.at);
}
