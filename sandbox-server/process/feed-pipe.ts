/**
 * Reads a feed: the pipe through which a program tells of its system calls. It is always read, since a
 * full one would block the program, but no more of it than is good for the other readers of the book. One
 * that goes on and on is closed, and its program goes on without it.
 */
import type { Readable } from 'node:stream';
import { LONGEST_FEED_LINE } from '../../protocol/feed.ts';
import { Allowance } from '../allowance.ts';
import { lineSplitter } from './lines.ts';
import { threadTime } from './thread-time.ts';

/** Bytes a second that are taken at all, and how many at once; beyond it the program waits. */
const TAKEN_A_SECOND = 8 * 1024 * 1024;
const TAKEN_AT_ONCE = 8 * 1024 * 1024;

/** What a feed is told through. */
export interface FeedEvents {
  /**
   * How many milliseconds of processor time hearing lines may take. What a line costs is for the program
   * to decide, so time is counted and not lines. The programs of a session share one, and its clients another.
   */
  readonly hearing: Allowance;
  /** So many bytes more have come. @returns whether that is still no more than may come in all */
  takes(bytes: number): boolean;
  line(text: string): void;
  /** A line was too long to be heard. Called for each. */
  tooLong(): void;
  /** Lines were dropped because hearing more would take too long. Called once. */
  dropped(): void;
  /** So many bytes were among them. Called again and again. */
  skipped(bytes: number): void;
  /** More has come than may, and the feed is closed. Called once. */
  closed(): void;
}

/** Two clocks, each in milliseconds since some moment. */
export interface FeedClocks {
  readonly now: () => number;
  /**
   * Goes on only while this thread has a processor. On a busy computer it waits for one in the middle of
   * a line, and that is not the program’s doing.
   */
  readonly worked: () => number;
}

const CLOCKS: FeedClocks = { now: () => performance.now(), worked: threadTime };

/** Follows a feed until it ends. */
export function followFeed(
  pipe: Readable,
  events: FeedEvents,
  { now, worked }: FeedClocks = CLOCKS,
): void {
  const taken = new Allowance(TAKEN_AT_ONCE, TAKEN_A_SECOND, now());
  let told = false;
  let resume: NodeJS.Timeout | undefined;
  const split = lineSplitter(
    LONGEST_FEED_LINE,
    (line) => events.line(line),
    () => events.tooLong(),
  );
  pipe.on('error', () => {});
  pipe.on('close', () => clearTimeout(resume));
  pipe.on('data', (chunk: Buffer) => {
    // What was read before it was closed still comes.
    if (pipe.destroyed) return;
    if (!events.takes(chunk.length)) {
      // The program finds nobody at the other end of it: EPIPE, as write(2) says.
      pipe.destroy();
      events.closed();
      return;
    }
    const began = now();
    // Whose time it is can be settled after the process has started.
    const { hearing } = events;
    if (hearing.overdrawn(began) === 0) {
      const before = worked();
      split(chunk);
      hearing.use(worked() - before, now());
    } else {
      split.skip();
      events.skipped(chunk.length);
      if (!told) events.dropped();
      told = true;
    }
    taken.use(chunk.length, began);
    const wait = taken.overdrawn(began);
    if (wait === 0 || resume) return;
    pipe.pause();
    resume = setTimeout(() => {
      resume = undefined;
      pipe.resume();
    }, wait);
  });
}
