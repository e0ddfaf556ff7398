import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import type { FeedItem } from '../../protocol/feed.ts';
import {
  parseServerMessage,
  type ServerMessage,
  type Unnumbered,
} from '../../protocol/messages.ts';
import type { TimelineEntry } from '../../protocol/timeline.ts';
import { Allowance } from '../allowance.ts';
import { foldEntries, TimelineTeller } from './timeline-teller.ts';

const BEGAN = 1_000_000;

type Told = Unnumbered<Extract<ServerMessage, { type: 'timeline' }>>;

/** A timeline whose clock is the test’s, and a page that takes messages only when it is told to. */
function timeline(tells: 'calls' | 'lines' = 'calls', told = new Allowance(1e9, 1e9, 0)) {
  const messages: Told[] = [];
  const page = { takes: true, now: BEGAN };
  const own = new TimelineTeller({
    ...{ process: 3, tells, began: BEGAN, told },
    now: () => page.now,
    send: (message) => {
      if (page.takes && message.type === 'timeline') {
        // What is not of the protocol would be the end of the page’s connection.
        parseServerMessage(JSON.stringify({ ...message, seq: 0 }));
        messages.push(message);
      }
      return page.takes;
    },
  });
  return {
    ...{ own, page, messages },
    get entries(): readonly TimelineEntry[] {
      return messages.flatMap(({ entries }) => entries);
    },
  };
}

function entered(id: number, time: number, pid = 7, name = 'recv', about = {}): FeedItem {
  return { kind: 'entered', pid, thread: 0, id, name, args: '21, 4096 bytes', time, ...about };
}

function left(id: number, time: number, pid = 7): FeedItem {
  return { kind: 'left', pid, thread: 0, id, name: 'recv', result: 'EAGAIN', time };
}

function callsOf(entries: readonly TimelineEntry[]): number {
  return entries.reduce(
    (sum, entry) =>
      sum + (entry.kind === 'folded' ? entry.calls : Number(entry.kind === 'entered')),
    0,
  );
}

suite('a timeline', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  test('tells what came within a while in one message, in the run’s time', () => {
    const { own, page, messages } = timeline();
    page.now = BEGAN + 120;
    own.take(entered(1, BEGAN + 100, 7, 'recv', { file: 'server.ts', line: 47, fd: 21 }));
    own.take(left(1, BEGAN + 110.25));
    assert.deepEqual(messages, []);
    mock.timers.tick(50);
    const row = { pid: 7, thread: 0, id: 1 };
    const place = { fd: 21, file: 'server.ts', line: 47 };
    const call = { name: 'recv', args: '21, 4096 bytes', ...place, at: 100 };
    assert.deepEqual(messages, [
      {
        ...{ type: 'timeline', process: 3 },
        entries: [
          { kind: 'entered', ...row, ...call },
          { kind: 'left', ...row, result: 'EAGAIN', at: 110.25 },
        ],
      },
    ]);
    mock.timers.tick(10_000);
    assert.equal(messages.length, 1);
  });

  test('of a program has no lines, and of a client no calls', () => {
    const line: FeedItem = { kind: 'line', way: 'sent', bytes: 15, time: BEGAN };
    const [program, client] = [timeline('calls'), timeline('lines')];
    for (const { own } of [program, client]) {
      own.take(line);
      own.take(entered(1, BEGAN));
    }
    mock.timers.tick(50);
    assert.deepEqual([program.entries[0]?.kind, program.entries.length], ['entered', 1]);
    assert.deepEqual(client.entries, [{ kind: 'line', way: 'sent', bytes: 15, at: 0 }]);
  });

  test('holds no times that can’t be: before the run, in the future, or backwards in a thread', () => {
    const all = timeline();
    const { own, page } = all;
    page.now = BEGAN + 1000;
    own.take(entered(1, 0, 1));
    own.take(entered(1, BEGAN + 900, 2));
    own.take(left(1, BEGAN + 800, 2));
    own.take(entered(1, 8e15, 3));
    own.take({ kind: 'folded', pid: 4, thread: 0, from: 5, until: 8e15, calls: 1 });
    mock.timers.tick(50);
    const [, second, third] = all.entries;
    for (const entry of all.entries) {
      assert.ok(entry.at >= 0 && entry.at <= 1000, JSON.stringify(entry));
      assert.ok(entry.kind !== 'folded' || (entry.until >= entry.at && entry.until <= 1000));
    }
    assert.ok(second && third && third.at >= second.at);
  });

  test('sets a clock right that is far behind, and leaves one that is a little late', () => {
    const [behind, late] = [timeline(), timeline()];
    for (const { own, page } of [behind, late]) {
      page.now = BEGAN + 1000;
      const claimed = page === behind.page ? BEGAN - 3_600_000 : BEGAN + 600;
      own.take(entered(1, claimed));
      own.take(left(1, claimed + 300));
    }
    mock.timers.tick(50);
    assert.deepEqual(
      [behind, late].map(({ entries }) => entries.map(({ at }) => at)),
      [
        [1000, 1000],
        [600, 900],
      ],
    );
  });

  test('keeps a bounded part of it for a page that is behind, with all calls counted', () => {
    const all = timeline();
    const { own, page } = all;
    page.takes = false;
    own.take({ kind: 'called', pid: 7, thread: 0, id: 1, what: 'EV_READ', time: BEGAN });
    for (let id = 2; id <= 50_000; id++) {
      page.now += 0.1;
      own.take(entered(id, page.now));
      own.take(left(id, page.now));
    }
    own.take(entered(50_001, page.now, 7, 'epoll_wait'));
    mock.timers.tick(1000);
    page.takes = true;
    mock.timers.tick(1000);
    assert.ok(all.entries.length <= 2001, String(all.entries.length));
    assert.equal(callsOf(all.entries), 50_000);
    const last = all.entries.at(-1);
    assert.deepEqual(last?.kind === 'entered' && last.name, 'epoll_wait');
    assert.deepEqual(all.entries[0]?.kind, 'called');
    assert.ok(all.messages.every(({ entries, lost }) => entries.length <= 250 && !lost));
  });

  test('ends no message with a call that has returned by then: it would seem to wait', () => {
    const { own, page, messages } = timeline();
    page.now = BEGAN + 1000;
    // One entry before them, so that the limit falls between a call and its return.
    own.take(left(0, BEGAN));
    for (let id = 1; id <= 200; id += 1) {
      own.take(entered(id, BEGAN + id));
      own.take(left(id, BEGAN + id + 0.5));
    }
    own.take(entered(201, BEGAN + 300));
    mock.timers.tick(50);
    const ends = messages.map(({ entries }) => entries.at(-1)?.kind);
    assert.deepEqual(ends, ['left', 'entered'], 'only the last call goes on');
    assert.equal(callsOf(messages.flatMap(({ entries }) => entries)), 201);
  });

  test('only counts where even that would be too much, or was not heard at all', () => {
    const all = timeline();
    const { own, page } = all;
    page.takes = false;
    for (let pid = 0; pid < 2001; pid++) own.take(entered(1, BEGAN, pid));
    own.lose(9);
    page.takes = true;
    mock.timers.tick(1000);
    const lost = all.messages.reduce((sum, message) => sum + (message.lost ?? 0), 0);
    assert.equal(lost + callsOf(all.entries), 2010);
    assert.ok(lost > 9);
  });

  test('tells no more than the run may, and the rest folded', () => {
    const all = timeline('calls', new Allowance(500, 1, BEGAN));
    const { own, page } = all;
    for (let id = 1; id <= 5000; id++) {
      own.take(entered(id, BEGAN));
      own.take(left(id, BEGAN));
    }
    mock.timers.tick(10_000);
    assert.ok(all.entries.length <= 750, String(all.entries.length));
    page.now += 1_000_000;
    mock.timers.tick(1000);
    assert.equal(callsOf(all.entries), 5000);
  });

  test('that is closed has told what had come, and tells no more', () => {
    const { own, messages } = timeline();
    own.take(entered(1, BEGAN));
    own.close();
    own.take(left(1, BEGAN));
    own.lose(3);
    mock.timers.tick(10_000);
    assert.deepEqual(
      messages.map(({ entries }) => entries.length),
      [1],
    );
  });
});

