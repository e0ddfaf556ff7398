/** Finds a lab for a page among all there are, when the page is built. Pure. */
import { parseLab, type Lab } from '../../content/lab.ts';

/** A lab with the text of its program. */
export interface CatalogEntry {
  readonly lab: Lab;
  /** The text of `lab.server.program`. */
  readonly source: string;
}

/** Modules by path, as `import.meta.glob` gives them. */
export type Modules<T> = Readonly<Record<string, T>>;

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * The lab with this id, checked.
 * @param definitions every `content/CHAPTER/ID/lab.ts`
 * @param programs the text of every `.ts` file under `content/`
 * @throws Error that tells an author what to change
 */
export function findLab(
  id: string,
  definitions: Modules<{ default?: unknown }>,
  programs: Modules<string>,
): CatalogEntry {
  const paths = Object.keys(definitions).sort();
  const path = paths.find((candidate) => nameOf(folderOf(candidate)) === id);
  if (path === undefined) {
    const ids = paths.map((candidate) => nameOf(folderOf(candidate)));
    throw new Error(
      `There is no lab “${id}”. ` +
        (ids.length > 0 ? `The labs are: ${ids.join(', ')}. ` : 'There is none at all. ') +
        `A lab is a folder content/CHAPTER/${id || 'ID'}/ with a lab.ts.`,
    );
  }
  const folder = folderOf(path);
  const lab = parseLab(definitions[path]?.default, path, nameOf(folder));
  const source = programs[`${folder}/${lab.server.program}`];
  if (source === undefined || source.trim() === '') {
    throw new Error(
      `${path} names the program “${lab.server.program}”, but ${folder}/ has no such file, or it is empty. ` +
        `Add it, or name another in server.program.`,
    );
  }
  return { lab, source };
}
