/** Runs every `*.test.ts` with Node’s own test runner, and counts. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { ROOT } from '../project.ts';

/** What a runner counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** No test takes a tenth of this; one that hangs must not hang everything. In milliseconds. */
const TEST_LIMIT = 120_000;

/** Runs the unit tests. */
export async function runUnitTests(): Promise<Counts> {
  const files = globSync(
    '{lab,content,components,libevent,sandbox-server,protocol,testing,scripts,bench}/**/*.test.ts',
    {
      cwd: ROOT,
      exclude: (name) => name === 'node_modules',
    },
  );
  const counts = { passed: 0, failed: 0 };
  const tests = run({
    files: files.sort().map((file) => join(ROOT, file)),
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
  const report = tests.compose(spec);
  report.pipe(process.stdout, { end: false });
  await finished(report);
  if (counts.passed + counts.failed === 0) throw new Error('no unit test ran');
  return counts;
}

if (import.meta.main) {
  const { failed } = await runUnitTests();
  process.exitCode = failed === 0 ? 0 : 1;
}
