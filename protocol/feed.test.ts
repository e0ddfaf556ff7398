import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { CLIENT_STATES, clientLineRecordLine, clientRecordLine } from './client-feed.ts';
import { LONGEST_FEED_LINE, readFeed, type FeedItem } from './feed.ts';
import { parseServerMessage } from './messages.ts';
import { LONGEST_WORDS, timelineEntrySchema } from './timeline.ts';

const head = { pid: 1, thread: 0, id: 1, time: 1 };
const line = (record: object): string => JSON.stringify({ ...head, ...record });

/** A page takes what is made of it. */
function checkItem(item: FeedItem | undefined): void {
  if (item === undefined) return;
  switch (item.kind) {
    case 'client':
    case 'untraced':
      return;
    case 'counts':
      for (const count of Object.values(item.counts)) assert.ok(Number.isSafeInteger(count));
      return;
    case 'folded':
      checkEntry(item, item.from);
      return;
    case 'entered':
    case 'left':
      checkSelect(item.select);
  }
  checkEntry(item, item.time);
}

/** Checks what becomes an entry of a timeline but for what it has no field for. */
function checkEntry(item: FeedItem, at: number): void {
  const hasName = item.kind === 'entered';
  const fields = Object.entries({ ...item, at }).filter(([field]) => {
    return !['time', 'from', 'select'].includes(field) && (hasName || field !== 'name');
  });
  timelineEntrySchema.parse(Object.fromEntries(fields));
}

function checkSelect(call: Extract<FeedItem, { kind: 'entered' }>['select']): void {
  if (call === undefined) return;
  parseServerMessage(JSON.stringify({ type: 'select', seq: 0, process: 1, ...call }));
  assert.ok(call.read.length <= 1024 && call.write.length <= 1024);
}

