/**
 * `npm run lab -- ID [--program FILE] [PORT] [OPTIONS]`: runs a lab's server program in this terminal, with
 * no site and no sandbox, or a file of the reader’s in its place. What it prints is the program's own output.
 */
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FORK_FLAGS } from '../lab/definition.ts';
import { noSuchLab } from '../lab/folder.ts';
import { messageOf } from '../message-of.ts';
import { CONTENT } from '../project.ts';
import { labIds, loadLabs } from '../sandbox-server/labs.ts';
import { stripTypes } from '../sandbox-server/strip-types.ts';

/** Where npm was called: paths are from there. */
const HERE = process.env['INIT_CWD'] ?? process.cwd();

const [id, ...given] = process.argv.slice(2);
try {
  const ids = labIds(CONTENT);
  const lab = id === undefined ? undefined : (await loadLabs(CONTENT, id)).get(id);
  if (lab) {
    const { program, forks } = lab.definition.server;
    const path = join(lab.folder, program);
    const { file, args } = ownProgram(given);
    const flags = file === undefined ? [] : inPlace(path, file);
    run([...(forks ? FORK_FLAGS : []), ...flags], path, args);
  } else {
    const usage = 'Usage: npm run lab -- ID [--program FILE] [PORT] [OPTIONS]';
    if (id !== undefined) console.error(noSuchLab(id, ids));
    console.error(id === undefined ? `${usage}\nLabs: ${ids.join(', ')}` : usage);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

/** The file after `--program`, if there is one, and the other arguments. */
function ownProgram(all: readonly string[]): { file: string | undefined; args: string[] } {
  const at = all.indexOf('--program');
  if (at < 0) return { file: undefined, args: [...all] };
  return { file: all[at + 1] ?? '', args: all.toSpliced(at, 2) };
}

/**
 * Node’s flags that have it read a file in place of a program.
 * @throws Error that says what is wrong with the file
 */
function inPlace(program: string, file: string): string[] {
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

function run(flags: readonly string[], program: string, args: readonly string[]): void {
  const child = spawn(process.execPath, [...flags, program, ...args], { stdio: 'inherit' });
  // The terminal sends its signals to the program too; this process only has to outlive it.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1);
  });
}
