/** What each reader has of the server: connections, runs, and starts. A reader is an address. Pure. */
import { Allowance } from '../allowance.ts';
import { isLoopback, readerOf } from '../client-address.ts';
import type { PerReader } from '../config.ts';

/** Readers without anything who are remembered for their starts, at most. */
const MOST_REMEMBERED = 10_000;
/** For each run that a reader may have, so many connections: one that is lost is replaced by another. */
const SOCKETS_A_RUN = 2;
/** For each of them, so many starts at once and again in every minute. */
const STARTS_A_RUN = 5;
/** Connections beyond those of runs: each is on its way to becoming one. */
const SPARE_SOCKETS = 4;

interface Reader {
  sockets: number;
  /** Those in the queue included. */
  runs: number;
  readonly starts: Allowance;
}

/** Why a reader gets no further run. */
export interface ReaderRefusal {
  readonly why: 'reader-runs' | 'reader-starts';
  /** For the reader, in words. */
  readonly message: string;
}

/** Gives something back. Called once. */
export type GiveBack = () => void;

/** Counts what readers have. */
export class Readers {
  readonly #limit: PerReader;
  readonly #readers = new Map<string, Reader>();
  readonly #now: () => number;

  /** @param now in milliseconds, from any start */
  constructor(limit: PerReader, now = () => performance.now()) {
    this.#limit = limit;
    this.#now = now;
  }

  /** How many readers are remembered. */
  get size(): number {
    return this.#readers.size;
  }

  /** The most connections of one reader. */
  get mostSockets(): number {
    return this.#limit.most * SOCKETS_A_RUN + SPARE_SOCKETS;
  }

  /** The most starts of one reader at once, and then in a minute. */
  get #mostStarts(): number {
    return this.#limit.most * STARTS_A_RUN;
  }

  /** Whether one more connection may be opened from this address. */
  mayOpen(address: string): boolean {
    if (this.#isUnlimited(address)) return true;
    return (this.#readers.get(readerOf(address))?.sockets ?? 0) < this.mostSockets;
  }

  /** How many more runs may be had from this address. */
  runsLeft(address: string): number {
    if (this.#isUnlimited(address)) return Infinity;
    return this.#limit.most - (this.#readers.get(readerOf(address))?.runs ?? 0);
  }

  /** A connection is opened. @returns to be called when it is closed */
  opened(address: string): GiveBack {
    const reader = this.#reader(address);
    reader.sockets += 1;
    return () => (reader.sockets -= 1);
  }

  /**
   * Takes one of the runs that a reader may have.
   * @returns to be called when it is over; or why there is none
   */
  takeRun(address: string): GiveBack | ReaderRefusal {
    const reader = this.#reader(address);
    if (!this.#isUnlimited(address)) {
      const { most } = this.#limit;
      if (reader.runs >= most) return { why: 'reader-runs', message: tooManyRuns(most) };
      const now = this.#now();
      const wait = reader.starts.overdrawn(now);
      if (wait > 0) {
        return { why: 'reader-starts', message: tooManyStarts(this.#mostStarts, wait) };
      }
      reader.starts.use(1, now);
    }
    reader.runs += 1;
    return () => (reader.runs -= 1);
  }

  #isUnlimited(address: string): boolean {
    return !this.#limit.loopback && isLoopback(address);
  }

  #reader(address: string): Reader {
    const name = readerOf(address);
    let reader = this.#readers.get(name);
    if (!reader) {
      this.#forget();
      const most = this.#mostStarts;
      reader = { sockets: 0, runs: 0, starts: new Allowance(most - 1, most / 60, this.#now()) };
    } else {
      this.#readers.delete(name);
    }
    // Those who came last stand last.
    this.#readers.set(name, reader);
    return reader;
  }

  /** Forgets those who have not been here for the longest time and have nothing: there are more addresses than memory. */
  #forget(): void {
    if (this.#readers.size < MOST_REMEMBERED) return;
    for (const [name, { runs, sockets }] of this.#readers) {
      if (runs > 0 || sockets > 0) continue;
      this.#readers.delete(name);
      return;
    }
  }
}

function tooManyRuns(most: number): string {
  const [runs, stop] = most === 1 ? ['a run', 'it'] : [`${most} runs`, 'one'];
  return `Your address has ${runs} already, queued ones included, and may have no more. Stop ${stop} first.`;
}

function tooManyStarts(most: number, wait: number): string {
  const seconds = Math.ceil(wait / 1000);
  const time = seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `Your address has started ${most} runs in a short time. Try again in ${time}.`;
}
