/**
 * `npm run check`: format, lint, types and the unit tests that what was changed since the last commit
 * can break. It is quick because prettier, eslint and tsc remember what they have seen, so `npm test`
 * still has the last word: only that sees a file that was not changed and no longer fits what was,
 * runs every test, and opens the pages.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { CONTENT, ROOT } from '../project.ts';
import { loadLabs } from '../sandbox-server/labs.ts';
import { messageOf } from '../message-of.ts';
import { affectedTests, selectWithin, type Affected, type Tree } from './affected-tests.ts';
import { check, conclude, inTurn, part } from './parts.ts';
import { guardTests } from './test-guard.ts';
import { readTimes } from './test-times.ts';
import { runUnitTests, unitTests } from './test-unit.ts';

const CACHE = join('node_modules', '.cache');
/** How long the tests may take if they ran one after another, in milliseconds; two run at once. */
const TIME_FOR_TESTS = 12_000;
const packageJson = z.object({ name: z.string(), exports: z.record(z.string(), z.string()) });

function git(...args: string[]): string[] {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\0')
    .filter((name) => name !== '');
}

function readTree(files: readonly string[]): Tree {
  const sources = files.filter((file) => /\.(?:ts|mjs|js|astro)$/.test(file));
  const library = packageJson.parse(
    JSON.parse(readFileSync(join(ROOT, 'libevent', 'package.json'), 'utf8')),
  );
  return {
    files: new Set(files),
    sources: new Map(sources.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')])),
    packages: new Map(
      Object.entries(library.exports).map(([name, file]) => [
        join(library.name, name),
        join('libevent', file),
      ]),
    ),
  };
}

function why({ distance, through }: Affected): string {
  const [first = '', ...rest] = through;
  if (distance === 0) return 'changed';
  return rest.length === 0 ? `of ${first}` : `by way of ${first} of ${rest.at(-1) ?? ''}`;
}

/** The first few of those that are left: there can be a hundred. */
function some(tests: readonly Affected[]): string {
  const names = tests.slice(0, 3).map(({ test }) => test);
  return [...names, ...(tests.length > names.length ? ['…'] : [])].join(', ');
}

const changed = [
  ...git('diff', '--name-only', '--no-renames', '-z', 'HEAD'),
  ...git('ls-files', '--others', '--exclude-standard', '-z'),
];
const removed = new Set(git('ls-files', '--deleted', '-z'));
const files = git('ls-files', '--cached', '--others', '--exclude-standard', '-z').filter(
  (file) => !removed.has(file),
);
const runnable = new Set(unitTests());
const affected = affectedTests(changed, readTree(files)).filter(({ test }) => runnable.has(test));
const { run, left } = selectWithin(TIME_FOR_TESTS, affected, readTimes());
const pages = changed.some((file) => file.endsWith('.astro'));

guardTests();
console.log(`Changed since the last commit: ${changed.length} files`);
const results = await inTurn([
  // In a fresh clone nobody else has made them.
  ...(existsSync(join(ROOT, '.astro', 'types.d.ts'))
    ? []
    : [check('Types of the content', 'astro', 'sync')]),
  check(
    'Format',
    'prettier',
    ...['--check', '--cache', '--cache-strategy', 'content'],
    ...['--cache-location', join(CACHE, 'prettier', 'cache'), '.'],
  ),
  // Only astro knows the types in its files, and takes half a minute.
  pages
    ? check('Types', 'astro', 'check')
    : check(
        'Types',
        'tsc',
        ...['--noEmit', '--incremental'],
        ...['--tsBuildInfoFile', join(CACHE, 'tsc', 'check.tsbuildinfo')],
      ),
  check(
    'Lint',
    'eslint',
    ...['.', '--max-warnings', '0', '--cache', '--cache-strategy', 'content'],
    ...['--cache-location', join(CACHE, 'eslint', 'cache')],
  ),
  // A way that changes lines of a program has to fit it as it is now.
  part('Labs', async () => {
    try {
      return { passed: (await loadLabs(CONTENT)).size, failed: 0 };
    } catch (error) {
      console.error(messageOf(error));
      return { passed: 0, failed: 1 };
    }
  }),
  part('Tests of what changed', async () => {
    for (const each of run) console.log(`${each.test}: ${why(each)}`);
    if (left.length > 0)
      console.log(`${left.length} slower ones are left to npm test: ${some(left)}`);
    if (run.length === 0) return { passed: 0, failed: 0 };
    return runUnitTests(run.map(({ test }) => test));
  }),
]);
conclude(results);
