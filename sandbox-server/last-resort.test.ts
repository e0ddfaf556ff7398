import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { test } from 'node:test';

const MODULE = join(import.meta.dirname, 'last-resort.ts');

/** Runs a script in a process of its own, since what it tests is what ends a process. */
async function run(script: string): Promise<{ said: string; code: number | null }> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { said, code: child.exitCode };
}

test('what a session sets going and nobody catches ends that session, and nothing else', async () => {
  const { said, code } = await run(`
    import { spawn } from 'node:child_process';
    const { LastResort } = await import(${JSON.stringify(MODULE)});
    const lastResort = new LastResort();
    lastResort.install();
    const owner = (name) => ({ fail: () => console.log(name + ' fails') });
    lastResort.on(owner('timer'), () => setTimeout(() => { throw new Error('a timer'); }, 1));
    lastResort.on(owner('promise'), () => void Promise.reject(new Error('a promise')));
    lastResort.on(owner('pipe'), () => {
      spawn('echo', ['x']).stdout.once('data', () => { throw new Error('a pipe'); });
    });
    lastResort.on(owner('nobody'), () => setTimeout(() => {}, 20));
    setTimeout(() => { throw new Error('without a session'); }, 5);
    setTimeout(() => console.log('goes on'), 200);
  `);
  assert.equal(code, 0);
  assert.deepEqual(said.trim().split('\n').sort(), [
    'goes on',
    'pipe fails',
    'promise fails',
    'timer fails',
  ]);
});
