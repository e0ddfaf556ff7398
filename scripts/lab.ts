/**
 * `npm run lab -- ID [PORT] [--way NAME] [OPTIONS]`: runs a lab's server program in this terminal, with no
 * site and no sandbox. What it prints is the program's own output. OPTIONS are the program's, and so is
 * what a way adds to them. A way that changes the program runs from a copy in dist/ways/.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { FORK_FLAGS, type LabProgram } from '../lab/definition.ts';
import { noSuchLab } from '../lab/folder.ts';
import { didYouMean, either } from '../lab/nearest.ts';
import { messageOf } from '../message-of.ts';
import { CONTENT, ROOT } from '../project.ts';
import { labIds, loadLabs, wayTexts, type LoadedLab } from '../sandbox-server/labs.ts';

const [id, ...given] = process.argv.slice(2);
try {
  const ids = labIds(CONTENT);
  const lab = id === undefined ? undefined : (await loadLabs(CONTENT, id)).get(id);
  if (lab) {
    const { server } = lab.definition;
    const { name, args } = takeWay(given);
    const way = name === undefined ? undefined : wayOf(lab.definition.id, server, name);
    const folder = way?.patch ? patchedFolder(lab, way.name) : lab.folder;
    const flags = server.forks ? FORK_FLAGS : [];
    run(flags, join(folder, server.program), [...args, ...(way?.args ?? [])]);
  } else {
    const usage = 'Usage: npm run lab -- ID [PORT] [--way NAME] [OPTIONS]';
    if (id !== undefined) console.error(noSuchLab(id, ids));
    console.error(id === undefined ? `${usage}\nLabs: ${ids.join(', ')}` : usage);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

/** Takes `--way NAME` out of the arguments: the others are for the program. */
function takeWay(all: readonly string[]): { name: string | undefined; args: string[] } {
  const at = all.indexOf('--way');
  if (at < 0) return { name: undefined, args: [...all] };
  return { name: all[at + 1] ?? '', args: all.toSpliced(at, 2) };
}

/** @throws Error that lists the ways there are */
function wayOf(
  lab: string,
  { ways = [] }: LabProgram,
  name: string,
): NonNullable<LabProgram['ways']>[number] {
  const found = ways.find((each) => each.name === name);
  if (found) return found;
  const names = ways.map((each) => each.name);
  const known = names.length > 0 ? `Write --way with ${either(names)}.` : 'It has none.';
  throw new Error(`${lab} has no way “${name}”.${didYouMean(name, names)} ${known}`);
}

/** Writes a lab’s programs as they are in a way that changes them. @returns their folder */
function patchedFolder(lab: LoadedLab, way: string): string {
  const folder = join(ROOT, 'dist', 'ways', lab.definition.id, way);
  mkdirSync(folder, { recursive: true });
  const changed = new Map(
    wayTexts(lab)
      .filter((each) => each.way === way)
      .map(({ file, text }) => [file, text]),
  );
  for (const file of readdirSync(lab.folder)) {
    if (!file.endsWith('.ts') || file === 'lab.ts') continue;
    const text = changed.get(file) ?? readFileSync(join(lab.folder, file), 'utf8');
    writeFileSync(join(folder, file), text);
  }
  return folder;
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
