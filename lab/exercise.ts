/**
 * What makes a lab an exercise: a task for its server program, and what belongs to it. Pure. The part that
 * is to be changed is the program’s region `change`; the rest is there to be read.
 */
import * as z from 'zod';
import type { Patch } from './patch.ts';
import { regionsOf, withoutRegionMarks } from './regions.ts';

const file = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]*\.ts$/,
    'name a TypeScript file of the lab’s own folder, as solution.ts',
  );

/** The schema of an exercise. */
export const exerciseSchema = z.strictObject({
  /** What the reader is to do, in a sentence or two. */
  task: z.string().min(1).max(400),
  /** In the order in which they are shown, each telling more than the one before. */
  hints: z.array(z.string().min(1).max(300)).min(1).max(5),
  /** The server program as it should be. */
  solution: file,
  /** What checks a program by its behaviour: `export default function check(kit: Kit): Check`. */
  check: file,
});

/** An exercise, checked. */
export type Exercise = z.output<typeof exerciseSchema>;

/** The name of the region that is to be changed. */
export const CHANGE_REGION = 'change';

/** An answer that is plausible and wrong, as a change of the solution. */
export interface WrongAnswer {
  readonly name: string;
  /** The expectation that it does not meet. */
  readonly fails: string;
  /** What is different from the solution. */
  readonly patch: Patch;
}

/** Lines of a text, counted from 1, both ends included. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/**
 * Where the part to be changed is, in the program as a reader sees it, without the marks of regions.
 * @param name what to call the program in a message
 * @throws Error when it is not marked, or marked wrongly
 */
export function linesToChange(text: string, name: string): Lines {
  if (!regionsOf(text, name).has(CHANGE_REGION)) {
    throw new Error(
      `${name}: mark the part to be changed with // #region ${CHANGE_REGION} and // #endregion.`,
    );
  }
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^\s*\/\/ #region\s+change\s*$/.test(line));
  const end = lines.findIndex((line, at) => at > start && /^\s*\/\/ #endregion\b/.test(line));
  const seen = (upTo: number): number =>
    withoutRegionMarks(lines.slice(0, upTo).join('\n')).split('\n').length;
  const before = start === 0 ? 0 : seen(start);
  return { first: before + 1, last: seen(end) };
}
