/**
 * Which files of control groups of version 2 are written, and in which order: on a plain folder that looks
 * like a hierarchy. The kernel’s part of it is not tested here, but with version 1 in `budget.test.ts`.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { PATIENCE } from '../../testing/patience.ts';
import { ControlGroup, ownGroup, type GroupPlan } from './cgroup.ts';
import { cgroup2 } from './cgroup2.ts';
import { Sweeper } from './sweeper.ts';

const LIMITS = { memory: 1000, processes: 50, processors: 1.5, descriptors: 10 };
const FILES = ['cgroup.controllers', 'cgroup.procs', 'cgroup.subtree_control'];

let own = '';
beforeEach(() => (own = mkdtempSync(join(tmpdir(), 'cgroup-'))));
afterEach(() => rmSync(own, { recursive: true }));

/** Makes the folder look like a group. */
function group(controllers: string, processes: readonly number[]): void {
  writeFileSync(join(own, 'cgroup.controllers'), `${controllers}\n`);
  writeFileSync(join(own, 'cgroup.procs'), processes.map((pid) => `${pid}\n`).join(''));
  writeFileSync(join(own, 'cgroup.subtree_control'), '');
}

function read(...path: readonly string[]): string {
  return readFileSync(join(own, ...path), 'utf8');
}

/** Puts the files there that the kernel would: it is us who may not make any. */
function appear(plan: GroupPlan): string {
  const [folder = ''] = plan.folders;
  mkdirSync(folder);
  const files = [...plan.settings, plan.freeze, ...(plan.kill ? [plan.kill] : [])];
  for (const { file } of files) writeFileSync(file, '');
  const { memoryEvents, processEvents, processes } = plan.files;
  for (const file of [memoryEvents, processEvents, processes]) writeFileSync(file, '');
  return folder;
}

/**
 * What a setup writes until it is closed, or one write fails: group, file and value. As in the kernel’s
 * hierarchies, no group has files that would keep it from being removed.
 */
function writes(fails: number): string[][] {
  const written: string[][] = [];
  const write = mock.method(fs, 'writeFileSync', (path: string, value: string) => {
    written.push([dirname(relative(own, path)), basename(path), value]);
    if (written.length === fails + 1) throw new Error('the kernel says no');
  });
  syncBuiltinESMExports();
  try {
    if (fails === Infinity) cgroup2(LIMITS, undefined, own).close();
    else assert.throws(() => cgroup2(LIMITS, undefined, own), /the kernel says no/);
    return written;
  } finally {
    write.mock.restore();
    syncBuiltinESMExports();
  }
}

