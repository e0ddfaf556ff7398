/** What `npm test` and `npm run check` are made of: parts that run one after another and count. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { messageOf } from '../message-of.ts';
import { ROOT } from '../project.ts';
import { testsNamed, testsNear } from './test-names.ts';

/** What a runner counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** What failed, and why: said once more at the end, where a long log is read. */
  readonly failures?: readonly string[];
}

/** Of a part that counts only if it fails. */
const NONE: Counts = { passed: 0, failed: 0 };

const BIN = join(ROOT, 'node_modules', '.bin');
const PLAYWRIGHT = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
const E2E_REPORT = join(ROOT, 'test-results', 'e2e.json');
const e2eReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number() }),
});

/** Takes what a part says. */
type Say = (text: string) => void;

/**
 * Does a part.
 * @param say what takes what it says; without it, the part has the terminal to itself
 */
export type Part = (say?: Say) => Promise<Counts>;

/**
 * Runs a program to its end.
 * @param say what takes what it prints; without it, the terminal does
 * @returns whether it succeeded
 */
async function succeeds(file: string, args: readonly string[], say?: Say): Promise<boolean> {
  const output = say ? 'pipe' : 'inherit';
  const child = spawn(file, args, {
    cwd: ROOT,
    stdio: ['ignore', output, output],
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
  });
  // In one piece: what comes ends anywhere within a line.
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  await once(child, 'close');
  if (printed !== '') say?.(printed.trimEnd());
  return child.exitCode === 0;
}

/**
 * Does parts beside each other, which each use one processor; what one says comes in one piece, as it ends.
 * @param rows each done one after another
 */
export async function beside(...rows: readonly Part[][]): Promise<Counts[]> {
  const counts = await Promise.all(
    rows.map((row) =>
      inTurn(
        row.map((work) => async () => {
          const lines: string[] = [];
          const own = await work((text) => lines.push(text));
          console.log(lines.join('\n'));
          return own;
        }),
      ),
    ),
  );
  return counts.flat();
}

/** Does parts one after another. */
export async function inTurn(parts: readonly Part[]): Promise<Counts[]> {
  const counts: Counts[] = [];
  for (const work of parts) counts.push(await work());
  return counts;
}

/** A part of the tests; one that fails as a whole is one failure, and the others still run. */
export function part(name: string, work: (say?: Say) => Counts | Promise<Counts>): Part {
  return async (say) => {
    const tell = say ?? console.log;
    tell(`\n${name}`);
    try {
      return await work(say);
    } catch (error) {
      tell(messageOf(error));
      return { passed: 0, failed: 1, failures: [messageOf(error)] };
    }
  };
}

/** A part that is one command of `node_modules/.bin` and counts only if it fails. */
export function check(name: string, command: string, ...args: string[]): Part {
  return part(name, async (say) => {
    if (await succeeds(join(BIN, command), args, say)) return NONE;
    throw new Error(`${name} failed: ${command} ${args.join(' ')}`);
  });
}

/** Builds the site unless it is up to date, in a process of its own. */
export const build: Part = part('Build', async (say) => {
  const script = join(ROOT, 'scripts', 'build.ts');
  if (await succeeds(process.execPath, [...process.execArgv, script], say)) return NONE;
  throw new Error('The site could not be built.');
});

/**
 * Runs end-to-end tests on the site as it is built.
 * @param files which; without any, all of them
 */
export async function runE2e(files: readonly string[] = []): Promise<Counts> {
  rmSync(E2E_REPORT, { force: true });
  const passed = await succeeds(process.execPath, [
    ...process.execArgv,
    PLAYWRIGHT,
    'test',
    ...files,
  ]);
  const { stats } = e2eReport.parse(JSON.parse(readFileSync(E2E_REPORT, 'utf8')));
  const failed = stats.unexpected + stats.flaky;
  if (stats.expected + failed === 0) throw new Error('no e2e test ran');
  // Playwright can also fail beside its tests, say when a worker can’t start.
  return { passed: stats.expected, failed: passed ? failed : Math.max(failed, 1) };
}

/** What a name that means no test file is answered with. */
function unknown(name: string, files: readonly string[]): Part {
  const near = testsNear(name, files).join('\n');
  return part(`There is no test “${name}”. Near it:\n${near}`, () => ({ passed: 0, failed: 1 }));
}

/**
 * Runs only the tests with these names; one that means none is a failure, with those near it.
 * @param runners for each kind of test all of its files, and what runs some of them
 */
export async function runNamed(
  names: readonly string[],
  runners: readonly (readonly [
    files: readonly string[],
    run: (files: readonly string[]) => Promise<Counts>,
  ])[],
): Promise<Counts[]> {
  const all = runners.flatMap(([files]) => files);
  const found = new Map(names.map((name) => [name, testsNamed(name, all)]));
  const wanted = new Set([...found.values()].flat());
  const parts = runners.flatMap(([files, run]) => {
    const some = files.filter((file) => wanted.has(file));
    return some.length > 0 ? [part(some.join('\n'), () => run(some))] : [];
  });
  const missing = [...found].filter(([, matches]) => matches.length === 0);
  return inTurn([...parts, ...missing.map(([name]) => unknown(name, all))]);
}

/** Prints what failed and the last line, which adds the parts up, and sets the exit status. */
export function conclude(parts: readonly Counts[]): void {
  const passed = parts.reduce((sum, counts) => sum + counts.passed, 0);
  const failed = parts.reduce((sum, counts) => sum + counts.failed, 0);
  const failures = parts.flatMap((counts) => counts.failures ?? []);
  if (failures.length > 0) console.log(`\nFailed:\n${failures.join('\n')}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
