/** Runs an author’s or a reader’s own file in place of a program of a lab. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripTypes } from '../sandbox-server/strip-types.ts';

/** npm runs a script in the project’s folder, and a file is named from where npm was called. */
const HERE = process.env['INIT_CWD'] ?? process.cwd();

/**
 * Node’s flags that have it read a file in place of a program: what the file imports is found where the
 * program finds it.
 * @param program the path of the program
 * @param file as it was given to `--program`
 * @throws Error that says what is wrong with the file
 */
export function inPlace(program: string, file: string): string[] {
  if (file === '') throw new Error('--program takes a file: the one that you downloaded.');
  const path = resolve(HERE, file);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new Error(`There is no file ${path}.`);
  if (!found.isFile()) throw new Error(`${path} is no file.`);
  if (!path.endsWith('.ts')) {
    throw new Error(`${path} does not end in .ts, so Node would not read it as TypeScript.`);
  }
  // Says where it is no program, in the words of every other command.
  stripTypes(readFileSync(path, 'utf8'), path);
  const module = new URL('in-place.ts', import.meta.url);
  module.searchParams.set('program', pathToFileURL(program).href);
  module.searchParams.set('file', pathToFileURL(path).href);
  return ['--disable-warning=ExperimentalWarning', '--import', module.href];
}
