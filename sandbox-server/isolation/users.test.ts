import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { LIMIT } from '../../testing/patience.ts';
import { ServerProcess } from '../../testing/server-process.ts';
import { descendantsOf } from '../process/process-tree.ts';
import { Reader } from '../testing/reader.ts';
import { isSweeper } from './sweeper.ts';
import { SandboxUsers, switchesUser, windowWithin } from './users.ts';

const ALL = '         0          0 4294967295\n';
const SMALL = '0 100000 65536\n';
/** Room for three servers. */
const WINDOW = { first: 60_000, length: 3333 };
const RANGE = 1000;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'readable-users-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The range that a user is from. */
function rangeOf(user: number | undefined): number {
  return Math.floor(((user ?? NaN) - WINDOW.first) / RANGE);
}

test('a user is taken once, comes back, and never does when something still runs as it', (t) => {
  const users = SandboxUsers.reserve(WINDOW, folderFor(t));
  const [first, second] = [users.take(), users.take()];
  assert.notEqual(first, second);
  users.release(first, true);
  assert.equal(users.take(), first);
  users.release(first, false);
  const rest = Array.from({ length: RANGE - 2 }, () => users.take());
  assert.equal(new Set([first, second, ...rest]).size, RANGE);
  assert.throws(() => users.take(), /has no user left/);
  users.release(second, true);
  assert.equal(users.take(), second);
  users.close();
});

test('each server has a range of its own, and is told when there is none', (t) => {
  const folder = folderFor(t);
  const servers = [1, 2, 3].map(() => SandboxUsers.reserve(WINDOW, folder));
  assert.deepEqual(servers.map((users) => rangeOf(users.take())).sort(), [0, 1, 2]);
  assert.throws(() => SandboxUsers.reserve(WINDOW, folder), /use all 3000 users/);
  servers[1]?.close();
  const next = SandboxUsers.reserve(WINDOW, folder);
  assert.equal(rangeOf(next.take()), rangeOf(servers[1]?.take()));
  for (const users of [...servers, next]) users.close();
});

test('a server that is killed gives its range back', async (t) => {
  const folder = folderFor(t);
  const other = `
    import { SandboxUsers } from ${JSON.stringify(join(import.meta.dirname, 'users.ts'))};
    for (let range = 0; range < 3; range++) {
      globalThis[range] = SandboxUsers.reserve(${JSON.stringify(WINDOW)}, ${JSON.stringify(folder)});
    }
    console.log('reserved');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', other], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  assert.throws(() => SandboxUsers.reserve(WINDOW, folder), /End one of them/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  SandboxUsers.reserve(WINDOW, folder).close();
});

test('where nothing can be locked, a range is used all the same, and the operator is told', (t) => {
  const folder = join(folderFor(t), 'file');
  writeFileSync(folder, '');
  const users = SandboxUsers.reserve(WINDOW, folder);
  assert.match(users.warning ?? '', /may use the same users .*\(E.*Let this one write to/);
  assert.ok(rangeOf(users.take()) <= 2);
  users.close();
});

test('a container gets users of its own map, and none that only one of its maps has', () => {
  assert.ok((windowWithin(ALL, ALL)?.first ?? 0) > 65_536);
  assert.deepEqual(windowWithin(SMALL, SMALL), { first: 60_000, length: 5534 });
  assert.deepEqual(windowWithin(ALL, SMALL), windowWithin(SMALL, SMALL));
  // As a rootless Podman writes it.
  assert.equal(windowWithin('0 1000 1\n1 100000 65536\n', SMALL)?.first, 60_000);
  assert.equal(windowWithin('0 1000 1\n', SMALL), undefined);
  assert.equal(windowWithin('', ''), undefined);
});

suite('on a computer with several servers', { skip: !switchesUser() && 'only root can' }, () => {
  test('a user that something still runs as is left out', (t) => {
    const folder = folderFor(t);
    const child = spawn('sleep', ['1000'], { uid: 60_001, gid: 60_001, stdio: 'ignore' });
    t.after(() => child.kill('SIGKILL'));
    const window = { first: 60_000, length: RANGE };
    const users = SandboxUsers.reserve(window, folder);
    assert.deepEqual([users.take(), users.take()], [60_000, 60_002]);
    users.close();
  });

  test('the sandboxes of two share no user', LIMIT, async () => {
    const script = join(import.meta.dirname, '..', 'testing', 'serve-test-labs.ts');
    const usersOf = async (server: ServerProcess): Promise<Set<number>> => {
      const readers = await Promise.all([1, 2].map(() => Reader.start(server.port, 'quitter')));
      await Promise.all(readers.map((reader) => reader.connected('alice')));
      const sandboxed = descendantsOf(server.pid).filter((pid) => !isSweeper(pid));
      return new Set(sandboxed.map(userOf));
    };
    await using one = await ServerProcess.start({ script });
    await using other = await ServerProcess.start({ script });
    const [ones, others] = await Promise.all([usersOf(one), usersOf(other)]);
    assert.deepEqual([ones.size, others.size], [2, 2]);
    assert.equal(new Set([...ones, ...others]).size, 4);
    assert.ok(![...ones, ...others].includes(0));
  });
});

function userOf(pid: number): number {
  const [, user] = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(user);
}
