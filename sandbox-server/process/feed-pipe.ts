/**
 * Reads a feed: the pipe through which a program tells of its system calls. It is always read, since a
 * full one would block the program, but no faster than is good for the other readers of the book.
 */
import type { Readable } from 'node:stream';
import { Allowance } from '../allowance.ts';
import { lineSplitter } from './lines.ts';

/** The longest line, in bytes; what a program calls has shorter ones. */
const LONGEST_LINE = 64 * 1024;
/** Bytes a second that are read line by line, and how many at once; lines beyond it are dropped. */
const HEARD_A_SECOND = 256 * 1024;
const HEARD_AT_ONCE = 512 * 1024;
/** Bytes a second that are taken at all, and how many at once; beyond it the program waits. */
const TAKEN_A_SECOND = 8 * 1024 * 1024;
const TAKEN_AT_ONCE = 8 * 1024 * 1024;

/** What a feed is told through. */
export interface FeedEvents {
  line(text: string): void;
  /** Lines were dropped because more came than can be shown. Called once. */
  dropped(): void;
}

/**
 * Follows a feed until it ends.
 * @param clock milliseconds since some moment
 */
export function followFeed(
  pipe: Readable,
  events: FeedEvents,
  clock: () => number = () => performance.now(),
): void {
  const heard = new Allowance(HEARD_AT_ONCE, HEARD_A_SECOND, clock());
  const taken = new Allowance(TAKEN_AT_ONCE, TAKEN_A_SECOND, clock());
  let told = false;
  let resume: NodeJS.Timeout | undefined;
  const split = lineSplitter(LONGEST_LINE, (line) => events.line(line));
  pipe.on('error', () => {});
  pipe.on('close', () => clearTimeout(resume));
  pipe.on('data', (chunk: Buffer) => {
    const now = clock();
    if (heard.overdrawn(now) === 0) {
      heard.use(chunk.length, now);
      split(chunk);
    } else {
      split.skip();
      if (!told) events.dropped();
      told = true;
    }
    taken.use(chunk.length, now);
    const wait = taken.overdrawn(now);
    if (wait === 0 || resume) return;
    pipe.pause();
    resume = setTimeout(() => {
      resume = undefined;
      pipe.resume();
    }, wait);
  });
}
