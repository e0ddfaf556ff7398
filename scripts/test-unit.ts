/**
 * Runs `*.test.ts` files with Node’s own test runner, and counts.
 * `npm run test:unit -- NAME…`: only those with these names.
 */
import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { messageOf } from '../message-of.ts';
import { ROOT } from '../project.ts';
import { conclude, runNamed, type Counts } from './parts.ts';
import { guardTests } from './test-guard.ts';
import { LIMIT } from '../testing/patience.ts';
import { rememberTimes } from './test-times.ts';

/** Of a failure’s message, when it is said once more: two buffers that differ can fill pages. In characters. */
const MESSAGE_LIMIT = 2000;

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
  const failures: string[] = [];
  const times = new Map<string, number>();
  const tests = run({
    files: files.map((file) => resolve(ROOT, file)),
    concurrency: 2,
    // One that hangs must not hang everything.
    timeout: LIMIT.timeout,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  tests.on('test:pass', ({ details, skip }) => {
    if (details.type !== 'suite' && skip === undefined) counts.passed++;
  });
  tests.on('test:fail', ({ details, name, file = '', line = 0 }) => {
    if (details.type === 'suite') return;
    counts.failed++;
    const { cause } = details.error;
    const why = messageOf(cause).slice(0, MESSAGE_LIMIT);
    failures.push(`${relative(ROOT, file)}:${line} ${name}\n${why.replace(/^/gm, '    ')}`);
  });
  tests.on('test:summary', ({ file, duration_ms: time }) => {
    if (file !== undefined) times.set(relative(ROOT, file), time);
  });
  const report = tests.compose(spec);
  report.pipe(process.stdout, { end: false });
  await finished(report);
  rememberTimes(times);
  if (counts.passed + counts.failed === 0) throw new Error('no unit test ran');
  return { ...counts, failures };
}

if (import.meta.main) {
  guardTests();
  const names = process.argv.slice(2);
  conclude(
    names.length > 0
      ? await runNamed(names, [[unitTests(), runUnitTests]])
      : [await runUnitTests()],
  );
}
