/**
 * `npm run exercise -- ID [--program FILE] [--seed N] [--runs N]`: checks an exercise in this terminal, with
 * no site and no sandbox, for authors. Without FILE its solution is checked.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { noSuchLab } from '../lab/folder.ts';
import { messageOf } from '../message-of.ts';
import { CONTENT, ROOT } from '../project.ts';
import { checkArguments } from '../sandbox-server/check-arguments.ts';
import { NODE_FLAGS } from '../sandbox-server/isolation/limits.ts';
import { loadLabs } from '../sandbox-server/labs.ts';
import { freePort } from '../testing/port.ts';

const USAGE = 'Usage: npm run exercise -- ID [--program FILE] [--seed N] [--runs N]';

async function commandFor(args: string[]): Promise<string[]> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { program: { type: 'string' }, seed: { type: 'string' }, runs: { type: 'string' } },
  });
  const [id] = positionals;
  const labs = await loadLabs(CONTENT);
  const exercises = [...labs.values()].filter(({ definition }) => definition.exercise);
  const ids = exercises.map(({ definition }) => definition.id);
  if (id === undefined) throw new Error(`${USAGE}\nExercises: ${ids.join(', ')}`);
  const lab = labs.get(id);
  if (!lab) throw new Error(noSuchLab(id, ids));
  const { exercise } = lab.definition;
  if (!exercise) throw new Error(`${id} is no exercise. These are: ${ids.join(', ')}`);
  const given = values.program;
  // npm runs this in the project’s folder, and a file is named from where its author is.
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const program = given === undefined ? join(lab.folder, exercise.solution) : resolve(from, given);
  return [
    ...[join(ROOT, 'sandbox-server/guest/check/main.ts')],
    ...checkArguments(lab.definition, {
      check: join(lab.folder, exercise.check),
      program,
      port: await freePort(),
    }),
    ...(values.seed === undefined ? [] : ['--seed', values.seed]),
    ...(values.runs === undefined ? [] : ['--runs', values.runs]),
  ];
}

try {
  const args = await commandFor(process.argv.slice(2));
  const flags = ['--disable-warning=ExperimentalWarning', ...NODE_FLAGS];
  const child = spawn(process.execPath, [...flags, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1);
  });
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 2;
}
