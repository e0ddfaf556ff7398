/** Runs `*.test.ts` files with Node’s own test runner, and counts. */
import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { ROOT } from '../project.ts';
import { rememberTimes } from './test-times.ts';

/** What a runner counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** No test takes a tenth of this; one that hangs must not hang everything. In milliseconds. */
const TEST_LIMIT = 120_000;

/** Every unit test's file, from the project's folder. */
export function unitTests(): string[] {
  return globSync('**/*.test.ts', { cwd: ROOT, exclude: ['**/node_modules', 'dist'] }).sort();
}

/**
 * Runs unit tests.
 * @param files which, from the project's folder
 */
export async function runUnitTests(files: readonly string[] = unitTests()): Promise<Counts> {
  const counts = { passed: 0, failed: 0 };
  const times = new Map<string, number>();
  const tests = run({
    files: files.map((file) => join(ROOT, file)),
    concurrency: 2,
    timeout: TEST_LIMIT,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  tests.on('test:pass', ({ details, skip }) => {
    if (details.type !== 'suite' && skip === undefined) counts.passed++;
  });
  tests.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') counts.failed++;
  });
  tests.on('test:summary', ({ file, duration_ms: time }) => {
    if (file !== undefined) times.set(relative(ROOT, file), time);
  });
  const report = tests.compose(spec);
  report.pipe(process.stdout, { end: false });
  await finished(report);
  rememberTimes(times);
  if (counts.passed + counts.failed === 0) throw new Error('no unit test ran');
  return counts;
}

if (import.meta.main) {
  const { failed } = await runUnitTests();
  process.exitCode = failed === 0 ? 0 : 1;
}
