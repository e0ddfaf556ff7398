/** Finds a lab for a page among all there are, when the page is built. Pure. */
import { parseLab, type Lab } from './definition.ts';
import { withoutRegionMarks } from './regions.ts';

/** A program of a lab, as a page shows it. */
export interface ProgramSource {
  /** Its file name in the lab’s folder. */
  readonly file: string;
  /** Its text, without the marks of its regions. */
  readonly text: string;
}

/** A lab with the text of its programs. */
export interface CatalogEntry {
  readonly lab: Lab;
  /** Each of its programs once, the one that the lab is about first. */
  readonly sources: readonly ProgramSource[];
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
  // A program that the reader starts is what its lab is about; the server is there for it.
  const onDemand = lab.programs.filter(({ starts }) => starts === 'on-demand');
  const all = [...onDemand, lab.server, ...lab.programs].map(({ program }) => program);
  const sources = [...new Set(all)].map((file) => {
    const text = programs[`${folder}/${file}`];
    if (text === undefined || text.trim() === '') {
      throw new Error(
        `${path} names the program “${file}”, but ${folder}/ has no such file, or it is empty. ` +
          `Add it, or name another.`,
      );
    }
    return { file, text: withoutRegionMarks(text) };
  });
  return { lab, sources };
}
