/**
 * `npm test`: format, lint, types, build, unit tests, e2e. Its last line adds up what the two test
 * runners counted; a check that fails counts as one failure more.
 * `npm test -- NAME…`: only the tests with these names, unit or e2e.
 */
import { globSync } from 'node:fs';
import { ROOT } from '../project.ts';
import { buildSite } from './build.ts';
import { check, conclude, part, runE2e, runNamed, type Counts } from './parts.ts';
import { guardTests } from './test-guard.ts';
import { runUnitTests, unitTests } from './test-unit.ts';

const NONE: Counts = { passed: 0, failed: 0 };

function buildAndRunE2e(files: readonly string[]): Promise<Counts> {
  buildSite();
  return runE2e(files);
}

function build(): Promise<Counts> {
  return part('Build', () => {
    buildSite();
    return NONE;
  });
}

async function runAll(): Promise<Counts[]> {
  return [
    await check('Format', 'prettier', '--check', '.'),
    await check('Types', 'astro', 'check'),
    await check('Lint', 'eslint', '.', '--max-warnings', '0'),
    await build(),
    await part('Unit tests', () => runUnitTests()),
    await part('End-to-end tests', () => runE2e()),
  ];
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
