/** What became of the check of an exercise, once its run is over. Pure. */
import type { CheckFailure, CheckRecord } from '../protocol/check-feed.ts';
import { endText, processEndText, type RunEnd } from './status.ts';

/** How a check went. */
export type CheckOutcome =
  | { readonly kind: 'passed'; readonly seed: number; readonly runs: number }
  | { readonly kind: 'failed'; readonly failure: CheckFailure }
  /** Nobody knows whether the program does what it should. */
  | {
      readonly kind: 'unfinished';
      /** That it is so, and why, in sentences. */
      readonly text: string;
    };

function unfinished(end: RunEnd): CheckOutcome {
  // What runs in the place of the server is the checker.
  const why = end.kind === 'finished' ? processEndText('The checker', end.end) : endText(end);
  return { kind: 'unfinished', text: `The check did not finish. ${why}` };
}

/**
 * Tells how a check went. Only what the checker itself said last counts: a run that ends without a verdict, as
 * one that is stopped, that takes too long or whose program has killed its checker, has neither passed nor failed.
 * @param last the last record of its checker; undefined if there was none
 * @param end why its run is over
 */
export function checkOutcome(last: CheckRecord | undefined, end: RunEnd): CheckOutcome {
  if (last?.state === 'failed') return { kind: 'failed', failure: last };
  if (last?.state !== 'passed') return unfinished(end);
  // A checker whose program passed ends well. One that did not has come to harm after all.
  const harmed = end.kind === 'finished' && !(end.end.kind === 'exited' && end.end.code === 0);
  return harmed ? unfinished(end) : { kind: 'passed', seed: last.seed, runs: last.runs };
}
