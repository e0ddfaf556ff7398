import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { CLIENT_STATES, clientRecordLine } from './client-feed.ts';
import { readFeed } from './feed.ts';
import { parseServerMessage } from './messages.ts';

const head = { pid: 1, thread: 0, time: 1 };
const line = (record: object): string => JSON.stringify({ ...head, ...record });

suite('a line of a feed', () => {
  test('says how many calls were made', () => {
    assert.deepEqual(readFeed(line({ type: 'counts', counts: { recv: 7 } })), {
      kind: 'counts',
      counts: { recv: 7 },
    });
  });

  test('says what select(2) is asked, and what it answers', () => {
    const args = ['24', '{19 23}', 'NULL', 'NULL', 'NULL'];
    const asked = { read: [19, 23], write: [], except: [] };
    const call = { id: 1, call: 'select' };
    assert.deepEqual(readFeed(line({ type: 'enter', ...call, args, sets: asked })), {
      kind: 'select',
      ...{ returned: false, nfds: 24, read: [19, 23], write: [] },
    });
    const found = { read: [23], write: [], except: [] };
    assert.deepEqual(readFeed(line({ type: 'exit', ...call, result: 1, sets: found })), {
      kind: 'select',
      ...{ returned: true, read: [23], write: [] },
    });
  });

  test('an interrupted select(2) has found nothing', () => {
    const record = { type: 'exit', id: 1, call: 'select', result: -1, error: 'EINTR' };
    assert.deepEqual(readFeed(line(record)), {
      kind: 'select',
      ...{ returned: true, read: [], write: [] },
    });
  });

  test('says how a client’s connection is', () => {
    for (const state of CLIENT_STATES) {
      assert.deepEqual(readFeed(clientRecordLine(state)), { kind: 'client', state });
    }
    assert.equal(readFeed(line({ type: 'client', state: 'drunk' })), undefined);
  });

  test('makes nothing that a page would not take, whatever a program claims', () => {
    const numbers = fc.array(fc.oneof(fc.integer(), fc.double(), fc.nat(2000)));
    const record = fc.record({
      type: fc.constantFrom('enter', 'exit'),
      call: fc.constant('select'),
      args: fc.oneof(fc.array(fc.string()), fc.constantFrom(['1e999'], ['-1'], ['9999'], ['NaN'])),
      sets: fc.record({ read: numbers, write: numbers }),
    });
    const check = (claim: object): void => {
      const item = readFeed(line(claim));
      if (item?.kind !== 'select') return;
      const { kind: type, ...call } = item;
      parseServerMessage(JSON.stringify({ type, seq: 0, process: 1, ...call }));
      assert.ok(call.read.length <= 1024 && call.write.length <= 1024);
    };
    fc.assert(fc.property(record, check));
    const all = Array.from({ length: 1024 }, (_, index) => index);
    for (const read of [all, [...all, 1024], [...all, ...all], [1, 1], [0.5], [-1]]) {
      check({ type: 'enter', call: 'select', args: ['1024'], sets: { read, write: read } });
    }
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

  test('of other calls, and whatever a program writes there itself, nothing is made', () => {
    assert.equal(readFeed(line({ type: 'enter', id: 1, call: 'recv', args: ['3'] })), undefined);
    for (const text of ['', 'hello', '{"type":"counts","counts":{"recv":-1}}', '[]', 'null']) {
      assert.equal(readFeed(text), undefined, text);
    }
  });
});
