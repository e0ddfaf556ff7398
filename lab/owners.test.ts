import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelConnection } from '../protocol/kernel-view.ts';
import type { TimelineEntry, TimelineEntryOf } from '../protocol/timeline.ts';
import { hereOf, lately } from './here.ts';
import { MOST_CHILDREN, MOST_PROGRAMS, Owners } from './owners.ts';
import { clockTime, rowClient, rowName, tellCall, timeText } from './timeline-text.ts';
import { Timeline } from './timeline.ts';

function connection(client: string, pid: number, fd: number): KernelConnection {
  const none = { receive: 0, send: 0 };
  return { client, near: none, far: none, accepted: true, holders: [{ process: 1, pid, fd }] };
}

function entered(pid: number, id: number, at: number, line = 47): TimelineEntryOf<'entered'> {
  const more = { name: 'recv', args: '21', fd: 21, file: 'server.ts', line };
  return { kind: 'entered', pid, thread: 0, id, at, ...more };
}

test('a descriptor is the client’s at its other end, until it is closed or given anew', () => {
  const owners = new Owners();
  const timeline = new Timeline();
  timeline.take('server', { process: 1, entries: [entered(1, 1, 5)] });
  const [row] = timeline.rows;
  const call = row?.open;
  assert.ok(row && call);
  assert.equal(owners.ofCall(row, call), undefined);
  owners.take([connection('alice', 1, 21), connection('bob', 1, 22)]);
  assert.equal(owners.ofCall(row, call), 'alice');
  owners.returned(row, { ...call, name: 'close' });
  assert.equal(owners.ofDescriptor(1, 1, 21), undefined);
  assert.equal(owners.ofCall(row, call), 'alice', 'what was hers stays hers');
  owners.returned(row, { ...call, name: 'accept4', result: '22' });
  assert.equal(owners.ofDescriptor(1, 1, 22), undefined);
});

test('a call stays with the client whose its descriptor was, though nobody asked then', () => {
  const owners = new Owners();
  const timeline = new Timeline();
  owners.take([connection('alice', 1, 21)]);
  const back: TimelineEntry = { kind: 'left', pid: 1, thread: 0, id: 1, result: '15', at: 6 };
  timeline.take('server', { process: 1, entries: [entered(1, 1, 5), back] }, owners);
  owners.take([connection('bob', 1, 21)]);
  const [row] = timeline.rows;
  const [call] = row?.calls ?? [];
  assert.ok(row && call);
  assert.equal(owners.ofCall(row, call), 'alice');
});

test('a callback stays with the client whose its descriptor was, though nobody asked then', () => {
  const owners = new Owners();
  const timeline = new Timeline();
  const say = (...entries: TimelineEntry[]): void =>
    timeline.take('server', { process: 1, entries }, owners);
  const main = { pid: 1, thread: 0 };
  owners.take([connection('alice', 1, 21)]);
  say({ kind: 'called', ...main, id: 1, what: 'EV_READ', fd: 21, at: 5 });
  say({ ...entered(1, 2, 6), name: 'close' }, { kind: 'left', ...main, id: 2, result: '0', at: 7 });
  say({ kind: 'returned', ...main, id: 1, at: 8 });
  owners.take([connection('bob', 1, 21)]);
  say({ kind: 'called', ...main, id: 3, what: 'EV_READ', fd: 21, at: 9 });
  const [row] = timeline.rows;
  assert.ok(row);
  assert.deepEqual(
    row.callbacks.map((callback) => owners.ofCallback(row, callback)),
    ['alice', 'bob'],
  );
});

test('what began when a descriptor was another connection is not its new client’s', () => {
  const owners = new Owners();
  const timeline = new Timeline();
  const main = { pid: 1, thread: 0 };
  // Whose it was is not known yet, and is not found out any more.
  timeline.take(
    'server',
    {
      process: 1,
      entries: [
        { kind: 'called', ...main, id: 1, what: 'EV_READ', fd: 21, at: 5 },
        ...[entered(1, 2, 6), { kind: 'left', ...main, id: 2, result: '15', at: 7 } as const],
        { ...entered(1, 3, 8), name: 'close' },
        ...[{ kind: 'left', ...main, id: 3, result: '0', at: 9 } as const],
        { kind: 'returned', ...main, id: 1, at: 10 },
      ],
    },
    owners,
  );
  owners.take([connection('bob', 1, 21)]);
  const [row] = timeline.rows;
  assert.ok(row);
  for (const callback of row.callbacks) assert.equal(owners.ofCallback(row, callback), undefined);
  for (const call of row.calls) assert.equal(owners.ofCall(row, call), undefined);
});

