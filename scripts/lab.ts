/**
 * `npm run lab -- ID [PORT] [OPTIONS]`: runs a lab's server program in this terminal, with no site
 * and no sandbox. What it prints is the program's own output.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { FORK_FLAGS } from '../lab/definition.ts';
import { noSuchLab } from '../lab/folder.ts';
import { messageOf } from '../message-of.ts';
import { CONTENT } from '../project.ts';
import { labIds, loadLabs } from '../sandbox-server/labs.ts';

const [id, ...args] = process.argv.slice(2);
try {
  const ids = labIds(CONTENT);
  const lab = id === undefined ? undefined : (await loadLabs(CONTENT, id)).get(id);
  if (lab) {
    const { program, forks } = lab.definition.server;
    run(forks ? FORK_FLAGS : [], join(lab.folder, program), args);
  } else {
    const usage = 'Usage: npm run lab -- ID [PORT] [OPTIONS]';
    if (id !== undefined) console.error(noSuchLab(id, ids));
    console.error(id === undefined ? `${usage}\nLabs: ${ids.join(', ')}` : usage);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
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
