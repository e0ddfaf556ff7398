import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TimelineEntry } from '../protocol/timeline.ts';
import {
  MOST_KEPT,
  MOST_KEPT_IN_ALL,
  MOST_TIMELINE_ROWS,
  Timeline,
  hasNoKnownEnd,
  type TimelineRow,
} from './timeline.ts';

const MAIN = { pid: 1, thread: 0 };

function entered(id: number, at: number, more: object = {}): TimelineEntry {
  return { kind: 'entered', ...MAIN, id, name: 'recv', args: '21, 1024 bytes', at, ...more };
}

function left(id: number, at: number, result = '15, "hello"'): TimelineEntry {
  return { kind: 'left', ...MAIN, id, result, at };
}

/** How many calls a row has made that are known of. */
function callsOf({ calls, folds }: TimelineRow): number {
  return folds.reduce((sum, fold) => sum + fold.calls, calls.length);
}

/** A timeline of the program `server`, which is process 1. */
function timelineOf(...entries: TimelineEntry[]): Timeline {
  const timeline = new Timeline();
  timeline.take('server', { process: 1, entries });
  return timeline;
}

test('a call goes on until it has come back', () => {
  const timeline = timelineOf(entered(1, 10, { fd: 21, file: 'server.ts', line: 47 }));
  const [row] = timeline.rows;
  assert.equal(row?.program, 'server');
  assert.equal(row.open?.end, undefined);
  assert.deepEqual(row.open?.place, { file: 'server.ts', line: 47 });
  const back: string[] = [];
  timeline.take(
    'server',
    { process: 1, entries: [left(1, 35)] },
    { called: () => assert.fail(), returned: (_, { name }) => back.push(name) },
  );
  assert.deepEqual(back, ['recv']);
  assert.equal(row.open, undefined);
  assert.equal(row.calls[0]?.end, 35);
  assert.equal(row.calls[0].result, '15, "hello"');
  assert.equal(timeline.latest, 35);
});

test('what came back of a call that was never told of changes nothing', () => {
  const timeline = timelineOf(left(7, 5), { kind: 'returned', ...MAIN, id: 9, at: 6 });
  assert.equal(timeline.rows[0]?.calls.length, 0);
});

test('each thread of each process has a row, those of a process together', () => {
  const timeline = timelineOf(
    entered(1, 1),
    entered(1, 2, { pid: 9 }),
    entered(1, 3, { thread: 4 }),
    entered(1, 4, { pid: 8 }),
  );
  timeline.take('other', { process: 5, entries: [entered(1, 2)] });
  assert.deepEqual(
    timeline.rows.map(({ program, pid, thread }) => [program, pid, thread]),
    [
      ['server', 1, 0],
      ['server', 1, 4],
      ['server', 9, 0],
      ['server', 8, 0],
      ['other', 1, 0],
    ],
  );
});

test('callbacks run within each other; one that returns ends those in it', () => {
  const called = (id: number, at: number): TimelineEntry => ({
    ...{ kind: 'called', ...MAIN, id, what: 'EV_READ', fd: 21, at },
  });
  const timeline = timelineOf(called(1, 1), called(2, 2), {
    ...{ kind: 'returned', ...MAIN, id: 1, at: 9 },
  });
  assert.deepEqual(
    timeline.rows[0]?.callbacks.map(({ depth, start, end }) => [depth, start, end]),
    [
      [0, 1, 9],
      [1, 2, 9],
    ],
  );
  assert.deepEqual(timeline.rows[0].running, []);
});

test('a program that ends, and a process that is seen no more, wait for nothing', () => {
  const timeline = timelineOf(entered(1, 10), entered(1, 20, { pid: 7 }));
  const [first, child] = timeline.rows;
  assert.ok(first && child);
  timeline.survived(1, new Set([1]), 15);
  assert.equal(child.end, undefined, 'it has told of something since');
  timeline.survived(1, new Set([1]), 30);
  assert.equal(child.end, 30);
  assert.equal(child.calls[0]?.end, 30);
  assert.equal(first.end, undefined);
  timeline.ended(1, 40);
  assert.equal(first.calls[0]?.end, 40);
});

