/** What is left of servers that nobody asked whether they may end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { groupsOf } from '../../testing/control-groups.ts';
import { takeNetwork } from '../../testing/host-network.ts';
import { findBelow, footprint, leftovers } from '../../testing/leftovers.ts';
import { ServerProcess } from '../../testing/server-process.ts';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import { childrenOf, statOf } from '../process/process-tree.ts';
import { Reader, TEST_LABS, serve } from '../testing/reader.ts';
import { ownGroup, serverGroupName, withoutOurs } from './cgroup.ts';
import { Sweeper, isSweeper } from './sweeper.ts';

const TEST_SERVER = join(import.meta.dirname, '..', 'testing', 'serve-test-labs.ts');

function sweepersOf(server: number): number[] {
  return childrenOf(server).filter(isSweeper);
}

/** What a process has open. */
function openIn(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return fs.readdirSync(folder).flatMap((name) => {
    try {
      return [fs.readlinkSync(join(folder, name))];
    } catch {
      return [];
    }
  });
}

/** The folder of a server’s shelves, which it holds open. */
function shelvesOf(server: number): string {
  const shelves = openIn(server).find((path) => /\/readable-\d+\/live-[\da-f-]{36}$/.test(path));
  assert.ok(shelves !== undefined, 'it has shelves');
  return shelves;
}

suite('a server that is killed leaves nothing', () => {
  for (const isolation of ['bubblewrap', 'none'] as const) {
    test(`with its runs and warm sandboxes, from ${isolation} on`, LIMIT, async (t) => {
      const environment = { READABLE_ISOLATION: isolation, READABLE_WARM: '1' };
      await using _network = await takeNetwork(isolation);
      await using server = await ServerProcess.start({ script: TEST_SERVER, environment });
      const groups = groupsOf(server.pid);
      if (isolation === 'none' && groups.length === 0) {
        t.skip('without control groups, what a program leaves there may stay');
        return;
      }
      const shelves = shelvesOf(server.pid);
      const [sweeper = 0] = sweepersOf(server.pid);
      // It has a process that has left its parent, group and session.
      const quitter = await Reader.start(server.port, 'quitter');
      await quitter.connected('alice');
      if (isolation !== 'none') {
        const hog = await Reader.start(server.port, 'hog', 'spin');
        await hog.shows('server', 'Taking');
        await until('a sandbox waits', () => findBelow(server.pid, 'guest/wait.ts').length > 0);
      }
      assert.ok(fs.readdirSync(shelves).length > 0);
      using before = footprint(server.pid);
      assert.ok(before.processes.size > 0);
      await server.stop('SIGKILL');
      await until('its groups are gone', () => groupsOf(server.pid).length === 0);
      await until('its shelves are gone', () => !fs.existsSync(shelves));
      await until('its processes and networks are gone', () => leftovers(before).length === 0);
      await until('its sweeper is gone', () => statOf(sweeper) === undefined);
    });
  }
});

test('a sweeper has nothing of its server, and goes with it', LIMIT, async () => {
  const first = await serve(TEST_LABS);
  // Something of the process that hosts it, which is in its group and stays.
  const other = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  const second = await serve(TEST_LABS);
  const sweepers = sweepersOf(process.pid);
  assert.equal(sweepers.length, 2);
  for (const pid of sweepers) {
    // Neither a signal from the terminal reaches it nor one to the server’s group: credentials(7).
    const [group, session] = statusOf(pid, 'NSpgid', 'NSsid');
    assert.deepEqual([group, session], [pid, pid]);
    const [input, ...others] = openIn(pid);
    assert.match(input ?? '', /^(?:pipe|socket):/);
    assert.deepEqual(others, ['/dev/null', '/dev/null']);
    assert.doesNotMatch(fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8'), /readable-/);
  }
  const shelves = shelvesOf(process.pid);
  await first[Symbol.asyncDispose]();
  assert.equal(sweepersOf(process.pid).length, 1);
  await Reader.roundTrip(second.port);
  await second[Symbol.asyncDispose]();
  assert.deepEqual(sweepersOf(process.pid), []);
  assert.deepEqual(groupsOf(process.pid), []);
  assert.ok(!fs.existsSync(shelves));
  other.stdin.end();
  await once(other, 'exit');
});

for (const [version, controller] of [
  ['1', 'pids'],
  ['2', undefined],
] as const) {
  test(`a sweeper kills what is in sessions’ groups of version ${version}`, LIMIT, async (t) => {
    const own = ownGroup(controller);
    const group = join(own === undefined ? '/nowhere' : withoutOurs(own), serverGroupName());
    try {
      fs.mkdirSync(group);
    } catch {
      t.skip('this user can make no such group here');
      return;
    }
    const children = ['one', 'two'].map((session) => {
      const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
      fs.mkdirSync(join(group, session));
      fs.writeFileSync(join(group, session, 'cgroup.procs'), String(child.pid));
      return child;
    });
    const gone = Promise.all(children.map((child) => once(child, 'exit')));
    const sweeper = await Sweeper.start();
    sweeper.tell('sessions', group);
    await sweeper.close();
    assert.ok(!fs.existsSync(group));
    const killed = [null, 'SIGKILL'];
    assert.deepEqual(await gone, [killed, killed]);
  });
}

test('a sweeper removes what it was told of, and nothing that is named otherwise', async (t) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'readable-sweeper-live-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const names = ['precious', 'live-1', 'live 2', 'live-3 with spaces', 'live-4'];
  for (const name of names) fs.mkdirSync(join(folder, name, 'inside'), { recursive: true });
  fs.symlinkSync(join(folder, 'precious'), join(folder, 'live-1', 'link'));
  const sweeper = await Sweeper.start();
  for (const name of ['precious', 'live-1', 'live 2', 'live-3 with spaces', 'live-gone']) {
    sweeper.tell('folder', join(folder, name));
  }
  sweeper.tell('groups', join(folder, 'precious'));
  sweeper.tell('groups', join(folder, 'live-4'));
  // A line that goes on is another folder.
  sweeper.tell('folder', `${join(folder, 'live-4')}\n`);
  await sweeper.close();
  assert.deepEqual(fs.readdirSync(folder).sort(), ['live 2', 'live-4', 'precious']);
  assert.ok(fs.existsSync(join(folder, 'precious', 'inside')));
  await sweeper.close();
});

test('a server that can’t have one says so, and goes on', async () => {
  const sweeper = await Sweeper.start('/nowhere/sh');
  assert.match(sweeper.warning ?? '', /killed.*control groups and shelves stay.*ENOENT/);
  sweeper.tell('folder', '/nowhere/live-1');
  await sweeper.close();
});

test('one that was killed itself keeps its server from nothing', LIMIT, async () => {
  const server = await serve(TEST_LABS);
  for (const pid of sweepersOf(process.pid)) process.kill(pid, 'SIGKILL');
  await until('it is gone', () => sweepersOf(process.pid).length === 0);
  await Reader.roundTrip(server.port);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(groupsOf(process.pid), []);
});

/** Numbers in proc_pid_status(5). */
function statusOf(pid: number, ...names: readonly string[]): number[] {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
  return names.map((name) => Number(new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(status)?.[1]));
}
