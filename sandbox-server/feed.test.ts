import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readFeed } from './feed.ts';

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
    assert.deepEqual(readFeed(line({ type: 'enter', id: 1, call: 'select', args })), {
      kind: 'select',
      ...{ returned: false, nfds: 24, read: [19, 23], write: [] },
    });
    const out = '{23} {} NULL';
    assert.deepEqual(readFeed(line({ type: 'exit', id: 1, call: 'select', result: 1, out })), {
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

  test('of other calls, and whatever a program writes there itself, nothing is made', () => {
    assert.equal(readFeed(line({ type: 'enter', id: 1, call: 'recv', args: ['3'] })), undefined);
    for (const text of ['', 'hello', '{"type":"counts","counts":{"recv":-1}}', '[]', 'null']) {
      assert.equal(readFeed(text), undefined, text);
    }
  });
});
