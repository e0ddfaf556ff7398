/** Finds a lab, or a program of one, for a page among all there are, when the page is built. */
import { parseLab, programsOf, type Lab } from './definition.ts';
import { labFile, noSuchLab } from './folder.ts';
import { didYouMean } from './nearest.ts';
import { patchedWays, textOfWay } from './patch.ts';
import { parseRecorded, type Recorded } from './recorded.ts';
import { regionsOf, withoutRegionMarks } from './regions.ts';

/** A program of a lab, as a page shows it. */
export interface ProgramSource {
  /** Its file name in the lab’s folder. */
  readonly file: string;
  /** Its text, without the marks of its regions. */
  readonly text: string;
}

/** A way that changes lines of a program, as a page shows it. */
export interface WaySource {
  readonly way: string;
  /** What the reader chooses it by. */
  readonly label: string;
  /** The program’s file name, its text, and the text that runs in this way, without the marks of regions. */
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** A lab with the text of its programs. */
export interface CatalogEntry {
  readonly lab: Lab;
  /** The path of its folder: `/content/listeners/echo-listener`. */
  readonly folder: string;
  /** Each of its programs once, the one that the lab is about first. */
  readonly sources: readonly ProgramSource[];
  /** Its ways that change lines of a program. */
  readonly ways: readonly WaySource[];
}

/** Modules by path, as `import.meta.glob` gives them. */
export type Modules<T> = Readonly<Record<string, T>>;

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
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
  const path = paths.find((candidate) => labFile(candidate).id === id);
  if (path === undefined) {
    const ids = paths.map((candidate) => labFile(candidate).id);
    throw new Error(
      `${noSuchLab(id, ids)} A lab is a folder content/CHAPTER/${id || 'ID'}/ with a lab.ts.`,
    );
  }
  const folder = folderOf(path);
  const lab = parseLab(definitions[path]?.default, path, id);
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
  const ways = patchedWays(programsOf(lab)).map((patched): WaySource => {
    const { way, label, file } = patched;
    const text = programs[`${folder}/${file}`] ?? '';
    const before = withoutRegionMarks(text);
    return { way, label, file, before, after: withoutRegionMarks(textOfWay(path, patched, text)) };
  });
  return { lab, folder, sources, ways };
}

/**
 * What was recorded for a lab, checked; undefined if nothing was.
 * @param recordings what each `recorded.json` under `content/` has
 * @throws Error that tells an author what to change
 */
export function recordingOf(
  { lab, folder }: Pick<CatalogEntry, 'lab' | 'folder'>,
  recordings: Modules<unknown>,
): Recorded | undefined {
  const path = `${folder}/recorded.json`;
  const value = recordings[path];
  return value === undefined ? undefined : parseRecorded(value, path, lab.measures);
}

/** A program’s file. */
interface ProgramFile {
  /** `/content/processes/rot13-fork/server.ts` */
  readonly path: string;
  readonly text: string;
}

function listed(names: Iterable<string>): string {
  return [...names].sort().join(', ');
}

/**
 * A program of a lab.
 * @throws Error that lists the labs, or the files, that there are
 */
export function findProgram(programs: Modules<string>, lab: string, file: string): ProgramFile {
  const all = Object.keys(programs).map((path) => ({ path, ...labFile(path) }));
  const ofLab = all.filter(({ id }) => id === lab);
  if (ofLab.length === 0) {
    throw new Error(
      noSuchLab(
        lab,
        all.map(({ id }) => id),
      ),
    );
  }
  const path = ofLab.find(({ name }) => name === file)?.path;
  const text = path === undefined ? undefined : programs[path];
  if (path === undefined || text === undefined) {
    const files = ofLab.map(({ name }) => name);
    throw new Error(
      `The lab “${lab}” has no file “${file}”.${didYouMean(file, files)} Its files are: ${listed(files)}.`,
    );
  }
  return { path, text };
}

/**
 * What a page shows of a program: a marked part of it, or all of it.
 * @throws Error that lists what there is
 */
export function sourceOf(
  programs: Modules<string>,
  lab: string,
  file: string,
  region?: string,
): string {
  const { path, text } = findProgram(programs, lab, file);
  // Read in any case: a mark that is wrong is told of wherever the program is shown.
  const regions = regionsOf(text, path);
  if (region === undefined) return withoutRegionMarks(text).trimEnd();
  const found = regions.get(region);
  if (found === undefined) {
    throw new Error(
      `${path} has no region “${region}”.${didYouMean(region, regions.keys())} ` +
        (regions.size > 0
          ? `Its regions are: ${listed(regions.keys())}.`
          : `It has none: mark one with // #region ${region} and // #endregion.`),
    );
  }
  return found;
}
