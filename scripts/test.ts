/**
 * `npm test`: format, lint, types, build, unit tests, e2e. Its last line adds up what the two test
 * runners counted; a check that fails counts as one failure more.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ROOT } from '../project.ts';
import { buildSite } from './build.ts';
import { runUnitTests, type Counts } from './test-unit.ts';

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
async function part(name: string, work: () => Promise<Counts>): Promise<Counts> {
  console.log(`\n${name}`);
  try {
    return await work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1 };
  }
}

function check(name: string, command: string, ...args: string[]): Promise<Counts> {
  return part(name, async () => {
    if (await succeeds(command, ...args)) return { passed: 0, failed: 0 };
    throw new Error(`${name} failed: ${command} ${args.join(' ')}`);
  });
}

async function runE2e(): Promise<Counts> {
  rmSync(E2E_REPORT, { force: true });
  const passed = await succeeds('playwright', 'test');
  const { stats } = e2eReport.parse(JSON.parse(readFileSync(E2E_REPORT, 'utf8')));
  const failed = stats.unexpected + stats.flaky;
  if (stats.expected + failed === 0) throw new Error('no e2e test ran');
  // Playwright can also fail beside its tests, say when a worker can’t start.
  return { passed: stats.expected, failed: passed ? failed : Math.max(failed, 1) };
}

const parts = [
  await check('Format', 'prettier', '--check', '.'),
  await check('Types', 'astro', 'check'),
  await check('Lint', 'eslint', '.', '--max-warnings', '0'),
  await part('Build', () => {
    buildSite();
    return Promise.resolve({ passed: 0, failed: 0 });
  }),
  await part('Unit tests', runUnitTests),
  await part('End-to-end tests', runE2e),
];
const passed = parts.reduce((sum, counts) => sum + counts.passed, 0);
const failed = parts.reduce((sum, counts) => sum + counts.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
