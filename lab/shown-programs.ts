/** The files of a lab as the editor on its page has them. Pure. */
import { findLab, findProgram, type Modules } from './catalog.ts';
import { linesToChange, type Lines } from './exercise.ts';
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
