/** The files of a lab as the editor on its page has them. Pure. */
import { findLab, type Modules } from './catalog.ts';
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
