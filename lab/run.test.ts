import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeasureRecord } from '../protocol/measure-feed.ts';
import { PROTOCOL_VERSION, type Fault } from '../protocol/messages.ts';
import { Connection, type ConnectionEvents, type Socket } from './connection.ts';
import { Run } from './run.ts';

/** A WebSocket that is on its way for good. */
class OpeningSocket extends EventTarget implements Socket {
  binaryType: BinaryType = 'blob';
  readonly readyState = 0;
  send(): void {}
  close(): void {}
}

const SIZE = { cols: 80, rows: 24 };
const server = {
  open: () => new OpeningSocket(),
  barrier: () => Promise.resolve(undefined),
};

/** A run whose messages come from the test, and what the reader is told of its troubles. */
function run(): {
  told: string[];
  seen: string[];
  faults: Fault[];
  found: MeasureRecord[];
  run: Run;
  say: ConnectionEvents['message'];
} {
  const told: string[] = [];
  const seen: string[] = [];
  const faults: Fault[] = [];
  const found: MeasureRecord[] = [];
  const says: ConnectionEvents['message'][] = [];
  const begun = new Run(
    (events) => {
      says.push((message) => events.message(message));
      return new Connection(server, { lab: 'a', way: undefined }, SIZE, events);
    },
    () => SIZE,
    {
      ...{
        started() {},
        output() {},
        measured() {},
        selects() {},
        over() {},
        changed() {},
        letIn() {},
      },
      error: (message) => void told.push(message),
      timeline: (name, { entries }) => void seen.push(`${name}: ${entries.length} entries`),
      kernel: ({ listeners }) => void seen.push(`${listeners.length} listeners`),
      faulted: (mistakes) => void faults.push(...mistakes),
      found: (record) => void found.push(record),
    },
  );
  return { told, seen, faults, found, run: begun, say: (message) => says[0]?.(message) };
}

test('a check has an outcome once its run is over, and has passed only if its checker says so', () => {
  const passed = { type: 'check', state: 'passed', seed: 5, runs: 9 } as const;
  const { say, run: checked } = run();
  say({ type: 'checked', seq: 0, record: { type: 'check', state: 'progress', done: 0, total: 9 } });
  assert.equal(checked.checkOutcome, undefined);
  say({ type: 'checked', seq: 1, record: passed });
  assert.equal(checked.checkOutcome, undefined);
  checked.leave();
  assert.deepEqual(checked.checkOutcome, { kind: 'passed', seed: 5, runs: 9 });

  const { run: unfinished } = run();
  unfinished.leave();
  assert.equal(unfinished.checkOutcome?.kind, 'unfinished');
});

test('mistakes in the reader’s own programs are handed on', () => {
  const { faults, say, run: begun } = run();
  const fault = { file: 'server.ts', line: 2, column: 9, message: 'Expression expected' };
  say({ type: 'faults', seq: 0, faults: [fault, fault] });
  assert.deepEqual(faults, [fault, fault]);
  begun.abandon();
});

test('what a program does is told by its name, and of none that is not there', () => {
  const { seen, say, run: begun } = run();
  const entry = { kind: 'folded', pid: 7, thread: 0, at: 1, until: 2, calls: 3 } as const;
  say({ type: 'started', seq: 0, process: 1, name: 'server', role: 'server' });
  say({ type: 'timeline', seq: 1, process: 1, entries: [entry] });
  say({ type: 'timeline', seq: 2, process: 2, entries: [entry] });
  say({ type: 'kernel', seq: 3, connections: [], listeners: [{ port: 9876, waiting: 0 }] });
  assert.deepEqual(seen, ['server: 1 entries', '1 listeners']);
  begun.abandon();
});

test('a trouble that the server tells becomes one sentence, and an excerpt below it stays as it is', () => {
  const { told, say, run: begun } = run();
  say({ type: 'error', seq: 0, message: 'There is no program “b” to start' });
  say({
    type: 'error',
    seq: 1,
    message: 'a.ts:2:9: Expression expected\n  let x = = 2;\n          ^',
  });
  assert.deepEqual(told, [
    'The sandbox server says: There is no program “b” to start.',
    'The sandbox server says: a.ts:2:9: Expression expected.\n  let x = = 2;\n          ^',
  ]);
  begun.abandon();
});

test('what a measurement finds is handed on', () => {
  const { found, say, run: begun } = run();
  const record = { type: 'measure', state: 'began', series: 'epoll' } as const;
  say({ type: 'measured', seq: 0, record });
  assert.deepEqual(found, [record]);
  begun.abandon();
});

const ticket = { version: PROTOCOL_VERSION, token: 'abcdefghijklmnopqrstuv', hold: 30 };

test('a run that waits knows its rank until it is let in', async () => {
  const { say, run: begun } = run();
  let isAdmitted = false;
  const admitted = begun.admitted(new AbortController().signal).then(() => (isAdmitted = true));
  say({ type: 'queued', seq: 0, ...ticket, ahead: 2, wait: 60 });
  assert.deepEqual(begun.queued, { ahead: 2, wait: 60 });
  say({ type: 'queued', seq: 1, ...ticket, ahead: 0 });
  assert.deepEqual(begun.queued, { ahead: 0, wait: undefined });
  say({ type: 'queued', seq: 2, ...ticket, ahead: 0, measuring: true });
  assert.deepEqual(begun.queued, { ahead: 0, wait: undefined, measuring: true });
  await Promise.resolve();
  assert.ok(!isAdmitted);
  say({ type: 'welcome', seq: 3, ...ticket, session: 's', isolation: 'bubblewrap', seconds: 600 });
  await admitted;
  assert.equal(begun.queued, undefined);
  say({ type: 'idle', seq: 3, idle: true, seconds: 120 });
  assert.equal(begun.idle, 120);
  say({ type: 'idle', seq: 4, idle: false, seconds: 120 });
  assert.equal(begun.idle, undefined);
  begun.abandon();
});

test('whether a program reads what is typed depends on which of them run', () => {
  const { say, run: begun } = run();
  const lab = { server: { reads: false }, programs: [{ name: 'other', reads: true }] };
  say({ type: 'started', seq: 0, process: 1, name: 'server', role: 'server' });
  assert.ok(!begun.reads(lab));
  say({ type: 'started', seq: 1, process: 2, name: 'other', role: 'program' });
  assert.ok(begun.reads(lab));
  say({ type: 'ended', seq: 2, process: 2, end: { kind: 'exited', code: 0 } });
  assert.ok(!begun.reads(lab));
  assert.ok(begun.reads({ ...lab, server: { reads: true } }));
  begun.abandon();
});

test('nobody waits on for a run whose wait was given up', async () => {
  const { run: begun } = run();
  const given = new AbortController();
  const admitted = begun.admitted(given.signal);
  given.abort();
  await admitted;
  begun.abandon();
});
