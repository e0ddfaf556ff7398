/**
 * Lines of programs: which line of the text that a page shows a line of the text that ran is. The page leaves
 * out the marks of regions, and a way may run with a few lines changed. Pure, and small: a page has it.
 */

/** A line of a file of a lab, from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/**
 * Lines that follow each other in both texts: from line `ran` on, up to the next run of lines, each is the one
 * that is shown so much further up or down. Null for lines that are not shown.
 */
export type LineRun = readonly [ran: number, shown: number | null];

/** Which line is shown of one that ran; undefined if none is. */
export function shownOf(line: number, runs: readonly LineRun[]): number | undefined {
  const run = runs.findLast(([ran]) => ran <= line);
  if (!run) return undefined;
  const [ran, shown] = run;
  return shown === null ? undefined : shown + line - ran;
}

/**
 * Makes runs of single lines.
 * @param shown for each line that ran, from the first on, the one that is shown
 */
export function lineRuns(shown: readonly (number | undefined)[]): LineRun[] {
  const runs: LineRun[] = [];
  for (const [index, at] of shown.entries()) {
    const line = index + 1;
    const last = runs.at(-1);
    const goesOn = last && (at === undefined ? last[1] === null : shownOf(line, [last]) === at);
    if (!goesOn) runs.push([line, at ?? null]);
  }
  return runs;
}
