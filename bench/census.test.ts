import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { controlGroups, hierarchies } from '../testing/control-groups.ts';
import { until } from '../testing/until.ts';
import {
  adoptOrphans,
  descriptorsOf,
  newGroups,
  processesBelow,
  straysBelow,
  wholeComputer,
} from './census.ts';

test('a process that has left its parent, group and session is found, and reaped once it has ended', async () => {
  adoptOrphans();
  const { stdout } = spawnSync('sh', ['-c', 'setsid sleep 1000 >/dev/null 2>&1 & echo $!'], {
    encoding: 'utf8',
  });
  const pid = Number(stdout);
  await until('it sleeps', () =>
    straysBelow(new Set()).some((each) => each.pid === pid && each.command === 'sleep 1000'),
  );
  assert.deepEqual(straysBelow(new Set([pid])), []);
  process.kill(pid, 'SIGKILL');
  await until('it is gone', () => straysBelow(new Set()).length === 0);
  await until('it is reaped', () => processesBelow(process.pid).length === 0);
});

test('a control group is found that was not there before, unless it is another server’s', (t) => {
  const before = controlGroups();
  const ours = 99_999_999;
  const root = hierarchies().at(-1) ?? '';
  const names = [`readable-${ours}-1-a`, 'bench-census-test', 'readable-99999998-1-a'];
  const made = names.map((name) => join(root, name));
  try {
    for (const folder of made) mkdirSync(folder);
  } catch {
    t.skip('this user can’t make control groups');
    return;
  }
  try {
    const found = newGroups(before, new Set([ours])).sort();
    assert.deepEqual(found, made.slice(0, 2).sort());
  } finally {
    for (const folder of made) rmdirSync(folder);
  }
  assert.deepEqual(newGroups(before, new Set([ours])), []);
});

test('descriptors are counted by kind, and the computer as a whole', () => {
  assert.ok((descriptorsOf(process.pid).get('pipe') ?? 0) > 0);
  const computer = wholeComputer();
  assert.ok((computer.get('processes') ?? 0) > 1);
  assert.ok((computer.get('net namespaces') ?? 0) >= 1);
});
