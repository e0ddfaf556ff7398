/** What `npm test` and `npm run check` are made of: parts that run one after another and count. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ROOT } from '../project.ts';
import { testsNamed, testsNear } from './test-names.ts';

/** What a runner counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const BIN = join(ROOT, 'node_modules', '.bin');
const E2E_REPORT = join(ROOT, 'test-results', 'e2e.json');
const e2eReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number() }),
});

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  const child = spawn(join(BIN, command), args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
  });
  await once(child, 'exit');
  return child.exitCode === 0;
}

/** Runs a part of the tests; one that fails as a whole is one failure, and the others still run. */
export async function part(name: string, work: () => Counts | Promise<Counts>): Promise<Counts> {
  console.log(`\n${name}`);
  try {
    return await work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1 };
  }
}

/** A part that is one command of `node_modules/.bin` and counts only if it fails. */
export function check(name: string, command: string, ...args: string[]): Promise<Counts> {
  return part(name, async () => {
    if (await succeeds(command, ...args)) return { passed: 0, failed: 0 };
    throw new Error(`${name} failed: ${command} ${args.join(' ')}`);
  });
}

/**
 * Runs end-to-end tests on the site as it is built.
 * @param files which; without any, all of them
 */
export async function runE2e(files: readonly string[] = []): Promise<Counts> {
  rmSync(E2E_REPORT, { force: true });
  const passed = await succeeds('playwright', 'test', ...files);
  const { stats } = e2eReport.parse(JSON.parse(readFileSync(E2E_REPORT, 'utf8')));
  const failed = stats.unexpected + stats.flaky;
  if (stats.expected + failed === 0) throw new Error('no e2e test ran');
  // Playwright can also fail beside its tests, say when a worker can’t start.
  return { passed: stats.expected, failed: passed ? failed : Math.max(failed, 1) };
}

/** What a name that means no test file is answered with. */
function unknown(name: string, files: readonly string[]): Promise<Counts> {
  return part(`There is no test “${name}”. Near it:`, () => {
    console.log(testsNear(name, files).join('\n'));
    return { passed: 0, failed: 1 };
  });
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
  const parts: Counts[] = [];
  for (const [files, run] of runners) {
    const some = files.filter((file) => wanted.has(file));
    if (some.length > 0) parts.push(await part(some.join('\n'), () => run(some)));
  }
  for (const [name, matches] of found) {
    if (matches.length === 0) parts.push(await unknown(name, all));
  }
  return parts;
}

/** Prints the last line, which adds the parts up, and sets the exit status. */
export function conclude(parts: readonly Counts[]): void {
  const passed = parts.reduce((sum, counts) => sum + counts.passed, 0);
  const failed = parts.reduce((sum, counts) => sum + counts.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
