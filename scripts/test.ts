/**
 * `npm test`: format, lint, types, build, unit tests, e2e. Its last line adds up what the two test
 * runners counted; a check that fails counts as one failure more.
 * `npm test -- NAME…`: only the tests with these names, unit or e2e.
 */
import { globSync } from 'node:fs';
import { ROOT } from '../project.ts';
import {
  beside,
  build,
  check,
  conclude,
  inTurn,
  part,
  runE2e,
  runNamed,
  type Counts,
} from './parts.ts';
import { guardTests } from './test-guard.ts';
import { runUnitTests, unitTests } from './test-unit.ts';

async function buildAndRunE2e(files: readonly string[]): Promise<Counts> {
  const built = await build();
  return built.failed > 0 ? built : runE2e(files);
}

async function runAll(): Promise<Counts[]> {
  // What Astro knows of the content’s types: lint and types are checked by them.
  const synced = await inTurn([check('Types of the content', 'astro', 'sync')]);
  const checks = await beside(
    [
      check('Lint', 'eslint', '.', '--max-warnings', '0'),
      check('Format', 'prettier', '--check', '.'),
    ],
    [build, check('Types', 'astro', 'check')],
  );
  const tests = await inTurn([
    part('Unit tests', () => runUnitTests()),
    part('End-to-end tests', () => runE2e()),
  ]);
  return [...synced, ...checks, ...tests];
}

const names = process.argv.slice(2);
const e2eTests = globSync('e2e/**/*.spec.ts', { cwd: ROOT }).sort();
guardTests();
conclude(
  names.length > 0
    ? await runNamed(names, [
        [unitTests(), runUnitTests],
        [e2eTests, buildAndRunE2e],
      ])
    : await runAll(),
);
