import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServerProcess } from '../testing/server-process.ts';
import { switchesUser } from './isolation/users.ts';
import { CONTENT } from '../project.ts';
import { until } from '../testing/until.ts';
import { findBelow } from '../testing/leftovers.ts';
import { giveWay, takePrecedence } from './precedence.ts';
import { Reader, serve } from './testing/reader.ts';

const OWN = '/proc/self/autogroup';

const without = existsSync(OWN) ? false : 'the kernel has no autogroups';
const skip = switchesUser() ? without : 'only root may';

test('the kernel is told, and told again at the end', { skip }, () => {
  const module = JSON.stringify(join(import.meta.dirname, 'precedence.ts'));
  const script = `
    const { readFileSync } = await import('node:fs');
    const { takePrecedence } = await import(${module});
    const show = () => console.log(readFileSync('/proc/self/autogroup', 'latin1').split(' ').pop().trim());
    show();
    const giveUp = takePrecedence();
    show();
    giveUp();
    show();`;
  // In a session of its own: the tests’ stays as it is.
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e'];
  const { stdout } = spawnSync('setsid', ['--wait', process.execPath, ...flags, script], {
    encoding: 'utf8',
  });
  assert.deepEqual(stdout.split('\n'), ['0', '-10', '0', '']);
});

test('a server comes before its runs', { skip }, async () => {
  const script = 'sandbox-server/testing/serve-test-labs.ts';
  await using server = await ServerProcess.start({ by: ['setsid'], script });
  assert.match(readFileSync(`/proc/${server.pid}/autogroup`, 'latin1'), / nice -10\n$/);
});

test('what the operator has chosen stays, and without autogroups nothing is done', () => {
  const folder = mkdtempSync(join(tmpdir(), 'precedence-'));
  try {
    const file = join(folder, 'autogroup');
    writeFileSync(file, '/autogroup-7 nice 5\n');
    takePrecedence(file)();
    assert.equal(readFileSync(file, 'latin1'), '/autogroup-7 nice 5\n');
    takePrecedence(join(folder, 'nothing'))();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('everybody goes before a program, and nobody of the server’s session does', async (t) => {
  if (without) {
    t.skip(without);
    return;
  }
  await using server = await serve(CONTENT, {}, 'echo-listener');
  const reader = await Reader.start(server.port, 'echo-listener');
  await reader.connected('alice', 'bob');
  const programs = findBelow(process.pid, 'server.ts').concat(findBelow(process.pid, 'client.ts'));
  assert.ok(programs.length >= 3);
  for (const pid of programs) {
    await until('it gives way', () =>
      readFileSync(`/proc/${pid}/autogroup`, 'latin1').endsWith(' nice 10\n'),
    );
  }
  // Where nobody has called setsid(2) since the computer started, there is no group, and no nice value to show.
  const hasGroup = readFileSync(OWN, 'latin1') !== '';
  giveWay(process.pid);
  giveWay(2 ** 22);
  // Servers of other tests may have taken precedence for it meanwhile.
  assert.match(readFileSync(OWN, 'latin1'), hasGroup ? / nice (?:0|-10)\n$/ : /^$/);
});
