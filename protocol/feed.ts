/**
 * What comes through a feed, the pipe from a process inside a sandbox to the server, a line of JSON each:
 * from a program’s library its system calls and callbacks (the records of `libevent-ts`’s trace), from a
 * client of ours how its connection is, and its lines. Any program can write there what it likes, and as
 * much, so each field is looked at by hand: a schema takes ten times as long, and a busy program has
 * thousands of lines a second.
 */
import { CLIENT_STATES, type ClientState } from './client-feed.ts';
import { LONGEST_WORDS } from './timeline.ts';

/** FD_SETSIZE of select(2): an fd_set has no bit for more, and a page draws no more. */
const FD_SETSIZE = 1024;
/** No program makes more calls of one kind between two reports, and no client sends more bytes at once. */
const MOST_CALLS = 1e9;
/** More names than the library traces calls; a program that names others makes them up. */
export const MOST_CALL_NAMES = 100;
/** The longest line that there is a reason for, in bytes: three full sets, and their words. */
export const LONGEST_FEED_LINE = 16 * 1024;
/** No system call takes more arguments. */
const MOST_ARGUMENTS = 8;
/** Numbers of processes, threads and descriptors are an int in C. */
const MOST_INT = 2 ** 31 - 1;
/** The last moment that a Date can be. */
const LATEST = 8.64e15;

/** What a system call can be named. */
const CALL_NAME = /^[a-z_][a-z0-9_]{0,31}$/;
/** What no text of the library’s has: it writes `\n`. C0, C1, ends of lines, and what turns text round. */
const STEERS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** What a lab’s program can be named. */
const PROGRAM_NAME = /^[a-z0-9][a-z0-9-]{0,59}\.ts$/;

/** A call of select(2), before it or after it. */
export interface SelectCall {
  readonly returned: boolean;
  /** The first argument, one more than the highest descriptor; not known after the call. */
  readonly nfds?: number;
  readonly read: readonly number[];
  readonly write: readonly number[];
}

/** Which call or callback of which thread: the pid as the program itself knows it, thread 0 for the main one. */
interface Named {
  readonly pid: number;
  readonly thread: number;
  /** Its number within the thread. Calls and callbacks are numbered together. */
  readonly id: number;
  /** In milliseconds since 1970, as whoever wrote it claims. */
  readonly time: number;
}

/** What a call or a callback is about, and where in the lab’s own programs it is, as far as that is known. */
interface About {
  readonly fd?: number;
  readonly file?: string;
  readonly line?: number;
}

/** What a line of a feed says. */
export type FeedItem =
  | {
      readonly kind: 'counts';
      readonly counts: Readonly<Record<string, number>>;
      /** When they were told, in milliseconds since 1970, as whoever wrote it claims. */
      readonly time: number;
    }
  | { readonly kind: 'client'; readonly state: ClientState }
  /** A call is made. */
  | ({
      readonly kind: 'entered';
      readonly name: string;
      /** The arguments in words, with commas between. */
      readonly args: string;
      readonly select?: SelectCall;
    } & Named &
      About)
  /** It has returned. */
  | ({
      readonly kind: 'left';
      readonly name: string;
      /** What it returned and what it filled in, or why it failed: `15, "hello\n"`, `EAGAIN`. */
      readonly result: string;
      readonly select?: SelectCall;
    } & Named)
  /** A callback of an event base begins. */
  | ({ readonly kind: 'called'; readonly what: string } & Named & About)
  /** It has ended. */
  | ({ readonly kind: 'returned' } & Named)
  /** So many calls and callbacks that are only counted. */
  | {
      readonly kind: 'folded';
      readonly pid: number;
      readonly thread: number;
      readonly from: number;
      readonly until: number;
      readonly calls: number;
    }
  /** What tells of a program’s calls in its place can’t: the errno says why. */
  | { readonly kind: 'untraced'; readonly why: string }
  /** A client has sent, or received, bytes that end a line. */
  | {
      readonly kind: 'line';
      readonly way: 'sent' | 'received';
      readonly bytes: number;
      readonly time: number;
    };

/** An object of JSON, whose fields can be anything. */
type Claims = Readonly<Record<string, unknown>>;

/** Reads a line; undefined for what is not of this format. */
export function readFeed(line: string): FeedItem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  switch (value.type) {
    case 'enter':
      return entered(value);
    case 'exit':
      return left(value);
    case 'callback':
      return called(value);
    case 'return': {
      const named = namedOf(value);
      return named && { kind: 'returned', ...named };
    }
    case 'folded':
      return folded(value);
    case 'counts':
      return isCounts(value.counts) && isTime(value.time)
        ? { kind: 'counts', counts: value.counts, time: value.time }
        : undefined;
    case 'client': {
      const state = CLIENT_STATES.find((each) => each === value.state);
      return state && { kind: 'client', state };
    }
    case 'untraced':
      return isText(value.why) ? { kind: 'untraced', why: cut(value.why) } : undefined;
    case 'line':
      return clientLine(value);
    default:
      return undefined;
  }
}

