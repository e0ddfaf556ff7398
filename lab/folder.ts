/** Where labs are found: each is a folder `CHAPTER/ID/` of the content, with a definition in `lab.ts`. */
import { didYouMean } from './nearest.ts';

/** A file of a lab, by the end of its path. */
export interface LabFile {
  readonly chapter: string;
  /** The lab’s id: the name of its folder. */
  readonly id: string;
  /** Its name within the folder. */
  readonly name: string;
}

/** Which file of which lab this path is of. */
export function labFile(path: string): LabFile {
  const [chapter = '', id = '', name = ''] = path.split('/').slice(-3);
  return { chapter, id, name };
}

/**
 * The pattern, for glob(7), of the definitions below the content folder.
 * @param id only the lab with this id
 */
export function definitionsPattern(id = '*'): string {
  return `*/${id}/lab.ts`;
}

/**
 * Says that there is no lab with this id.
 * @param known the ids that there are, if they are to be named
 */
export function noSuchLab(id: string, known?: Iterable<string>): string {
  const sentence = `There is no lab “${id}”.`;
  if (known === undefined) return sentence;
  const ids = [...new Set(known)].sort();
  return ids.length > 0
    ? `${sentence}${didYouMean(id, ids)} The labs are: ${ids.join(', ')}.`
    : `${sentence} There is none at all.`;
}
