/** The files of a lab as the editor on its page has them. Pure. */
import { findLab, findProgram, type Modules } from './catalog.ts';
import { programsOf, type Lab } from './definition.ts';
import { linesToChange, type Lines } from './exercise.ts';
import { patchedWays, patchedLines } from './patch.ts';
import { lineRuns, type LineRun } from './source-line.ts';
import { unshownLines, withoutRegionMarks } from './regions.ts';

/** A file of a lab that a reader looks at. */
export interface ShownProgram {
  /** Its name in the lab’s folder. */
  readonly file: string;
  /** Its text, without the marks of its regions. */
  readonly text: string;
  /** Whether it is a program, which a reader may change; what programs import stays as it is. */
  readonly isEditable: boolean;
  /** The numbers of its lines, from 1, that are not shown: where it runs as it is, they count. */
  readonly unshown: readonly number[];
}

/** What an editor has to know of an exercise. */
export interface ShownExercise {
  /** The server program as it should be, without the marks of its regions. */
  readonly solution: string;
  /** The part of the server program that is to be changed. */
  readonly change: Lines;
}

/** `from './rotate.ts'`, `import('./rotate.ts')` */
const OWN_IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]\.\/([\w.-]+\.ts)['"]/g;

/**
 * The programs of a lab, then the files of its folder that they import.
 * @throws Error as {@link findLab}
 */
export function shownPrograms(
  id: string,
  definitions: Modules<{ default?: unknown }>,
  programs: Modules<string>,
): ShownProgram[] {
  const { folder, sources } = findLab(id, definitions, programs);
  const files = new Set(sources.map(({ file }) => file));
  const shown: ShownProgram[] = [];
  // A set that grows while it is walked is walked to its end.
  for (const file of files) {
    const text = programs[`${folder}/${file}`];
    if (text === undefined) continue;
    const isEditable = sources.some((source) => source.file === file);
    shown.push({ file, text: withoutRegionMarks(text), isEditable, unshown: unshownLines(text) });
    for (const [, imported = ''] of text.matchAll(OWN_IMPORT)) files.add(imported);
  }
  return shown;
}

/**
 * What belongs to a lab’s exercise; undefined for a lab without one.
 * @throws Error as {@link findLab}, and for a part to be changed that is not marked
 */
export function shownExercise(
  id: string,
  definitions: Modules<{ default?: unknown }>,
  programs: Modules<string>,
): ShownExercise | undefined {
  const { exercise, server } = findLab(id, definitions, programs).lab;
  if (!exercise) return undefined;
  const { path, text } = findProgram(programs, id, server.program);
  return {
    solution: withoutRegionMarks(findProgram(programs, id, exercise.solution).text),
    change: linesToChange(text, path),
  };
}

/**
 * Which lines of a program are shown of those that run: for the file as it stands under an empty name, and for each
 * way that changes it under the way’s.
 * @param folder the lab’s: `/content/events/rot13-event`
 */
export function lineRunsOf(
  programs: Modules<string>,
  lab: Lab,
  folder: string,
  file: string,
): Record<string, LineRun[]> {
  const text = programs[`${folder}/${file}`] ?? '';
  const unshown = new Set(unshownLines(text));
  let next = 1;
  const shown = text.split('\n').map((_, index) => (unshown.has(index + 1) ? undefined : next++));
  const runs: Record<string, LineRun[]> = { '': lineRuns(shown) };
  for (const { way, file: changed, patch } of patchedWays(programsOf(lab))) {
    if (changed !== file) continue;
    // A line that the way puts in is shown as the one whose place it takes.
    runs[way] = lineRuns(patchedLines(text, patch).map(({ at }) => shown[at]));
  }
  return runs;
}
