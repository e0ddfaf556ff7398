/**
 * What the checker of an exercise tells of itself through its feed, a line each. Without the schema that
 * `check-result.ts` reads it by, since this part also runs inside sandboxes, where no package for it is.
 */

/** The variable with the number of the descriptor for it. */
export const CHECK_FEED_VARIABLE = 'READABLE_CHECK_FD';

/** The most of each, so that a line is never longer than a feed’s may be. */
export const CHECK_LIMITS = { steps: 41, step: 180, printed: 16, line: 100, text: 300 } as const;

/** What a program did wrong, and the shortest way to see it. */
export interface CheckFailure {
  readonly type: 'check';
  readonly state: 'failed';
  /** The same again, with this. */
  readonly seed: number;
  /** The name of the expectation: `answers`. */
  readonly expectation: string;
  /** What it is about, in words. */
  readonly about: string;
  /** What should have come, in words. */
  readonly expected: string;
  /** What came instead, in words. */
  readonly seen: string;
  /** Who did what, a sentence each. */
  readonly steps: readonly string[];
  /** What the program printed in that run, a line each. */
  readonly printed: readonly string[];
}

/** A line of a checker’s feed. */
export type CheckRecord =
  /** So many sequences have passed, of so many. */
  | {
      readonly type: 'check';
      readonly state: 'progress';
      readonly done: number;
      readonly total: number;
    }
  /** One failed, and a shorter one is looked for: so many were tried. */
  | { readonly type: 'check'; readonly state: 'shortening'; readonly tried: number }
  | {
      readonly type: 'check';
      readonly state: 'passed';
      readonly seed: number;
      readonly runs: number;
    }
  | CheckFailure;

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A failure with nothing in it that is longer than it may be. */
export function boundedFailure(failure: CheckFailure): CheckFailure {
  const { steps, step, printed, line, text } = CHECK_LIMITS;
  return {
    ...failure,
    about: cut(failure.about, text),
    expected: cut(failure.expected, text),
    seen: cut(failure.seen, text),
    steps: failure.steps.slice(0, steps).map((each) => cut(each, step)),
    printed: failure.printed.slice(0, printed).map((each) => cut(each, line)),
  };
}

/** The line that tells this. */
export function checkRecordLine(record: CheckRecord): string {
  return `${JSON.stringify(record)}\n`;
}
