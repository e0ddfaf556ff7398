import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ROOT } from '../project.ts';
import { statOf } from '../sandbox-server/process/process-tree.ts';
import { LIMIT } from '../testing/patience.ts';
import { Program } from '../testing/program.ts';
import { until } from '../testing/until.ts';

suite('tests that are cut off leave no process behind', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cut-off-'));
    // A test that hangs, with a program in its own group, one that has left it, and one of sh's own.
    writeFileSync(
      join(folder, 'hangs.test.ts'),
      `import { test } from 'node:test';
       import { Program } from '${join(ROOT, 'testing/program.ts')}';
       test('hangs', async () => {
         await using program = Program.start(
           ['sh', '-c', 'sleep 1000 & echo $!; setsid sleep 1000 & echo $!; exec sleep 1000'],
           { leadsGroup: true },
         );
         const [, one, two] = await program.prints(/(\\d+)\\n(\\d+)\\n/);
         console.error('pids', process.pid, program.pid, one, two, 'all');
         setInterval(() => {}, 1000);
         await new Promise(() => {});
       });`,
    );
    writeFileSync(
      join(folder, 'run.ts'),
      `import { guardTests } from '${join(ROOT, 'scripts/test-guard.ts')}';
       import { runUnitTests } from '${join(ROOT, 'scripts/test-unit.ts')}';
       guardTests();
       await runUnitTests(['${join(folder, 'hangs.test.ts')}']);`,
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [how, end] of [
    ['SIGTERM', (runner: Program) => runner.signal('SIGTERM')],
    ['SIGKILL', (runner: Program) => runner.signal('SIGKILL')],
    ['Ctrl-C', (runner: Program) => process.kill(-runner.pid, 'SIGINT')],
    ['SIGKILL for the whole group', (runner: Program) => process.kill(-runner.pid, 'SIGKILL')],
  ] as const) {
    test(how, LIMIT, async () => {
      // Node runs no tests in what a test has started, unless it does not know.
      const command = ['-u', 'NODE_TEST_CONTEXT', process.execPath, join(folder, 'run.ts')];
      await using runner = Program.start(['env', ...command], { leadsGroup: true });
      const [, found = ''] = await runner.prints(/pids ([\d ]+) all/);
      const pids = found.split(' ').map(Number);
      assert.equal(pids.length, 4);
      assert.ok(pids.every((pid) => statOf(pid)));
      end(runner);
      await until('all are gone', () => pids.every((pid) => statOf(pid) === undefined));
      await runner.exit();
    });
  }
});