test('a call has no known end if its return was never told, though the process ended or went on', () => {
  const timeline = timelineOf(
    ...[entered(1, 10), left(1, 11), entered(2, 20), entered(3, 30)],
    entered(4, 5, { pid: 7, name: '_exit', args: '0' }),
  );
  const [first, child] = timeline.rows;
  assert.ok(first && child);
  assert.deepEqual(first.calls.map(hasNoKnownEnd), [false, true, false]);
  timeline.ended(1, 5000);
  assert.deepEqual(first.calls.map(hasNoKnownEnd), [false, true, true]);
  assert.deepEqual(
    first.calls.map(({ end }) => end),
    [11, 30, 5000],
  );
  assert.deepEqual(child.calls.map(hasNoKnownEnd), [false], 'it is not meant to return');
});

test('a call that does not come back ends its row', () => {
  const timeline = timelineOf(entered(1, 10, { name: '_exit', args: '0' }));
  assert.equal(timeline.rows[0]?.end, 10);
  assert.equal(timeline.rows[0].open, undefined);
});

test('what is old is folded, and nothing is lost in silence', () => {
  const timeline = new Timeline();
  const calls = 3 * MOST_KEPT;
  for (let id = 0; id < calls; id += 100) {
    const entries = Array.from({ length: 100 }, (_, index) => [
      entered(id + index, id + index),
      left(id + index, id + index + 0.5),
    ]).flat();
    timeline.take('server', { process: 1, entries });
  }
  const [row] = timeline.rows;
  assert.ok(row && row.calls.length <= MOST_KEPT);
  assert.equal(callsOf(row), calls);
  const starts = row.folds.map(({ start }) => start);
  assert.deepEqual(
    starts,
    starts.toSorted((a, b) => a - b),
  );
});

test('many rows together keep no more than a page has room for, and count the rest', () => {
  const timeline = new Timeline();
  const [rows, calls] = [60, 3000];
  for (let pid = 1; pid <= rows; pid += 1) {
    const entries = Array.from({ length: calls }, (_, id) => entered(id, id, { pid }));
    timeline.take('server', { process: 1, entries });
  }
  const kept = timeline.rows.reduce((sum, row) => sum + row.calls.length, 0);
  assert.ok(kept <= MOST_KEPT_IN_ALL, `${kept} are kept`);
  assert.ok(timeline.rows.every((row) => callsOf(row) === calls));
});

test('folds stay bounded, and their calls counted', () => {
  const timeline = new Timeline();
  for (let at = 0; at < 10_000; at += 1) {
    const entry: TimelineEntry = { kind: 'folded', ...MAIN, at, until: at + 1, calls: 3 };
    timeline.take('server', { process: 1, entries: [entry] });
  }
  const [row] = timeline.rows;
  assert.ok(row && row.folds.length < 5_000);
  assert.equal(callsOf(row), 30_000);
});

test('of more processes than there are rows for, those that ended make room; what is left is counted', () => {
  const timeline = new Timeline();
  const begin = (pid: number): void =>
    timeline.take('server', { process: 1, entries: [entered(1, pid, { pid })] });
  for (let pid = 1; pid <= MOST_TIMELINE_ROWS; pid += 1) begin(pid);
  begin(1000);
  assert.equal(timeline.lost, 1);
  timeline.survived(1, new Set([1, 2]), 500);
  begin(1001);
  assert.equal(timeline.rows.length, MOST_TIMELINE_ROWS);
  assert.equal(timeline.lost, 1);
  timeline.take('server', { process: 1, entries: [], lost: 20 });
  assert.equal(timeline.lost, 21);
});

test('lines of clients are kept in time', () => {
  const timeline = new Timeline();
  const entries: TimelineEntry[] = [{ kind: 'line', way: 'sent', bytes: 15, at: 4 }];
  timeline.take('bob', { process: 3, entries });
  assert.deepEqual(timeline.lines, [{ client: 'bob', way: 'sent', bytes: 15, at: 4 }]);
  assert.equal(timeline.rows.length, 0);
});