suite('folded entries', () => {
  const row = { pid: 1, thread: 0 };
  const call = (id: number, at: number): TimelineEntry => {
    return { kind: 'entered', ...row, id, name: 'read', args: '', at };
  };
  const end = (id: number, at: number): TimelineEntry => {
    return { kind: 'left', ...row, id, result: '0', at };
  };
  const callback = (id: number, at: number): TimelineEntry => {
    return { kind: 'called', ...row, id, what: 'EV_READ', at };
  };
  const over = (id: number, at: number): TimelineEntry => ({ kind: 'returned', ...row, id, at });

  test('keep what has not ended, and the end of what began before', () => {
    const begun = [end(1, 10), callback(2, 20), call(3, 30), end(3, 40), call(4, 50)];
    assert.deepEqual(foldEntries(begun), [
      end(1, 10),
      callback(2, 20),
      { kind: 'folded', ...row, at: 30, until: 40, calls: 1 },
      call(4, 50),
    ]);
  });

  test('count callbacks that are over with their calls, and calls whose end is missing', () => {
    const all = [callback(1, 1), call(2, 2), call(3, 3), end(3, 4), over(1, 5)];
    assert.deepEqual(foldEntries(all), [{ kind: 'folded', ...row, at: 1, until: 5, calls: 3 }]);
  });

  test('are few, however many callbacks a program claims to be in', () => {
    const nested = Array.from({ length: 1000 }, (_, id) => callback(id, id));
    assert.equal(foldEntries(nested).length, 17);
    const ends = Array.from({ length: 1000 }, (_, id) => over(id, id));
    assert.ok(foldEntries(ends).length < 20);
  });

  test('fold once more without a difference, and add lines up', () => {
    const line = { kind: 'line', way: 'received', bytes: 5 } as const;
    const all: TimelineEntry[] = [{ ...line, at: 1 }, call(1, 2), end(1, 3), { ...line, at: 4 }];
    const once = foldEntries(all);
    assert.deepEqual(once, [
      { kind: 'folded', ...row, at: 2, until: 3, calls: 1 },
      { ...line, bytes: 10, at: 4 },
    ]);
    assert.deepEqual(foldEntries(once), once);
  });
});
