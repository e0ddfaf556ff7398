/**
 * `npm run exercise -- ID [--program FILE] [--seed N] [--runs N]`: checks an exercise in this terminal, with
 * no site and no sandbox, for authors. Without FILE its solution is checked.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { noSuchLab } from '../lab/folder.ts';
import { messageOf } from '../message-of.ts';
import { CONTENT, ROOT } from '../project.ts';
import { checkArguments } from '../sandbox-server/check-arguments.ts';
import { NODE_FLAGS } from '../sandbox-server/isolation/limits.ts';
import { loadLabs } from '../sandbox-server/labs.ts';
import { freePort } from '../testing/port.ts';
import { inPlace } from './own-file.ts';
import { runNode } from './run-node.ts';

const USAGE = 'Usage: npm run exercise -- ID [--program FILE] [--seed N] [--runs N]';
/** The highest seed: 31 bits, as the checker takes them. */
const MOST_SEED = 2 ** 31 - 1;
/** Far more sequences than a check has the time for. */
const MOST_RUNS = 100_000;

/**
 * An option whose value is a number, for the checker.
 * @throws Error that says what it takes, where it is none
 */
function numberOption(
  option: string,
  value: string | undefined,
  least: number,
  most: number,
): string[] {
  if (value === undefined) return [];
  const number = /^\d+$/.test(value) ? Number(value) : NaN;
  if (number >= least && number <= most) return [option, String(number)];
  throw new Error(`${option} takes a whole number from ${least} to ${most}, not “${value}”.`);
}

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
  const { exercise, server } = lab.definition;
  if (!exercise) throw new Error(`${id} is no exercise. These are: ${ids.join(', ')}`);
  const seed = numberOption('--seed', values.seed, 0, MOST_SEED);
  const runs = numberOption('--runs', values.runs, 1, MOST_RUNS);
  const given = values.program;
  const program = join(lab.folder, given === undefined ? exercise.solution : server.program);
  const flags = given === undefined ? [] : inPlace(program, given);
  return [
    ...[join(ROOT, 'sandbox-server/guest/check/main.ts')],
    ...checkArguments(lab.definition, {
      check: join(lab.folder, exercise.check),
      program,
      port: await freePort(),
    }),
    ...flags.map((flag) => `--flag=${flag}`),
    ...seed,
    ...runs,
  ];
}

try {
  const args = await commandFor(process.argv.slice(2));
  runNode(['--disable-warning=ExperimentalWarning', ...NODE_FLAGS, ...args]);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 2;
}
