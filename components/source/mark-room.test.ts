import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf, formWithin, saidParts, WHOLE, type MarkParts } from './mark-room.ts';

const WAITS: MarkParts = { what: 'recv(22)', lasts: '2.6 s', names: 'alice, bob' };
const CALLED: MarkParts = { what: 'send(22)', lasts: '', names: 'bob' };

function said(parts: MarkParts, columns: number): string | undefined {
  const form = formWithin(parts, columns);
  if (!form) return undefined;
  const { what, lasts, names } = saidParts(parts);
  return `${form.what ? what : ''}${form.lasts ? lasts : ''}${form.names ? names : ''}`;
}

test('a mark says as much as there is room for', () => {
  assert.equal(said(WAITS, 60), 'recv(22), 2.6 s · alice, bob');
  assert.equal(said(WAITS, 29), 'recv(22), 2.6 s · alice, bob');
  assert.equal(said(WAITS, 28), '2.6 s · alice, bob');
  assert.equal(said(WAITS, 18), 'recv(22), 2.6 s');
  assert.equal(said(WAITS, 15), '2.6 s');
  assert.equal(said(WAITS, 6), '2.6 s');
  assert.equal(said(WAITS, 5), undefined);
  assert.equal(said(WAITS, -20), undefined);
});

test('of what lasts no longer, it says what that was', () => {
  assert.equal(said(CALLED, 14), 'send(22) · bob');
  assert.equal(said(CALLED, 13), 'send(22)');
  assert.equal(said(CALLED, 7), undefined);
});

test('the room that it takes does not change as time goes on', () => {
  const wide = ['1.0 s', '9.9 s', '10.0 s', '59.9 s', '100 ms'].map((lasts) =>
    columnsOf({ ...WAITS, lasts }, WHOLE),
  );
  assert.deepEqual(new Set(wide).size, 1);
});
