/**
 * `npm run lab -- ID [PORT] [--way NAME] [--program FILE] [OPTIONS]`: runs a lab's server program in this
 * terminal, with no site and no sandbox, or a file of the reader’s in its place. What it prints is the
 * program's own output. OPTIONS are the program's, and so is what a way adds to them. A way that changes the
 * program runs from a copy in dist/ways/.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPLETION, FORK_FLAGS, type LabProgram } from '../lab/definition.ts';
import { noSuchLab } from '../lab/folder.ts';
import { didYouMean, either } from '../lab/nearest.ts';
import { messageOf } from '../message-of.ts';
import { CONTENT, ROOT } from '../project.ts';
import { labIds, loadLabs, wayTexts, type LoadedLab } from '../sandbox-server/labs.ts';
import { inPlace } from './own-file.ts';
import { runNode } from './run-node.ts';

const [id, ...given] = process.argv.slice(2);
try {
  const ids = labIds(CONTENT);
  const lab = id === undefined ? undefined : (await loadLabs(CONTENT, id)).get(id);
  if (lab) {
    const { server } = lab.definition;
    const [wayName, others] = takeOption('--way', given);
    const [file, args] = takeOption('--program', others);
    const way = wayName === undefined ? undefined : wayOf(lab.definition.id, server, wayName);
    // A reader’s own file is run as it is: what a way would change, they may have changed.
    const folder = way?.patch && file === undefined ? patchedFolder(lab, way.name) : lab.folder;
    const path = join(folder, server.program);
    const flags = file === undefined ? [] : inPlace(path, file);
    const forking = server.forks ? FORK_FLAGS : [];
    const wanted = [...forking, ...flags, path, ...args, ...(way?.args ?? [])];
    runNode(wanted, way?.completes ? COMPLETION : {});
  } else {
    const usage = 'Usage: npm run lab -- ID [PORT] [--way NAME] [--program FILE] [OPTIONS]';
    if (id !== undefined) console.error(noSuchLab(id, ids));
    console.error(id === undefined ? `${usage}\nLabs: ${ids.join(', ')}` : usage);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

/** Takes an option and its value out of the arguments: the others are for the program. */
function takeOption(
  option: string,
  all: readonly string[],
): [value: string | undefined, others: readonly string[]] {
  const at = all.indexOf(option);
  return at < 0 ? [undefined, all] : [all[at + 1] ?? '', all.toSpliced(at, 2)];
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
