/**
 * What a measurement tells of itself through its feed, a line each. Without the schema that `measure.ts` reads
 * it by, since this part also runs inside sandboxes, where no package for it is.
 */

/** The variable with the number of the descriptor for it. */
export const MEASURE_FEED_VARIABLE = 'READABLE_MEASURE_FD';

/** How many clients a reader can have servers measured with. */
export const MEASURE_CLIENTS = [1, 10, 50, 200, 1000] as const;
/** How many in a hundred of them may talk; or, of descriptors, how many of all that are watched. */
export const MEASURE_BUSY = [1, 10, 100] as const;
/** The most series of one measurement: servers, or ways to wait. */
export const MOST_SERIES = 12;
/** No figure is larger. */
export const MOST_FIGURE = 1e12;
/** The longest reason why something was not measured, in characters. */
export const LONGEST_REASON = 300;

/** What a reader has measured. */
export interface MeasureOrder {
  /** How many clients each server has. Of no matter where descriptors are watched. */
  readonly clients: number;
  /** Of a server's clients, so many in a hundred talk; of descriptors, so many have something to read. */
  readonly busy: number;
}

/** What a server does with so many clients, so far. */
export interface ServerFigures {
  /** How many of the clients are connected: a server may turn some away. */
  readonly connected: number;
  /** Answers a second. */
  readonly answers: number;
  /** How long a line took that half of all were no slower than, in milliseconds. */
  readonly middle: number;
  /** And 99 in 100. */
  readonly slow: number;
  /** The slowest. */
  readonly slowest: number;
  /** Processes of the server. */
  readonly processes: number;
  /** Threads, over all of these. */
  readonly threads: number;
  /** Memory that each client that is connected has cost it, in bytes: its PSS now, less that before they came. */
  readonly memory: number;
  /** The share of a processor that the server took: 1 for one that never rested. */
  readonly processor: number;
}

/** A line of a measurement's feed. */
export type MeasureRecord = { readonly type: 'measure' } & (
  | {
      readonly state: 'began';
      /** The name of the series: of a server, `rot13-fork`; of a way to wait, `epoll`. */
      readonly series: string;
    }
  /** A server under its load, a few times a second; the last with `final`. */
  | ({
      readonly state: 'served';
      readonly series: string;
      readonly clients: number;
      /** In a hundred. */
      readonly busy: number;
      readonly final: boolean;
    } & ServerFigures)
  /** What a pass of a loop cost that watches so many descriptors, of which `busy` have something to read. */
  | {
      readonly state: 'passed';
      readonly series: string;
      readonly descriptors: number;
      readonly busy: number;
      /** Microseconds a pass: the median of many. */
      readonly micros: number;
    }
  /** What was not measured, and why, in a sentence. */
  | { readonly state: 'skipped'; readonly series: string; readonly why: string }
  | { readonly state: 'done' }
);

/** The line that tells this. */
export function measureRecordLine(record: MeasureRecord): string {
  return `${JSON.stringify(record)}\n`;
}