suite('control groups of version 2, on a plain folder', () => {
  test('the server moves into a leaf, and lets sessions be weighed and limited beside it', async () => {
    group('cpuset cpu io memory pids', [process.pid]);
    const groups = cgroup2(LIMITS, undefined, own);
    assert.equal(read('server', 'cgroup.procs'), String(process.pid));
    assert.equal(read('cgroup.subtree_control'), '+memory +pids +cpu');
    const [name = ''] = readdirSync(own).filter((each) => each.startsWith('readable-'));
    assert.equal(read(name, 'cgroup.subtree_control'), '+memory +pids +cpu');
    assert.ok(Number(read('server', 'cpu.weight')) > Number(read(name, 'cpu.weight')));
    const plan = groups.plan('one', LIMITS.memory);
    const folder = appear(plan);
    await ControlGroup.make(plan);
    const written = plan.settings.map(({ file }) => [basename(file), readFileSync(file, 'utf8')]);
    assert.deepEqual(Object.fromEntries(written), {
      'memory.max': '1000',
      'memory.swap.max': '0',
      'memory.oom.group': '1',
      'pids.max': '50',
      'cpu.max': '150000 100000',
      'cpu.max.burst': '150000',
    });
    assert.equal(folder, join(own, name, 'one'));
  });

  test('sweepers are nobody else: one is moved along', async () => {
    const sweeper = await Sweeper.start();
    group('cpu memory pids', [process.pid, sweeper.pid ?? 0]);
    cgroup2(LIMITS, undefined, own);
    // The last that was written.
    assert.equal(read('server', 'cgroup.procs'), String(sweeper.pid));
    await sweeper.close();
  });

  test('a group ends by cgroup.kill, and not before it is empty', async () => {
    group('cpu memory pids', [process.pid]);
    const plan = cgroup2(LIMITS, undefined, own).plan('one', LIMITS.memory);
    const folder = appear(plan);
    const made = await ControlGroup.make(plan);
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    const gone = once(child, 'exit');
    await made.add(child.pid ?? 0);
    let empty = false;
    const ended = made.end(PATIENCE).then(() => assert.ok(empty));
    await gone;
    empty = true;
    // Only looked at when all is over: until then the files are written again, and one that is being written
    // is empty for a moment.
    for (const file of readdirSync(folder))
      renameSync(join(folder, file), join(own, `last ${file}`));
    await ended;
    assert.equal(read('last pids.max'), '0');
    assert.equal(read('last cgroup.kill'), '1');
    assert.ok(!existsSync(folder));
  });

  test('a process that was killed for its memory is seen', async () => {
    group('cpu memory pids', [process.pid]);
    const plan = cgroup2(LIMITS, undefined, own).plan('one', LIMITS.memory);
    appear(plan);
    const made = await ControlGroup.make(plan);
    assert.ok(!made.outOfMemory);
    writeFileSync(plan.files.memoryEvents, 'low 0\nmax 31\noom 1\noom_kill 1\noom_group_kill 1\n');
    assert.ok(made.outOfMemory);
  });

  test('a setup that fails halfway, wherever, and one that is closed, leave all as it was', () => {
    group('cpu memory pids', [process.ppid, process.pid]);
    const enable = ['.', 'cgroup.subtree_control', '+memory +pids +cpu'];
    const disable = ['.', 'cgroup.subtree_control', '-memory -pids -cpu'];
    const back = [process.ppid, process.pid].map((pid) => ['.', 'cgroup.procs', String(pid)]);
    const whole = writes(Infinity);
    assert.deepEqual(whole.slice(2, 3), [enable]);
    assert.deepEqual(whole.slice(-3), [disable, ...back]);
    assert.deepEqual(readdirSync(own).sort(), FILES);
    // Two processes are moved, controllers are enabled in two groups, and two are weighed.
    for (let fails = 0; fails < 6; fails++) {
      assert.deepEqual(writes(fails).slice(fails + 1), [disable, ...back], `write ${fails}`);
      assert.deepEqual(readdirSync(own).sort(), FILES);
    }
  });

  test('no delegation, or other processes in the same group: said, and nothing is moved', () => {
    group('cpu', [process.pid]);
    assert.throws(() => cgroup2(LIMITS, undefined, own), /no controllers memory, pids/);
    // Init is nobody’s to move.
    group('cpu memory pids', [process.pid, 1_000_000_000]);
    assert.throws(() => cgroup2(LIMITS, undefined, own), /shared with other processes/);
    assert.deepEqual(readdirSync(own).sort(), FILES);
    assert.equal(read('cgroup.subtree_control'), '');
  });
});

test('where this process is: on a plain host, in a container, and where that can’t be seen', () => {
  const place = (cgroup: string, mountinfo: string, controller?: string): string | undefined => {
    writeFileSync(join(own, 'cgroup'), cgroup);
    writeFileSync(join(own, 'mountinfo'), mountinfo);
    return ownGroup(controller, own);
  };
  const two = (root: string): string =>
    `30 23 0:26 ${root} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n`;
  const unit = '/system.slice/readable.service';
  assert.equal(place(`0::${unit}\n`, two('/')), `/sys/fs/cgroup${unit}`);
  assert.equal(place(`0::${unit}\n`, two(unit)), '/sys/fs/cgroup');
  assert.equal(place('0::/\n', two('/')), '/sys/fs/cgroup');
  assert.equal(place('0::/../other\n', two('/')), undefined);
  const one = '31 30 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n';
  assert.equal(place('3:cpu,cpuacct:/a\n0::/\n', one, 'cpu'), '/sys/fs/cgroup/cpu/a');
  assert.equal(place('3:cpu,cpuacct:/a\n0::/\n', one, 'memory'), undefined);
  assert.equal(place('3:cpu,cpuacct:/a\n', one), undefined);
});
