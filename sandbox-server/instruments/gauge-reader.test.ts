import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../project.ts';
import { until } from '../../testing/until.ts';
import { GaugeReader } from './gauge-reader.ts';

/** A program that the copy below can’t read. */
const UNREADABLE = 1;
const READ = '  read(): Reading | undefined {\n';
const MISTAKE = `if (this.#wrapper === ${UNREADABLE}) throw new Error('made for this test');\n`;

test('the thread runs what was there at its start, and one mistake does not end it', async (t) => {
  const scratch = join(ROOT, 'dist', 'test-threads');
  mkdirSync(scratch, { recursive: true });
  const copy = mkdtempSync(join(scratch, 'copy-'));
  const rooms = ['instruments', 'process', 'guest/check'].map((room) => `sandbox-server/${room}`);
  for (const room of [...rooms, 'protocol']) {
    cpSync(join(ROOT, room), join(copy, room), { recursive: true });
  }
  const instruments = join(copy, 'sandbox-server', 'instruments');
  const text = readFileSync(join(instruments, 'gauges.ts'), 'utf8');
  assert.ok(text.includes(READ));
  writeFileSync(join(instruments, 'gauges.ts'), text.replace(READ, READ + MISTAKE));
  const reader = await GaugeReader.start(pathToFileURL(join(instruments, 'gauge-thread.ts')));
  // A pull may take all of it away.
  rmSync(copy, { recursive: true });
  const told: unknown[] = [];
  t.mock.method(console, 'error', (...words: unknown[]) => told.push(...words));
  try {
    reader.watch(UNREADABLE, ['threads'], () => assert.fail('it was read'));
    await until('the mistake is told', () => /made for this test/.test(String(told.at(-1))));
    let readings = 0;
    const end = reader.watch(process.pid, ['threads'], () => readings++);
    await until('readings', () => readings > 1);
    end();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address && typeof address === 'object');
    const [own, nobody] = await reader.listeners([process.pid, 2 ** 22]);
    assert.ok(own?.includes(`127.0.0.1:${address.port}`));
    assert.deepEqual(nobody, []);
    server.close();
    // Whoever still waits when the thread ends is told that too.
    const last = reader.listeners([process.pid]);
    await reader.close();
    assert.deepEqual([await last, await reader.listeners([process.pid])], [[], []]);
  } finally {
    await reader.close();
  }
  assert.equal(told.length, 2);
});
