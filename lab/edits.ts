/** A reader’s own versions of the programs of a lab, before they are sent. Pure. */
import { MAX_EDIT, MAX_EDITS, sizeOfText, UNSHOWN, type Edit } from '../protocol/messages.ts';
import type { Lab } from './definition.ts';
import { either } from './nearest.ts';

const KiB = 1024;

/** Which programs a lab has. */
interface Programs {
  readonly server: Pick<Lab['server'], 'program'>;
  readonly programs: readonly Pick<Lab['programs'][number], 'program'>[];
}

/** The files of a lab that a reader may edit: those of its programs, each once, the server program’s first. */
export function editableFiles({ server, programs }: Programs): string[] {
  return [...new Set([server, ...programs].map(({ program }) => program))];
}

/**
 * Why the sandbox server would not take these edits, in a sentence for the reader.
 * @param files the files that may be edited: {@link editableFiles}. Without them any may.
 * @returns undefined if it takes them
 */
export function editProblem(edits: readonly Edit[], files?: readonly string[]): string | undefined {
  if (edits.length > MAX_EDITS) {
    return `There are edits of ${edits.length} files; a run may have ${MAX_EDITS}.`;
  }
  const seen = new Set<string>();
  for (const { file, text } of edits) {
    if (files && !files.includes(file)) {
      return `${file} is not a program of this lab: edit ${either(files, (each) => each)}.`;
    }
    if (seen.has(file)) return `There are two edits of ${file}; a run may have one.`;
    seen.add(file);
    const size = sizeOfText(text);
    if (size > MAX_EDIT) {
      return `${file} has ${inKiB(size)} KiB; an edit may have ${MAX_EDIT / KiB}.`;
    }
    const at = text.search(UNSHOWN);
    if (at >= 0) {
      const line = text.slice(0, at).split(/\r\n?|\n/).length;
      return `${file} has a character in line ${line} that is not shown, such as NUL. Remove it.`;
    }
  }
  return undefined;
}

/** A size that is too large by a byte has to read as too large. */
function inKiB(bytes: number): string {
  const tenths = Math.ceil((bytes * 10) / KiB) / 10;
  return tenths.toLocaleString('en');
}
