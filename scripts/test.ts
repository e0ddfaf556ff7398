/**
 * `npm test`: format, lint, types, build, unit tests, e2e. Its last line adds up what the two test
 * runners counted; a check that fails counts as one failure more.
 * `npm test -- NAME…`: only the tests with these names, unit or e2e.
 */
import { globSync } from 'node:fs';
import { ROOT } from '../project.ts';
import { buildSite } from './build.ts';
import { check, conclude, part, runE2e } from './parts.ts';
import { testsNamed, testsNear } from './test-names.ts';
import { runUnitTests, unitTests, type Counts } from './test-unit.ts';

const NONE: Counts = { passed: 0, failed: 0 };

function build(): Promise<Counts> {
  return part('Build', () => {
    buildSite();
    return NONE;
  });
}

/** What a name that means no test file is answered with. */
function unknown(name: string, files: readonly string[]): Promise<Counts> {
  return part(`There is no test “${name}”. Near it:`, () => {
    console.log(testsNear(name, files).join('\n'));
    return { passed: 0, failed: 1 };
  });
}

async function runNamed(names: readonly string[]): Promise<Counts[]> {
  const files = [...unitTests(), ...globSync('e2e/**/*.spec.ts', { cwd: ROOT }).sort()];
  const found = new Map(names.map((name) => [name, testsNamed(name, files)]));
  const wanted = [...new Set([...found.values()].flat())];
  const unit = wanted.filter((file) => file.endsWith('.test.ts'));
  const e2e = wanted.filter((file) => file.endsWith('.spec.ts'));
  const parts: Counts[] = [];
  if (unit.length > 0) parts.push(await part(unit.join('\n'), () => runUnitTests(unit)));
  if (e2e.length > 0) parts.push(await build(), await part(e2e.join('\n'), () => runE2e(e2e)));
  for (const [name, matches] of found) {
    if (matches.length === 0) parts.push(await unknown(name, files));
  }
  return parts;
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
conclude(names.length > 0 ? await runNamed(names) : await runAll());
