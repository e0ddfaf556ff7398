/** Which test files a name on the command line means. Pure. */
import { basename } from 'node:path';
import { distance } from '../lab/nearest.ts';

/** As many near names as are still read. */
const SUGGESTIONS = 5;

/** `evbuffer` of `libevent/evbuffer.test.ts`. */
function stemOf(file: string): string {
  return basename(file).replace(/(?:\.(?:test|spec))?\.ts$/, '');
}

/**
 * The test files that a name means: a path, the path of the module that a test stands beside, or a
 * piece of a file's name. If no file's name has the piece, a piece of a path will do: a folder's.
 * @param files all the test files, from the project's folder
 */
export function testsNamed(name: string, files: readonly string[]): string[] {
  const wanted = name.toLowerCase().replace(/^\.\//, '');
  const path = wanted.replace(/(?:\.(?:test|spec))?\.ts$/, '');
  const whole = files.filter((file) => {
    const lower = file.toLowerCase();
    return lower === wanted || lower.replace(/\.(?:test|spec)\.ts$/, '') === path;
  });
  if (path.includes('/') && whole.length > 0) return whole;
  const byName = files.filter((file) => basename(file).toLowerCase().includes(wanted));
  if (byName.length > 0) return byName;
  return files.filter((file) => file.toLowerCase().includes(path));
}

/** The test files whose names, or a word of them, are nearest to one that means none. */
export function testsNear(name: string, files: readonly string[]): string[] {
  const wanted = stemOf(name).toLowerCase();
  const far = (file: string): number => {
    const stem = stemOf(file).toLowerCase();
    return Math.min(...[stem, ...stem.split(/[-_]/)].map((word) => distance(wanted, word)));
  };
  return files
    .map((file) => ({ file, far: far(file) }))
    .toSorted((a, b) => a.far - b.far)
    .slice(0, SUGGESTIONS)
    .map(({ file }) => file);
}
