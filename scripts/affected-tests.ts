/** Which unit tests a change can break, from what the files themselves name. Pure. */
import { dirname, join, normalize } from 'node:path/posix';

/** A test that a change can break. */
export interface Affected {
  readonly test: string;
  /** How many files lie between the two: 0 for a test that was changed itself. */
  readonly distance: number;
  /** The files on the way, from the test's neighbour to the changed file; empty at distance 0. */
  readonly through: readonly string[];
}

/** What there is to look through, all paths from the project's folder. */
export interface Tree {
  /** The text of each source file. */
  readonly sources: ReadonlyMap<string, string>;
  /** All files, also those that are no sources. */
  readonly files: ReadonlySet<string>;
  /** Where the packages of the project's own are: `libevent-ts/sys` is `libevent/sys/index.ts`. */
  readonly packages: ReadonlyMap<string, string>;
}

const QUOTED = /(['"`])([^'"`\s]+)\1/g;
const LAB = /^content\/.+\/([^/]+)\/lab\.ts$/;

/** The files of each lab, by its id: a test runs a lab's programs and names only the lab. */
function filesOfLabs(files: ReadonlySet<string>): Map<string, string[]> {
  const labs = new Map<string, string[]>();
  for (const file of files) {
    const id = LAB.exec(file)?.[1];
    if (id === undefined) continue;
    const folder = `${dirname(file)}/`;
    const own = [...files].filter((each) => each.startsWith(folder));
    labs.set(id, own);
  }
  return labs;
}

/**
 * For each file, those that name it: in an import, in a `new URL`, as a file to read, or as the id of
 * its lab. Whatever stands in quotes and is a file counts. That may be a test too many, never one of
 * these too few.
 */
function namedBy({ sources, files, packages }: Tree): Map<string, Set<string>> {
  const labs = filesOfLabs(files);
  const users = new Map<string, Set<string>>();
  for (const [file, text] of sources) {
    for (const [, , name = ''] of text.matchAll(QUOTED)) {
      const places = [packages.get(name) ?? '', normalize(join(dirname(file), name))];
      // From the project's folder; not `package.json` and its like, which there are many of.
      if (name.includes('/')) places.push(normalize(name));
      const found = places.find((place) => files.has(place));
      const id = name.slice(name.lastIndexOf('/') + 1);
      for (const named of found === undefined ? (labs.get(id) ?? []) : [found]) {
        if (named === file) continue;
        const own = users.get(named) ?? new Set();
        users.set(named, own.add(file));
      }
    }
  }
  return users;
}

/**
 * The unit tests that a change can break, the nearest first: those changed themselves, those beside a
 * changed file, and those that come upon one by what they name, by however many steps.
 */
export function affectedTests(changed: readonly string[], tree: Tree): Affected[] {
  // A file that was removed is still named.
  const users = namedBy({ ...tree, files: new Set([...tree.files, ...changed]) });
  const isTest = (file: string): boolean => file.endsWith('.test.ts');
  const seen = new Map<string, readonly string[]>(changed.map((file) => [file, []]));
  // A Map's keys are visited in the order they were added in: the nearest first.
  for (const [file, through] of seen) {
    const beside = file.replace(/\.ts$/, '.test.ts');
    for (const user of [beside, ...(users.get(file) ?? [])]) {
      if (isTest(file) || seen.has(user) || !tree.files.has(user)) continue;
      seen.set(user, [file, ...through]);
    }
  }
  return [...seen]
    .filter(([file]) => isTest(file) && tree.files.has(file))
    .map(([test, through]) => ({ test, distance: through.length, through }));
}

/** Those to run now, and those that there is no time for. */
export interface Selection {
  readonly run: readonly Affected[];
  readonly left: readonly Affected[];
}

/** A test file beside what changed takes about as long, in milliseconds, if it has never run here. */
const USUAL = 1000;

/**
 * Takes what there is time for, the nearest first. A test that was changed itself always is; one that has
 * never run here may be slow, and is only if it is near.
 * @param times how long each test file took when it last ran, in milliseconds
 * @param limit how long all of them may take, one after another
 */
export function selectWithin(
  limit: number,
  affected: readonly Affected[],
  times: ReadonlyMap<string, number>,
): Selection {
  const run: Affected[] = [];
  const left: Affected[] = [];
  let sum = 0;
  for (const each of affected) {
    const time = times.get(each.test) ?? (each.distance <= 1 ? USUAL : Infinity);
    const fits = each.distance === 0 || sum + time <= limit;
    if (fits) sum += time;
    (fits ? run : left).push(each);
  }
  return { run, left };
}
