/**
 * `npm run bench -- NAME [--json FILE] [--seconds N] [--rounds N]`: measures the library beside
 * what else could be used, and readers beside each other, prints a table, and writes JSON if asked.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { accept } from '../bench/accept.ts';
import { dispatch } from '../bench/dispatch.ts';
import { echo } from '../bench/echo.ts';
import { ends } from '../bench/ends.ts';
import { labs } from '../bench/labs.ts';
import { loop } from '../bench/loop.ts';
import { memory } from '../bench/memory.ts';
import { passes } from '../bench/passes.ts';
import { rot13 } from '../bench/rot13.ts';
import { soak } from '../bench/soak.ts';
import { timeline } from '../bench/trace.ts';
import { table } from '../bench/report.ts';
import type { Effort, Recording, Report } from '../bench/report.ts';
import { messageOf } from '../message-of.ts';
import { CONTENT } from '../project.ts';
import { definitionsIn } from '../sandbox-server/labs.ts';

const BENCHMARKS = new Map<string, (effort: Effort) => Promise<Report>>([
  ['echo', echo],
  ['dispatch', dispatch],
  ['accept', accept],
  ['loop', loop],
  ['memory', memory],
  ['soak', soak],
  ['labs', labs],
  ['ends', ends],
  ['trace', timeline],
  ['rot13', rot13],
  ['passes', passes],
]);
/** How many rounds a benchmark makes if nobody says, where that is not five. */
const USUAL_ROUNDS = new Map([['echo', '9']]);
const USAGE = `Usage: npm run bench -- NAME [--json FILE] [--seconds N] [--rounds N]
       npm run bench -- labs [--hogs NAME,…] [--edits]
       npm run bench -- ends [--count N] [--seed N]
       npm run bench -- rot13|passes --record
Benchmarks: ${[...BENCHMARKS.keys()].join(', ')}`;

/** A wrong command line. */
class UsageError extends Error {}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (text === '' || !Number.isFinite(number) || number <= 0) {
    throw new UsageError(`--${name} is a number above 0, not ${JSON.stringify(text)}`);
  }
  return number;
}

interface Arguments {
  readonly name: string;
  readonly effort: Effort;
  /** The file to write all of it to. */
  readonly json: string | undefined;
  /** Whether it is to stand behind the chart of its lab. */
  readonly records: boolean;
}

function readArguments(): Arguments {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'string' },
        seconds: { type: 'string', default: '1' },
        rounds: { type: 'string' },
        hogs: { type: 'string' },
        edits: { type: 'boolean' },
        count: { type: 'string' },
        seed: { type: 'string' },
        record: { type: 'boolean', default: false },
      },
    });
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0) throw new UsageError('Name one benchmark.');
    const seconds = positive('seconds', values.seconds);
    const rounds = Math.ceil(positive('rounds', values.rounds ?? USUAL_ROUNDS.get(name) ?? '5'));
    const [count, seed] = (['count', 'seed'] as const).map((option) => {
      const text = values[option];
      return text === undefined ? undefined : Math.ceil(positive(option, text));
    });
    const { edits, hogs } = values;
    const effort = { seconds, rounds, count, seed, edits, hogs: hogs?.split(',') };
    return { name, effort, json: values.json, records: values.record };
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

function commit(): string {
  try {
    const options = { cwd: import.meta.dirname, encoding: 'utf8' } as const;
    return execFileSync('git', ['describe', '--always', '--dirty'], options).trim();
  } catch {
    return 'unknown';
  }
}

function machine(): string {
  const [cpu] = cpus();
  return `${String(cpus().length)} × ${cpu?.model.trim() ?? process.arch}, Linux ${release()}, Node ${process.versions.node}`;
}

/** Writes what stands behind the chart of a lab. @returns its path */
function record({ lab, series }: Recording): string {
  const [path] = definitionsIn(CONTENT, lab);
  if (path === undefined) throw new Error(`there is no lab ${lab}`);
  const file = join(dirname(path), 'recorded.json');
  const [cpu] = cpus();
  const made = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores of an ${cpu?.model.trim() ?? process.arch}`,
    node: process.versions.node,
    kernel: `Linux ${release()}`,
    commit: commit().replace(/-dirty$/, ''),
    series,
  };
  writeFileSync(file, `${JSON.stringify(made, null, 1)}\n`);
  return file;
}

try {
  const { name, effort, json, records } = readArguments();
  const benchmark = BENCHMARKS.get(name);
  if (benchmark === undefined) throw new UsageError(`There is no benchmark “${name}”.`);
  const { rows, notes, faults = [], recording } = await benchmark(effort);
  if (records && !recording) throw new UsageError(`Nothing is recorded of “${name}”.`);
  console.log(table(rows));
  console.log(`\n${notes.join('\n')}`);
  const made = { machine: machine(), commit: commit(), ...effort };
  console.log(
    `${made.machine}, commit ${made.commit}; medians of ${String(effort.rounds)} rounds.`,
  );
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  if (records && recording) console.log(`Written: ${record(recording)}`);
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ [name]: rows, notes, faults, ...made }, null, 2)}\n`);
  }
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n${USAGE}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
