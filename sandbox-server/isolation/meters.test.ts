import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { GroupMeter, TreeMeter, readProcesses, type Entry, type Found } from './meters.ts';

const LIMITS = { memory: 2 ** 40, processes: 100, processors: 1, descriptors: 2 ** 40 };
/** No process of this computer has such a number: pid_max is 2²² at most. */
const FIRST = 2 ** 23;

type Table = Map<number, Entry>;

function entry(parent: number, more: Partial<Entry> = {}): Entry {
  return { ...{ parent, threads: 1, runs: false, started: '1' }, ...more };
}

function read(meter: TreeMeter, table: Table, now = 0): Found {
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of table) {
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return meter.read(table, children, now);
}

function meterOf(table: Table, root = FIRST): TreeMeter {
  const meter = new TreeMeter(LIMITS);
  meter.add(root, table);
  return meter;
}

/** A process, and others below it, each of the one before. */
function chain(length: number, more?: Partial<Entry>): Table {
  return new Map(
    Array.from({ length }, (_, index) => [FIRST + index, entry(FIRST + index - 1, more)]),
  );
}

suite('the usage of a tree', () => {
  test('processes and threads count, however deep', () => {
    const table = chain(100);
    assert.deepEqual(read(meterOf(table), table), {});
    const deeper = chain(6000);
    assert.deepEqual(read(meterOf(deeper), deeper), { over: 'processes' });
    const threads = chain(51, { threads: 2 });
    assert.deepEqual(read(meterOf(threads), threads), { over: 'processes' });
  });

  test('nobody gets away by losing a parent', () => {
    const table = chain(3);
    const meter = meterOf(table);
    read(meter, table);
    table.delete(FIRST + 1);
    table.set(FIRST + 2, entry(1));
    for (let index = 0; index < 100; index++) table.set(FIRST + 10 + index, entry(FIRST + 2));
    assert.deepEqual(read(meter, table), { over: 'processes' });
  });

  test('a number that is used again is another process', () => {
    const table = chain(3);
    const meter = meterOf(table);
    read(meter, table);
    const again = chain(101, { started: '2' });
    assert.deepEqual(read(meter, again), {});
  });

  test('many busy processes are too much only if they stay so', () => {
    const [busy, idle] = [chain(60, { runs: true }), chain(60)];
    const meter = meterOf(busy);
    for (const now of [0, 3000]) assert.deepEqual(read(meter, busy, now), {});
    assert.deepEqual(read(meter, idle, 3500), {});
    for (const now of [4000, 8000]) assert.deepEqual(read(meter, busy, now), {});
    assert.deepEqual(read(meter, busy, 8001), { over: 'processor' });
  });

  test('this process is found, and its parent', () => {
    const own = readProcesses().get(process.pid);
    assert.equal(own?.parent, process.ppid);
    assert.ok(own.threads > 1);
  });
});

test('what is done before a session has it is not held against its reader', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'meter-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [usage, idle] = [join(folder, 'cpuacct.usage'), join(folder, 'cpu.idle')];
  const none = join(folder, 'none');
  const meter = new GroupMeter(
    {
      ...{ processes: none, memoryEvents: none, processEvents: none },
      processor: { usage, perMillisecond: 1_000_000, idle },
    },
    LIMITS,
  );
  let [now, used] = [0, 0];
  const pass = (milliseconds: number, share: number): void => {
    for (const end = now + milliseconds; now < end;) {
      now += 100;
      used += share * 100;
      writeFileSync(usage, String(used * 1_000_000));
      meter.measure(now);
      meter.weigh(0.75, now);
    }
  };
  writeFileSync(idle, '1');
  meter.keep(true);
  pass(1000, 1);
  assert.equal(readFileSync(idle, 'utf8'), '1');
  // As whoever gives it away does.
  writeFileSync(idle, '0');
  meter.keep(false);
  pass(1000, 0);
  assert.equal(readFileSync(idle, 'utf8'), '0');
  pass(500, 1);
  assert.equal(readFileSync(idle, 'utf8'), '1');
  pass(2500, 0);
  assert.equal(readFileSync(idle, 'utf8'), '0');
});