suite('a line of a feed', () => {
  test('says how many calls were made', () => {
    assert.deepEqual(readFeed(line({ type: 'counts', counts: { recv: 7 } })), {
      kind: 'counts',
      counts: { recv: 7 },
      time: head.time,
    });
    assert.equal(readFeed(line({ type: 'counts', counts: { recv: 7 }, time: -1 })), undefined);
  });

  test('says which call is made, of what, and where in the program', () => {
    const call = { type: 'enter', call: 'recv', args: ['21', '4096'], fd: 21 };
    const item = { kind: 'entered', ...head, name: 'recv', args: '21, 4096', fd: 21 };
    assert.deepEqual(readFeed(line(call)), item);
    const site = { file: 'rot13-server.ts', line: 47 };
    assert.deepEqual(readFeed(line({ ...call, ...site })), { ...item, ...site });
    // A place that no lab has is no reason to hide the call.
    for (const file of ['/etc/passwd', '../x.ts', 'X.ts', 7]) {
      assert.deepEqual(readFeed(line({ ...call, ...site, file })), item);
    }
    assert.deepEqual(readFeed(line({ ...call, ...site, line: 0 })), item);
  });

  test('says in words what came of it', () => {
    const left = (what: object): unknown => {
      const item = readFeed(line({ type: 'exit', call: 'recv', ...what }));
      return item?.kind === 'left' ? item.result : item;
    };
    assert.equal(left({ result: 15, out: '"hello"' }), '15, "hello"');
    assert.equal(left({ result: 0 }), '0');
    assert.equal(left({ result: -1, error: 'EAGAIN' }), 'EAGAIN');
    assert.equal(left({ result: '15' }), undefined);
    assert.equal(left({ result: 1, out: 7 }), undefined);
    assert.equal(String(left({ result: 1, out: 'x'.repeat(5000) })).length, LONGEST_WORDS);
  });

  test('words of a program’s own turn no others round, and stay on their line', () => {
    const out = 'a\nb\u202ec\u0085d\u2028';
    assert.partialDeepStrictEqual(readFeed(line({ type: 'exit', call: 'read', result: 5, out })), {
      result: '5, a�b�c�d�',
    });
    const what = 'EV_READ\u001b[2J';
    assert.partialDeepStrictEqual(readFeed(line({ type: 'callback', what })), {
      what: 'EV_READ�[2J',
    });
  });

  test('says which callback runs', () => {
    const callback = { type: 'callback', what: 'EV_READ', fd: 7 };
    assert.deepEqual(readFeed(line(callback)), {
      ...{ kind: 'called', ...head, what: 'EV_READ', fd: 7 },
    });
    assert.deepEqual(readFeed(line({ type: 'return' })), { kind: 'returned', ...head });
  });

  test('says how many were only counted', () => {
    const folded = { pid: 1, thread: 0, from: 5, until: 7.5, calls: 900 };
    assert.deepEqual(readFeed(line({ type: 'folded', ...folded })), { kind: 'folded', ...folded });
    assert.equal(readFeed(line({ type: 'folded', ...folded, until: 4 })), undefined);
  });

  test('says which lines a client has sent and received', () => {
    for (const way of ['sent', 'received'] as const) {
      assert.deepEqual(readFeed(clientLineRecordLine(way, 15, 1.5)), {
        ...{ kind: 'line', way, bytes: 15, time: 1.5 },
      });
    }
    assert.equal(readFeed(line({ type: 'line', way: 'lost', bytes: 1 })), undefined);
  });

  test('says what select(2) is asked, and what it answers', () => {
    const args = ['24', '{19 23}', 'NULL', 'NULL', 'NULL'];
    const asked = { read: [19, 23], write: [], except: [] };
    const call = { call: 'select' };
    assert.deepEqual(readFeed(line({ type: 'enter', ...call, args, sets: asked })), {
      ...{ kind: 'entered', ...head, name: 'select', args: '24, {19 23}, NULL, NULL, NULL' },
      select: { returned: false, nfds: 24, read: [19, 23], write: [] },
    });
    const found = { read: [23], write: [], except: [] };
    assert.deepEqual(readFeed(line({ type: 'exit', ...call, result: 1, sets: found })), {
      ...{ kind: 'left', ...head, name: 'select', result: '1' },
      select: { returned: true, read: [23], write: [] },
    });
  });

  test('an interrupted select(2) has found nothing', () => {
    const record = { type: 'exit', call: 'select', result: -1, error: 'EINTR' };
    assert.deepEqual(readFeed(line(record)), {
      ...{ kind: 'left', ...head, name: 'select', result: 'EINTR' },
      select: { returned: true, read: [], write: [] },
    });
  });

  test('says how a client’s connection is', () => {
    for (const state of CLIENT_STATES) {
      assert.deepEqual(readFeed(clientRecordLine(state)), { kind: 'client', state });
    }
    assert.equal(readFeed(line({ type: 'client', state: 'drunk' })), undefined);
  });

  test('makes nothing that a page would not take, whatever a program claims', () => {
    const anything = fc.oneof(
      ...[fc.string(), fc.integer(), fc.double(), fc.nat(2000), fc.constant(undefined)],
      ...[fc.string({ minLength: 150, maxLength: 400 }), fc.jsonValue(), fc.constant('1e999')],
    );
    const small = fc.oneof({ weight: 4, arbitrary: fc.nat(3000) }, anything);
    const numbers = fc.oneof(fc.array(fc.oneof(fc.integer(), fc.double(), fc.nat(2000))), anything);
    const times = fc.oneof(fc.double({ min: 0, max: 2e12, noNaN: true }), anything);
    const record = fc.record({
      type: fc.constantFrom(
        ...['enter', 'exit', 'callback', 'return', 'folded', 'counts', 'client', 'line'],
      ),
      ...{ pid: small, thread: small, id: small, fd: small, line: small, calls: small },
      ...{ time: times, from: times, until: times, bytes: small },
      call: fc.oneof(fc.constantFrom('select', 'recv'), anything),
      args: fc.oneof(
        fc.array(fc.oneof(fc.string({ maxLength: 300 }), fc.constantFrom('1', '9999', '-1'))),
        anything,
      ),
      sets: fc.oneof(fc.record({ read: numbers, write: numbers }), anything),
      file: fc.oneof(fc.constant('server.ts'), anything),
      ...{
        what: anything,
        result: fc.oneof(fc.integer(), anything),
        error: anything,
        out: anything,
      },
      counts: fc.oneof(fc.dictionary(fc.string(), small), anything),
      state: anything,
      way: fc.oneof(fc.constantFrom('sent', 'received'), anything),
    });
    fc.assert(
      fc.property(record, (claim) => checkItem(readFeed(JSON.stringify(claim)))),
      { numRuns: 2000 },
    );
    const all = Array.from({ length: 1024 }, (_, index) => index);
    for (const read of [all, [...all, 1024], [...all, ...all], [1, 1], [0.5], [-1]]) {
      const sets = { read, write: read };
      checkItem(readFeed(line({ type: 'enter', call: 'select', args: ['1024'], sets })));
    }
  });

  test('whatever is in a line, it is read or it is not', () => {
    fc.assert(fc.property(fc.json(), (text) => checkItem(readFeed(text))));
    const deep = '['.repeat(LONGEST_FEED_LINE / 2) + ']'.repeat(LONGEST_FEED_LINE / 2);
    assert.equal(readFeed(deep), undefined);
  });

  test('counts calls by names that calls can have, and no more of them than there are', () => {
    const counts = (names: string[]): unknown =>
      readFeed(
        line({ type: 'counts', counts: Object.fromEntries(names.map((name) => [name, 1])) }),
      );
    assert.equal(counts(['__proto__ x']), undefined);
    assert.equal(counts(['x'.repeat(33)]), undefined);
    assert.equal(counts(Array.from({ length: 101 }, (_, index) => `call_${index}`)), undefined);
    assert.equal(readFeed(line({ type: 'counts', counts: { recv: 1e300 } })), undefined);
  });

  test('that a program can’t be traced, and why', () => {
    const untraced = { kind: 'untraced', why: 'EPERM' };
    assert.deepEqual(readFeed(line({ type: 'untraced', why: 'EPERM' })), untraced);
    assert.equal(readFeed(line({ type: 'untraced', why: 1 })), undefined);
  });

  test('of whatever a program writes there itself, nothing is made', () => {
    for (const text of ['', 'hello', '{"type":"counts","counts":{"recv":-1}}', '[]', 'null', '7']) {
      assert.equal(readFeed(text), undefined, text);
    }
  });
});
