import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CrowdState } from '../protocol/crowd-feed.ts';
import { axisText, complaintIn, crowdText, curveText } from './crowd-text.ts';

const CROWD: CrowdState = {
  ...{ wanted: 1000, talks: false, connecting: 0, connected: 0, closed: 0, failed: 0 },
  ...{ reasons: [], sent: 0, answered: 0, line: null },
};

test('a crowd is told of as it comes, and of what becomes of it', () => {
  const texts = [
    { connected: 412, connecting: 3 },
    { connected: 1000 },
    { connected: 140, closed: 860 },
    { connected: 600, connecting: 400 },
    { wanted: 10, failed: 10, reasons: [{ code: 'ECONNREFUSED', count: 10 }] },
    { wanted: 10, failed: 10, reasons: [{ code: 'EWHATEVER', count: 10 }] },
    { wanted: 10, connected: 10, talks: true, sent: 1234, answered: 1200 },
  ].map((part) => crowdText({ ...CROWD, ...part }));
  assert.deepEqual(texts, [
    '412 of 1,000 have come: 412 connected.',
    'All 1,000 have come: 1,000 connected.',
    'All 1,000 have come: 140 connected, 860 closed by the server. Its output may say why.',
    '600 of 1,000 have come: 600 connected, 400 waiting.',
    'All 10 have come: 0 connected, 10 not connected. ECONNREFUSED: nothing listens there.',
    'All 10 have come: 0 connected, 10 not connected. EWHATEVER: the kernel refused.',
    'All 10 have come: 10 connected. Lines: 1,234 sent, 1,200 back.',
  ]);
});

test('whom the server has closed, it may have told why', () => {
  const state = { ...CROWD, connected: 101, closed: 899 };
  assert.equal(
    crowdText(state, 'fork: Resource temporarily unavailable'),
    'All 1,000 have come: 101 connected, 899 closed by the server. ' +
      'Its output says: “fork: Resource temporarily unavailable”.',
  );
  // Nobody was closed: what a server said before is nobody’s business.
  assert.equal(
    crowdText({ ...CROWD, connected: 1000 }, 'accept: Too many open files'),
    'All 1,000 have come: 1,000 connected.',
  );
});

test('of what a program prints, the latest line counts that says what it could not have', () => {
  assert.equal(complaintIn('Listening on port 9876\nConnection on descriptor 22\n'), undefined);
  assert.equal(
    complaintIn(
      'accept: Too many open files\r\nfork: Resource temporarily unavailable\r\nChild 9 has gone\r\n',
    ),
    'fork: Resource temporarily unavailable',
  );
  assert.equal(complaintIn('new Worker: EAGAIN'), 'new Worker: EAGAIN');
  const long = complaintIn(`${'far '.repeat(20)}EMFILE ${'x'.repeat(5000)}`);
  assert.equal(long, undefined);
  assert.equal(complaintIn(`EMFILE ${'and so on '.repeat(20)}`)?.length, 60);
});

test('figures have their units', () => {
  assert.equal(curveText('processes', 1144), '1,144');
  assert.equal(curveText('memory', 158 * 1024 ** 2 + 1), '158 MB');
  assert.equal(curveText('cpu', 0.04), '4 %');
  assert.deepEqual(
    [0.183, 45.2, 1700].map((time) => curveText('line', time)),
    ['0.18 ms', '45 ms', '1.7 s'],
  );
  assert.deepEqual(
    [5, 0.5, 2000].map((time) => axisText('slow', time)),
    ['5 ms', '0.5 ms', '2 s'],
  );
  assert.equal(axisText('descriptors', 2000), '2,000');
});
