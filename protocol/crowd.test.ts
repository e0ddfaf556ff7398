import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  MOST_CROWD,
  crowdOrderLine,
  crowdRecordLine,
  readCrowdOrder,
  type CrowdState,
} from './crowd-feed.ts';
import { readCrowdRecord } from './crowd.ts';
import { parseClientMessage } from './messages.ts';

const STATE: CrowdState = {
  ...{ wanted: 1000, talks: true, connecting: 3, connected: 140, closed: 57, failed: 2 },
  reasons: [{ code: 'ECONNREFUSED', count: 2 }],
  ...{ sent: 12, answered: 11, line: { middle: 0.25, slow: 1, waits: 0 } },
};

const TALLY = { at: 1.75e12, lines: 14, underWay: 1 };

suite('the feed of a crowd', () => {
  test('what is written is read', () => {
    const record = { state: STATE, tally: TALLY };
    assert.deepEqual(readCrowdRecord(crowdRecordLine(record)), record);
    const quiet = { tally: TALLY, state: { ...STATE, line: null, reasons: [] } };
    assert.deepEqual(readCrowdRecord(crowdRecordLine(quiet)), quiet);
  });

  test('nothing else is', () => {
    const wrong: readonly object[] = [
      { wanted: MOST_CROWD + 1 },
      { connected: -1 },
      { connected: 0.5 },
      { closed: 1e10 },
      { sent: '12' },
      { talks: 1 },
      { line: { middle: -1, slow: 1, waits: 0 } },
      { line: { middle: 1, slow: 1 } },
      { reasons: [{ code: '<b>', count: 1 }] },
      { reasons: Array.from({ length: 5 }, () => ({ code: 'EMFILE', count: 1 })) },
      { more: 1 },
    ];
    for (const part of wrong) {
      const line = JSON.stringify({ type: 'crowd', state: { ...STATE, ...part }, tally: TALLY });
      assert.equal(readCrowdRecord(line), undefined, line);
    }
    for (const part of [{ at: -1 }, { lines: 0.5 }, { underWay: '1' }, { more: 1 }]) {
      const line = JSON.stringify({ type: 'crowd', state: STATE, tally: { ...TALLY, ...part } });
      assert.equal(readCrowdRecord(line), undefined, line);
    }
    for (const line of ['', '{', 'null', '[]', '{"type":"crowd"}', '{"type":"client"}']) {
      assert.equal(readCrowdRecord(line), undefined, line);
    }
  });
});

suite('the orders to a crowd', () => {
  test('what is written is read', () => {
    for (const order of [
      { count: 0, talks: false },
      { count: 1000, talks: true },
    ]) {
      assert.deepEqual(readCrowdOrder(crowdOrderLine(order).trimEnd()), order);
    }
  });

  test('nothing else is', () => {
    for (const line of [
      '',
      '10',
      '10 shouting',
      '1001 silent',
      '-1 silent',
      ' 10 silent',
      '10 silent ',
    ]) {
      assert.equal(readCrowdOrder(line), undefined, line);
    }
  });

  test('a page orders no more than there can be', () => {
    const order = { type: 'crowd', seq: 0, count: 1000, talks: false };
    assert.deepEqual(parseClientMessage(JSON.stringify(order)), order);
    for (const part of [
      { count: 1001 },
      { count: -1 },
      { count: 1.5 },
      { talks: null },
      { a: 1 },
    ]) {
      assert.throws(() => parseClientMessage(JSON.stringify({ ...order, ...part })), /protocol/);
    }
  });
});
