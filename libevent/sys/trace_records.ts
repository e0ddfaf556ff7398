import type { Site } from './trace_sites.ts';
import type { Folded } from './trace_budget.ts';
import type { DescriptorSets } from './trace_words.ts';

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
  /**
   * The number of the call within its thread; the two records of a call have the same. Callbacks are
   * numbered with the calls.
   */
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
  /** On entry: the descriptor that the call is about, if its first argument is one. */
  readonly fd?: number | undefined;
  /** On entry, where sites are asked for: the program that made the call, and the line. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
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

/** A callback of an event base begins. */
export interface CallbackRecord {
  readonly type: 'callback';
  readonly pid: number;
  readonly thread: number;
  readonly id: number;
  readonly time: number;
  /** What for: `EV_READ`, `EV_TIMEOUT`, `EV_SIGNAL SIGINT`, `deferred`, `accept`, `read`, `write`, `event`. */
  readonly what: string;
  /** The descriptor of its event, if it has one; of `accept`, the new connection’s. */
  readonly fd?: number;
  /** Where the program’s function begins, once a call that it made has shown that. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** A callback has ended, or thrown. */
export interface ReturnRecord {
  readonly type: 'return';
  readonly pid: number;
  readonly thread: number;
  readonly id: number;
  readonly time: number;
}

/** So many calls and callbacks have no records, since they were more than may be written. */
export interface FoldedRecord {
  readonly type: 'folded';
  readonly pid: number;
  readonly thread: number;
  /** When the first and the last of them began. */
  readonly from: number;
  readonly until: number;
  readonly calls: number;
}

/**
 * Makes the lines of the records of one thread. By hand: `JSON.stringify()` of an object takes three times
 * as long, and a program makes thousands of calls a second.
 *
 * @internal
 */
export class TraceLines {
  readonly #who: string;

  constructor(pid: number, thread: number) {
    this.#who = `"pid":${pid},"thread":${thread}`;
  }

  enter(
    id: number,
    call: string,
    now: number,
    args: readonly string[],
    fd: number | undefined,
    site: Site | undefined,
    repeated: number,
    sets: DescriptorSets | undefined,
  ): string {
    const about = (fd === undefined ? '' : `,"fd":${fd}`) + siteFields(site);
    const more = repeated === 0 ? '' : `,"repeated":${repeated}`;
    return `{"type":"enter",${this.#head(id, now)},"call":"${call}"${more},"args":${JSON.stringify(args)}${about}${setsField(sets)}}\n`;
  }

  exit(
    id: number,
    call: string,
    now: number,
    result: number,
    error: string | undefined,
    out: string | undefined,
    sets: DescriptorSets | undefined,
  ): string {
    const why = error === undefined ? '' : `,"error":"${error}"`;
    const filled = out === undefined ? '' : `,"out":${JSON.stringify(out)}`;
    return `{"type":"exit",${this.#head(id, now)},"call":"${call}","result":${result}${why}${filled}${setsField(sets)}}\n`;
  }

  counts(now: number, counts: CountsRecord['counts']): string {
    return `{"type":"counts",${this.#who},"time":${time(now)},"counts":${JSON.stringify(counts)}}\n`;
  }

  callback(id: number, now: number, what: string, fd: number, site: Site | undefined): string {
    const about = (fd < 0 ? '' : `,"fd":${fd}`) + siteFields(site);
    return `{"type":"callback",${this.#head(id, now)},"what":${JSON.stringify(what)}${about}}\n`;
  }

  return(id: number, now: number): string {
    return `{"type":"return",${this.#head(id, now)}}\n`;
  }

  folded({ from, until, calls }: Folded): string {
    return `{"type":"folded",${this.#who},"from":${time(from)},"until":${time(until)},"calls":${calls}}\n`;
  }

  #head(id: number, now: number): string {
    return `${this.#who},"id":${id},"time":${time(now)}`;
  }
}

/** Milliseconds since 1970, to the microsecond, of a time by performance.now(). */
function time(now: number): number {
  return Math.round((performance.timeOrigin + now) * 1000) / 1000;
}

function siteFields(site: Site | undefined): string {
  return site === undefined ? '' : `,"file":${JSON.stringify(site.file)},"line":${site.line}`;
}

function setsField(sets: DescriptorSets | undefined): string {
  return sets === undefined ? '' : `,"sets":${JSON.stringify(sets)}`;
}