test('of children that have ended only the last are kept, and those that live always', () => {
  const owners = new Owners();
  const living = { pid: 2, client: 'alice' };
  const last = 3 * MOST_CHILDREN;
  for (let pid = 3; pid <= last; pid += 1) {
    owners.takeTree(1, [{ pid: 1 }, living, { pid, client: 'bob' }]);
  }
  const known = Array.from({ length: last }, (_, index) => owners.ofProcess(1, index + 1));
  assert.equal(known.filter((client) => client !== undefined).length, MOST_CHILDREN);
  assert.deepEqual([known[1], known[2], known[last - 1]], ['alice', undefined, 'bob']);
});

test('of programs that were started one after another only the last are known', () => {
  const owners = new Owners();
  for (let process = 0; process <= MOST_PROGRAMS; process += 1) {
    owners.takeTree(process, [{ pid: 1 }, { pid: 2, client: 'alice' }]);
  }
  const known = [0, 1, MOST_PROGRAMS].map((process) => owners.ofProcess(process, 2));
  assert.deepEqual(known, [undefined, 'alice', 'alice']);
});

test('a child that alone has a connection is its client’s; the first process is nobody’s', () => {
  const owners = new Owners();
  owners.takeTree(1, [{ pid: 1 }, { pid: 7, client: 'alice' }, { pid: 8 }]);
  owners.take([connection('carol', 1, 21), connection('bob', 8, 21)]);
  assert.equal(owners.ofProcess(1, 1), undefined);
  assert.equal(owners.ofProcess(1, 7), 'alice');
  assert.equal(owners.ofProcess(1, 8), 'bob');
});

test('a thread is where it waits, else in its callback, else where it called last', () => {
  const owners = new Owners();
  const timeline = new Timeline();
  const say = (...entries: TimelineEntry[]): void =>
    timeline.take('server', { process: 1, entries });
  say(entered(1, 1, 5));
  const [row] = timeline.rows;
  assert.ok(row);
  assert.deepEqual(hereOf(row, owners, 100)?.state, 'waits');
  assert.deepEqual(hereOf(row, owners, 100)?.place, { file: 'server.ts', line: 47 });
  say({ kind: 'left', pid: 1, thread: 0, id: 1, result: '15', at: 110 });
  assert.deepEqual(hereOf(row, owners, 120)?.state, 'called');
  const place = { file: 'server.ts', line: 60 };
  say({ kind: 'called', pid: 1, thread: 0, id: 2, what: 'EV_READ', fd: 21, ...place, at: 130 });
  const here = hereOf(row, owners, 140);
  assert.deepEqual([here?.state, here?.what, here?.place], ['runs', 'EV_READ of 21', place]);
  assert.deepEqual(
    lately(row, 90, 9).map(({ line }) => line),
    [60, 47],
  );
  assert.deepEqual(
    lately(row, 120, 9).map(({ line }) => line),
    [60],
  );
  timeline.finish(150);
  assert.equal(hereOf(row, owners, 160), undefined);
});

test('a row is called by its program, its process and its thread', () => {
  const owners = new Owners();
  const timeline = new Timeline();
  timeline.take('server', { process: 1, entries: [entered(1, 1, 5), entered(7, 1, 6)] });
  const entry = { ...entered(1, 9, 7), thread: 3 };
  timeline.take('server', { process: 1, entries: [entry] });
  owners.take([connection('bob', 1, 21)]);
  const names = timeline.rows.map((row) => [rowName(row, timeline.rows), rowClient(row, owners)]);
  assert.deepEqual(names, [
    ['server', undefined],
    ['server, thread 3', 'bob'],
    ['server, process 7', undefined],
  ]);
});

test('times and calls in words', () => {
  assert.deepEqual([0.04, 9.96, 45.2, 3210, 61_000].map(timeText), [
    ...['0.0 ms', '10.0 ms', '45 ms', '3.2 s', '1 min 1 s'],
  ]);
  assert.equal(clockTime(63_254), '1:03.25');
  assert.equal(clockTime(63_254, 3), '1:03.254');
  assert.equal(clockTime(63_000, 0), '1:03');
  const call = {
    ...{ id: 1, name: 'recv', args: '21, 1024 bytes', fd: 21, place: undefined, start: 1000 },
    ...{ end: undefined, result: undefined, client: undefined },
  };
  assert.equal(
    tellCall('server', call, 46, 'alice', 4200),
    'server: recv(21, 1024 bytes) · waits for 3.2 s · line 46 · 21 is Alice · at 0:01.00',
  );
  assert.equal(
    tellCall('server', { ...call, end: 1001, result: '15, "hi"' }, undefined, undefined, 4200),
    'server: recv(21, 1024 bytes) = 15, "hi" · took 1.0 ms · at 0:01.00',
  );
});
