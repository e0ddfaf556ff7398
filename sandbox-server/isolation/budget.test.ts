/** Programs that take more than their share, and what becomes of them, on each rung that this computer has. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { findBelow } from '../../testing/leftovers.ts';
import { ServerProcess } from '../../testing/server-process.ts';
import { until } from '../../testing/until.ts';
import { messageOf } from '../../message-of.ts';
import type { LogEvent } from '../log.ts';
import { childrenOf } from '../process/process-tree.ts';
import { Reader, TEST_LABS, serve, type TestServer } from '../testing/reader.ts';
import { BUDGET_NAMES, budgetRemedy, findBudget, type BudgetName } from './budget.ts';
import { ownGroup, withoutOurs } from './cgroup.ts';
import { cgroup1 } from './cgroup1.ts';
import { isSweeper } from './sweeper.ts';

const MiB = 1024 * 1024;
const LIMITS = { memory: 96 * MiB, processes: 100, processors: 1, descriptors: 8192 };
const SETTINGS = { READABLE_MEMORY: '96', READABLE_PROCESSES: '100' };
const TEST_SERVER = join(import.meta.dirname, '..', 'testing', 'serve-test-labs.ts');

/** The folders that groups of version 1 are made in. */
function places(): string[] {
  return ['memory', 'pids', 'cpu', 'cpuacct'].flatMap((controller) => {
    const folder = ownGroup(controller);
    return folder === undefined ? [] : [withoutOurs(folder)];
  });
}

/** The groups that a server has made and not removed. */
function groupsOf(pid: number): string[] {
  return places().flatMap((place) =>
    readdirSync(place)
      .filter((name) => name.startsWith(`readable-${pid}-`))
      .map((name) => join(place, name)),
  );
}

function worksHere(): boolean {
  try {
    cgroup1(LIMITS).close();
    return true;
  } catch {
    return false;
  }
}

const hasGroups = worksHere() ? false : 'this user can make no control groups here';

interface Kept extends AsyncDisposable {
  readonly server: TestServer;
  readonly logged: LogEvent[];
}

