import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite, test } from 'node:test';
import { until } from '../../../testing/until.ts';
import { timesOf } from './proc.ts';
import { Stopwatch, asleep } from './undisturbed.ts';

const SLEEPS = `setTimeout(() => {}, 1e9); process.stdout.write('x');`;
const SPINS = `process.stdout.write('x', () => { for (;;); });`;

/** Runs a program that prints a byte, and hands its process over. */
async function withProgram(source: string, use: (pid: number) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    assert.ok(child.pid);
    await use(child.pid);
  } finally {
    child.kill('SIGKILL');
    await text(child.stdout);
  }
}

const ranOf = (pid: number): number => timesOf(`${pid}/task/${pid}`)?.ran ?? 0;

suite('what a program takes, however busy the computer is', () => {
  test('a program that waits is found asleep, and uses next to nothing', async () => {
    await withProgram(SLEEPS, async (pid) => {
      await until('it sleeps', () => asleep(pid) !== undefined);
      await until('it goes on sleeping', () => {
        const first = asleep(pid);
        const next = asleep(pid);
        return first !== undefined && next?.ran === first.ran && next.at >= first.at;
      });
    });
  });

  test('one that never waits is never found asleep', async () => {
    await withProgram(SPINS, async (pid) => {
      const began = ranOf(pid);
      await until('it spins', () => ranOf(pid) > began + 50e6);
      const end = ranOf(pid) + 100e6;
      while (ranOf(pid) < end) {
        assert.equal(asleep(pid), undefined);
        await sleep(1);
      }
    });
  });

  test('what somebody waits for a processor is taken off the clock, and never added', async () => {
    await withProgram(SPINS, async (pid) => {
      const watch = new Stopwatch(pid);
      const end = ranOf(pid) + 100e6;
      await until('it has run', () => ranOf(pid) > end);
      watch.lookAway();
      const { waited, undisturbed, wall } = watch;
      assert.ok(waited >= 0);
      assert.ok(undisturbed <= wall - waited, `${undisturbed} of ${wall}, ${waited} waited`);
    });
  });

  test('nothing is known of a process that is gone', async () => {
    const child = spawn('/bin/true', { stdio: 'ignore' });
    await once(child, 'exit');
    assert.ok(child.pid);
    assert.equal(asleep(child.pid), undefined);
    assert.ok(new Stopwatch(child.pid).waited === 0);
  });
});
