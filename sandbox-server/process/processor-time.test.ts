import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { until } from '../../testing/until.ts';
import { processorTime } from './processor-time.ts';

test('the time of a process and all below it counts, also of children that have ended', async () => {
  const script = 'sh -c "while :; do :; done" & echo $!; wait; sleep 1000';
  const shell = spawn('sh', ['-c', script], { detached: true });
  try {
    const said: unknown[] = await once(shell.stdout, 'data');
    const [first] = said;
    const { pid } = shell;
    assert.ok(pid !== undefined && Buffer.isBuffer(first));
    await until('it works', () => processorTime([pid]).used >= 200);
    const { used, wanted } = processorTime([pid]);
    assert.ok(wanted >= used);
    process.kill(Number(first.toString()), 'SIGKILL');
    await until('the end is seen', () => processorTime([Number(first.toString())]).used === 0);
    assert.ok(processorTime([pid]).used >= 200);
  } finally {
    // With its child, whatever that is by now.
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
  }
});

test('a process that is gone has used none', () => {
  assert.deepEqual(processorTime([0x7fffffff]), { used: 0, wanted: 0 });
});