async function serveHogs(
  budget: BudgetName,
  settings: Readonly<Record<string, string>> = SETTINGS,
): Promise<Kept> {
  const logged: LogEvent[] = [];
  const environment = { ...settings, READABLE_BUDGET: budget };
  const log = { write: (event: LogEvent) => void logged.push(event) };
  const server = await serve(TEST_LABS, environment, undefined, log);
  return { server, logged, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Runs a hog to its end, and somebody else’s run beside it. */
async function ends({ server }: Kept, way: string): Promise<unknown> {
  const hog = await Reader.start(server.port, 'hog', way);
  const end = await hog.end();
  await Reader.roundTrip(server.port);
  assert.equal(findBelow(process.pid, 'hog/server.ts').length, 0, 'its processes are gone');
  return end;
}

test('where control groups can’t be had, the operator is told what helps on this computer', () => {
  const noControllers = 'cgroup2: no controllers in /sys/fs/cgroup/unified';
  assert.match(
    budgetRemedy([noControllers, 'cgroup1: EACCES: permission denied, mkdir']).at(-1) ?? '',
    /only root/,
  );
  assert.match(
    budgetRemedy([noControllers, 'cgroup1: there is no memory hierarchy']).at(-1) ?? '',
    /Delegate=yes/,
  );
  assert.deepEqual(budgetRemedy([]), []);
});

test('a way that the operator names is the one that is taken, or none is', async () => {
  for (const named of BUDGET_NAMES) {
    try {
      const { budget } = await findBudget(LIMITS, named);
      await budget.close();
      assert.equal(budget.name, named);
    } catch (error) {
      assert.match(messageOf(error), new RegExp(`^READABLE_BUDGET=${named} does not work here`));
    }
  }
});

suite('with control groups of version 1', { skip: hasGroups }, () => {
  test('memory ends a run, whoever of it has the memory, and the log has it', async () => {
    await using kept = await serveHogs('cgroup1');
    const end = { kind: 'budget', resource: 'memory', most: LIMITS.memory };
    // The program itself; a child of it, which the kernel kills while the program lives; the kernel, for it.
    for (const way of ['memory', 'child', 'sockets']) {
      assert.deepEqual(await ends(kept, way), end, way);
    }
    const limits = kept.logged.filter(({ event }) => event === 'limit');
    assert.deepEqual(
      limits.map((event) => ({ ...event, session: '' })),
      Array.from({ length: 3 }, () => ({
        ...{ event: 'limit', session: '', limit: 'memory', most: LIMITS.memory },
      })),
    );
    assert.equal(groupsOf(process.pid).flatMap((folder) => sessionsIn(folder)).length, 0);
  });

  test('a program that can start no more processes is told so, and goes on', async () => {
    await using kept = await serveHogs('cgroup1', { ...SETTINGS, READABLE_MEMORY: '512' });
    const { server } = kept;
    const hog = await Reader.start(server.port, 'hog', 'processes');
    await hog.shows('server', 'fork: EAGAIN');
    await hog.message('error', ({ message }) => /process or thread: it has 100,/.test(message));
    await Reader.roundTrip(server.port);
    hog.say({ type: 'stop' });
    assert.deepEqual(await hog.end(), { kind: 'stopped' });
  });

  test('everything of a run is in its group, from the start, and weighed', async () => {
    await using kept = await serveHogs('cgroup1');
    const { server } = kept;
    const hog = await Reader.start(server.port, 'hog', 'spin');
    await hog.shows('server', 'Taking');
    const pids = findBelow(process.pid, 'hog/server.ts');
    assert.ok(pids.length > 0);
    for (const pid of pids) {
      const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
      for (const controller of ['memory', 'pids', 'cpu']) {
        const line = new RegExp(`:${controller}:.*/readable-${process.pid}-.*/[\\da-f-]{36}$`, 'm');
        assert.match(groups, line);
      }
      assert.equal(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim(), '1000');
    }
    hog.say({ type: 'stop' });
    assert.deepEqual(await hog.end(), { kind: 'stopped' });
  });

  test('a run that keeps processors busy is behind the others, and they are not', async () => {
    await using kept = await serveHogs('cgroup1', { ...SETTINGS, READABLE_MEMORY: '512' });
    const { server } = kept;
    const calm = await Reader.start(server.port, 'quitter');
    await calm.connected('alice');
    const hog = await Reader.start(server.port, 'hog', 'spin');
    await hog.shows('server', 'Taking');
    // Longer than it would stay for its start alone.
    await until('it has been busy for long', () => usageOf('hog/server.ts') > 5000);
    // Where others keep the computer busy, it comes forward between two looks that find it.
    await until(
      'it is behind, and the other is a run like others',
      () => idleOf('hog/server.ts') === '1' && idleOf('quitter/server.ts') === '0',
    );
    for (const reader of [hog, calm]) {
      reader.say({ type: 'stop' });
      assert.deepEqual(await reader.end(), { kind: 'stopped' });
    }
  });

  test('what is kept warm is behind the others until a reader has it', async () => {
    await using kept = await serveHogs('cgroup1', { ...SETTINGS, READABLE_WARM: '1' });
    await until('one is kept', () => idle().join() === '1');
    const reader = await Reader.start(kept.server.port, 'quitter');
    await reader.connected('alice');
    await until('it is in front, and another is kept', () => idle().join() === '0,1');
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
  });

  test('descriptors, which a group does not count, end a run all the same', async () => {
    await using kept = await serveHogs('cgroup1', { ...SETTINGS, READABLE_MEMORY: '512' });
    const end = { kind: 'budget', resource: 'descriptors', most: LIMITS.descriptors };
    assert.deepEqual(await ends(kept, 'descriptors'), end);
  });

  test('a server leaves no group, and takes those away of one that was killed with its sweeper', async () => {
    const environment = { READABLE_BUDGET: 'cgroup1' };
    const killed = await ServerProcess.start({ script: TEST_SERVER, environment });
    const reader = await Reader.start(killed.port, 'quitter');
    await reader.connected('alice');
    const groups = groupsOf(killed.pid);
    assert.ok(groups.length >= 3);
    const sweepers = childrenOf(killed.pid).filter(isSweeper);
    assert.equal(sweepers.length, 1);
    for (const pid of sweepers) process.kill(pid, 'SIGKILL');
    await killed.stop('SIGKILL');
    assert.deepEqual(groupsOf(killed.pid), groups);
    await until('its processes are gone', () => populated(groupsOf(killed.pid)).length === 0);
    const next = await ServerProcess.start({ script: TEST_SERVER, environment });
    assert.deepEqual(groupsOf(killed.pid), []);
    await Reader.roundTrip(next.port);
    await next.stop();
    assert.deepEqual(groupsOf(next.pid), []);
  });

  test('a group that is not one of ours stays', () => {
    // As if of a server that runs: this process.
    const [place = ''] = places();
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    const others = [`readable-${process.pid}-${started}-0`, 'readable-other'];
    for (const name of others) mkdirSync(join(place, name));
    try {
      cgroup1(LIMITS).close();
      for (const name of others) assert.ok(readdirSync(place).includes(name));
    } finally {
      for (const name of others) rmdirSync(join(place, name));
    }
  });
});

suite('watched', () => {
  test('a run with too much memory, whoever of it has that, is ended', async () => {
    await using kept = await serveHogs('watch');
    const end = { kind: 'budget', resource: 'memory', most: LIMITS.memory };
    for (const way of ['memory', 'child']) assert.deepEqual(await ends(kept, way), end, way);
  });

  test('a run with too many processes is ended', async () => {
    // Where they come slowly they are seen while each of them has some memory, but not yet too many.
    await using kept = await serveHogs('watch', { ...SETTINGS, READABLE_MEMORY: '512' });
    const end = { kind: 'budget', resource: 'processes', most: LIMITS.processes };
    assert.deepEqual(await ends(kept, 'processes'), end);
  });

  test('a run that keeps many processes busy, or opens too much, is ended', async () => {
    const roomy = { READABLE_MEMORY: '1024', READABLE_PROCESSES: '1000' };
    await using kept = await serveHogs('watch', roomy);
    const processor = { kind: 'budget', resource: 'processor', most: 1 };
    assert.deepEqual(await ends(kept, 'spin'), processor);
    const descriptors = { kind: 'budget', resource: 'descriptors', most: LIMITS.descriptors };
    assert.deepEqual(await ends(kept, 'descriptors'), descriptors);
  });
});

/** The group of the session that a program is in, in the hierarchy of a controller. */
function groupWith(program: string, controller: string): string {
  const pids = findBelow(process.pid, program).map(String);
  const group = groupsOf(process.pid)
    .flatMap((folder) => sessionsIn(folder))
    .filter((folder) => folder.split(/[/,]/).includes(controller))
    .find((folder) => {
      const inside = readFileSync(join(folder, 'cgroup.procs'), 'latin1').split('\n');
      return pids.some((pid) => inside.includes(pid));
    });
  assert.ok(group !== undefined, `${program} is in a group`);
  return group;
}

/** Whether the session that a program is in is behind the others. */
function idleOf(program: string): string {
  return readFileSync(join(groupWith(program, 'cpu'), 'cpu.idle'), 'utf8').trim();
}

/** The processor time of the session that a program is in, in milliseconds. */
function usageOf(program: string): number {
  const usage = readFileSync(join(groupWith(program, 'cpuacct'), 'cpuacct.usage'), 'utf8');
  return Number(usage) / 1e6;
}

/** For each session of this process’s server whether it is behind the others: first those that are not. */
function idle(): string[] {
  return groupsOf(process.pid)
    .flatMap((folder) => sessionsIn(folder))
    .map((folder) => join(folder, 'cpu.idle'))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8').trim())
    .sort();
}

/** The groups of sessions below that of a server. */
function sessionsIn(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true, recursive: true });
  return below
    .filter((entry) => entry.isDirectory() && /^[\da-f-]{36}$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Those that have a process in them. */
function populated(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) => sessionsIn(folder))
    .filter((folder) => readFileSync(join(folder, 'cgroup.procs'), 'latin1') !== '');
}