function entered(claims: Claims): FeedItem | undefined {
  const { call: name, args = [], sets } = claims;
  const named = namedOf(claims);
  if (!named || !isName(name) || !isTexts(args)) return undefined;
  const item = { kind: 'entered', name, args: cut(args.join(', ')), ...named } as const;
  const about = aboutOf(claims);
  if (name !== 'select') return { ...item, ...about };
  const found = setsOf(sets);
  const [nfds = '0'] = args;
  if (!found || !/^\d{1,4}$/.test(nfds)) return undefined;
  // An fd_set has no more bits, whatever is claimed.
  const looksAt = Math.min(Number(nfds), FD_SETSIZE);
  return { ...item, ...about, select: { returned: false, nfds: looksAt, ...found } };
}

function left(claims: Claims): FeedItem | undefined {
  const { call: name, result, error, out, sets } = claims;
  const named = namedOf(claims);
  if (!named || !isName(name) || typeof result !== 'number' || !Number.isFinite(result)) {
    return undefined;
  }
  if (!isText(error ?? '') || !isText(out ?? '')) return undefined;
  const returned = isText(out) && out !== '' ? `${result}, ${out}` : String(result);
  const words = isText(error) ? error : returned;
  const item = { kind: 'left', name, result: cut(words), ...named } as const;
  if (name !== 'select') return item;
  const found = setsOf(sets);
  return found && { ...item, select: { returned: true, ...found } };
}

function called(claims: Claims): FeedItem | undefined {
  const named = namedOf(claims);
  const { what } = claims;
  if (!named || !isText(what)) return undefined;
  return { kind: 'called', what: cut(what), ...named, ...aboutOf(claims) };
}

function folded({ pid, thread, from, until, calls }: Claims): FeedItem | undefined {
  if (!isWhole(pid, MOST_INT) || !isWhole(thread, MOST_INT) || !isWhole(calls, MOST_CALLS)) {
    return undefined;
  }
  if (!isTime(from) || !isTime(until) || until < from) return undefined;
  return { kind: 'folded', pid, thread, from, until, calls };
}

function clientLine({ way, bytes, time }: Claims): FeedItem | undefined {
  if (way !== 'sent' && way !== 'received') return undefined;
  if (!isWhole(bytes, MOST_CALLS) || !isTime(time)) return undefined;
  return { kind: 'line', way, bytes, time };
}

function namedOf({ pid, thread, id, time }: Claims): Named | undefined {
  if (!isWhole(pid, MOST_INT) || !isWhole(thread, MOST_INT)) return undefined;
  if (!isWhole(id, Number.MAX_SAFE_INTEGER) || !isTime(time)) return undefined;
  return { pid, thread, id, time };
}

/** What is not of this form is left out, since the rest can be true: a program may be in a folder of its own. */
function aboutOf({ fd, file, line }: Claims): About {
  const isPlace = typeof file === 'string' && PROGRAM_NAME.test(file) && isWhole(line, MOST_INT);
  return {
    ...(isWhole(fd, MOST_INT) && { fd }),
    ...(isPlace && line > 0 && { file, line }),
  };
}

/** The sets that a call such as select(2) has; it has none if it failed: it has found nothing then. */
function setsOf(sets: unknown): { read: readonly number[]; write: readonly number[] } | undefined {
  if (sets === undefined) return { read: [], write: [] };
  if (!isObject(sets) || !isSet(sets.read) || !isSet(sets.write)) return undefined;
  return { read: sets.read, write: sets.write };
}

function isSet(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length > FD_SETSIZE) return false;
  return value.every((fd, index) => {
    // The library names them in order, so that none is there twice.
    return isWhole(fd, FD_SETSIZE - 1) && (index === 0 || fd > value[index - 1]);
  });
}

function isCounts(value: unknown): value is Readonly<Record<string, number>> {
  if (!isObject(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MOST_CALL_NAMES &&
    entries.every(([name, count]) => isName(name) && isWhole(count, MOST_CALLS))
  );
}

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && CALL_NAME.test(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= MOST_ARGUMENTS && value.every(isText);
}

/** Of any length that a line of a feed has room for: what would be too long for a page is cut afterwards. */
function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LATEST;
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

/** Words for a page: short, on one line, and nothing in them that turns other words round. */
function cut(text: string): string {
  const words = text.length <= LONGEST_WORDS ? text : `${text.slice(0, LONGEST_WORDS - 1)}…`;
  return words.replace(STEERS, '�');
}
