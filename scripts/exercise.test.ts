import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { CONTENT, ROOT } from '../project.ts';
import { Program } from '../testing/program.ts';

/** What `npm run exercise` runs, without what npm itself takes. @param directory where npm was called */
function script(directory: string, ...args: string[]): Program {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
  return Program.start([...node, join(ROOT, 'scripts', 'exercise.ts'), ...args], {
    directory: ROOT,
    environment: { INIT_CWD: directory },
    leadsGroup: true,
  });
}

suite('npm run exercise', () => {
  const folder = mkdtempSync(join(tmpdir(), 'readable-exercise-'));
  after(() => rmSync(folder, { recursive: true }));
  const exercise = join(CONTENT, 'select', 'write-set');

  test('checks a file that was downloaded to anywhere', async () => {
    copyFileSync(join(exercise, 'solution.ts'), join(folder, 'mine.ts'));
    await using program = script(folder, 'write-set', '--program', 'mine.ts', '--runs', '1');
    assert.equal(await program.close(), 0, program.printed);
    assert.match(program.printed, /^Passed: /m);
  });

  test('says what is wrong with the file or a number, and checks nothing', async () => {
    writeFileSync(join(folder, 'bad.ts'), 'let a = ;');
    const cases: [string[], RegExp][] = [
      [['--program', 'none.ts'], /^There is no file .*none\.ts\.\n$/],
      [['--program', 'bad.ts'], /bad\.ts:1:9: Expression expected/],
      [['--runs', 'abc'], /^--runs takes a whole number from 1 to 100000, not “abc”\.\n$/],
      [['--runs', '0'], /^--runs takes/],
      [['--seed', '2147483648'], /^--seed takes a whole number from 0 to 2147483647, not/],
    ];
    for (const [args, words] of cases) {
      await using program = script(folder, 'write-set', ...args);
      assert.equal(await program.close(), 2);
      assert.match(program.printed, words);
      assert.doesNotMatch(program.printed, /Checking|Not yet/);
    }
  });
});
