/** What the way that a reader chose means for a program. Pure, and without a schema: the page needs it, too. */
import type { LabProgram } from './definition.ts';

/** The way in which a program runs: the first if it has none of this name. */
export function chosenWay(
  { ways }: LabProgram,
  way: string | undefined,
): NonNullable<LabProgram['ways']>[number] | undefined {
  return ways?.find(({ name }) => name === way) ?? ways?.[0];
}

/**
 * What a program runs with: the name of the chosen way if its patch is in the text, or undefined for the
 * file as it stands. A reader’s own version of the file is theirs to the last line: no patch is put into it.
 * @param edited the files that run in a version of the reader’s
 */
export function patchThatRuns(
  program: LabProgram,
  way: string | undefined,
  edited: ReadonlySet<string>,
): string | undefined {
  const chosen = chosenWay(program, way);
  return chosen?.patch && !edited.has(program.program) ? chosen.name : undefined;
}

/**
 * What to tell a reader whose own version of a file runs although the chosen way would change that file;
 * undefined if there is nothing to tell. Other parameters are those of {@link patchThatRuns}.
 */
export function patchLeftOut(
  program: LabProgram,
  way: string | undefined,
  edited: ReadonlySet<string>,
): string | undefined {
  const chosen = chosenWay(program, way);
  return chosen?.patch && edited.has(program.program)
    ? `Your own ${program.program} runs. It doesn’t have the changes of “${chosen.label}”.`
    : undefined;
}
