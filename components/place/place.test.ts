import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NOWHERE, formatPlace, parsePlace, progressOf, withPassed, withRead } from './place.ts';

test('a place comes back as it was stored', () => {
  const name = fc.stringMatching(/^[a-z0-9-]{1,64}$/);
  const names = fc.uniqueArray(name, { maxLength: 20 });
  fc.assert(
    fc.property(names, names, (read, passed) => {
      assert.deepEqual(parsePlace(formatPlace({ read, passed })), { read, passed });
    }),
  );
});

test('whatever else is stored is nowhere, or what of it makes sense', () => {
  for (const stored of [null, '', '{', 'null', '7', '[]', '{"version":2,"read":["select"]}']) {
    assert.deepEqual(parsePlace(stored), NOWHERE);
  }
  const stored = '{"version":1,"read":["select","select",7,"<b>"],"passed":"all"}';
  assert.deepEqual(parsePlace(stored), { read: ['select'], passed: [] });
  fc.assert(fc.property(fc.string(), (text) => void parsePlace(text)));
  fc.assert(fc.property(fc.json(), (text) => void parsePlace(text)));
});

test('a name is kept once', () => {
  const place = withRead(withRead(NOWHERE, 'select'), 'select');
  assert.deepEqual(withPassed(withPassed(place, 'rot13-select'), 'rot13-select'), {
    read: ['select'],
    passed: ['rot13-select'],
  });
  assert.deepEqual(withPassed(NOWHERE, 'No name'), NOWHERE);
});

test('progress in numbers and in words', () => {
  const labs = ['two-sockets-select', 'rot13-select'];
  assert.deepEqual(progressOf(NOWHERE, 'select', labs), {
    isRead: false,
    passed: 0,
    labs: 2,
    words: '',
  });
  const place = withPassed(withRead(NOWHERE, 'select'), 'rot13-select');
  assert.equal(progressOf(place, 'select', labs).words, 'read, 1 of 2 scenarios passed');
  assert.equal(progressOf(place, 'events', ['rot13-event']).words, '');
  const other = withPassed(NOWHERE, 'rot13-event');
  assert.equal(progressOf(other, 'events', ['rot13-event']).words, '1 of 1 scenario passed');
});
