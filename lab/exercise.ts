/**
 * What makes a lab an exercise: a task for its server program, and what belongs to it. Pure. The part that
 * is to be changed is the program’s region `change`; the rest is there to be read.
 */
import * as z from 'zod';
import type { Patch } from './patch.ts';
import { programFile } from './program-file.ts';
import { regionsOf, shownLinesOf, type Lines } from './regions.ts';

export type { Lines } from './regions.ts';

/** The schema of an exercise. */
export const exerciseSchema = z.strictObject({
  /** What the reader is to do, in a sentence or two. */
  task: z.string().min(1).max(400),
  /** In the order in which they are shown, each telling more than the one before. */
  hints: z.array(z.string().min(1).max(300)).min(1).max(5),
  /** The server program as it should be. */
  solution: programFile,
  /** What checks a program by its behaviour: `export default function check(kit: Kit): Check`. */
  check: programFile,
});

/** An exercise, checked. */
export type Exercise = z.output<typeof exerciseSchema>;

/** The name of the region that is to be changed. */
const CHANGE_REGION = 'change';

/** An answer that is plausible and wrong, as a change of the solution. */
export interface WrongAnswer {
  readonly name: string;
  /** The expectation that it does not meet. */
  readonly fails: string;
  /** What is different from the solution. */
  readonly patch: Patch;
}

/**
 * Where the part to be changed is, in the program as a reader sees it, without the marks of regions.
 * @param name what to call the program in a message
 * @throws Error when it is not marked, or marked wrongly
 */
export function linesToChange(text: string, name: string): Lines {
  // Says where marks do not make sense.
  regionsOf(text, name);
  const lines = shownLinesOf(text, CHANGE_REGION);
  if (lines) return lines;
  throw new Error(
    `${name}: mark the part to be changed with // #region ${CHANGE_REGION} and // #endregion.`,
  );
}
