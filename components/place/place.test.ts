import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  NOWHERE,
  formatPlace,
  parsePlace,
  progressOf,
  saidTo,
  withPassed,
  withRead,
  withSaid,
  withSolved,
} from './place.ts';

test('a place comes back as it was stored', () => {
  const name = fc.stringMatching(/^[a-z0-9-]{1,64}$/);
  const names = fc.uniqueArray(name, { maxLength: 20 });
  fc.assert(
    fc.property(names, names, names, (read, passed, solved) => {
      const answers = read.map((lab) => ({ lab, asks: 'Who?', said: ['Bob', '“both”'] }));
      const place = { read, passed, solved, answers };
      assert.deepEqual(parsePlace(formatPlace(place)), place);
    }),
  );
});

test('whatever else is stored is nowhere, or what of it makes sense', () => {
  for (const stored of [null, '', '{', 'null', '7', '[]', '{"version":2,"read":["select"]}']) {
    assert.deepEqual(parsePlace(stored), NOWHERE);
  }
  const stored = '{"version":1,"read":["select","select",7,"<b>"],"passed":"all"}';
  assert.deepEqual(parsePlace(stored), { ...NOWHERE, read: ['select'] });
  fc.assert(fc.property(fc.string(), (text) => void parsePlace(text)));
  fc.assert(fc.property(fc.json(), (text) => void parsePlace(text)));
});

test('a name is kept once', () => {
  const place = withRead(withRead(NOWHERE, 'select'), 'select');
  assert.deepEqual(withPassed(withPassed(place, 'rot13-select'), 'rot13-select'), {
    ...NOWHERE,
    read: ['select'],
    passed: ['rot13-select'],
  });
  assert.deepEqual(withSolved(withSolved(NOWHERE, 'reap'), 'reap').solved, ['reap']);
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
  assert.equal(progressOf(place, 'select', labs).words, 'read, 1 of 2 labs passed');
  assert.equal(progressOf(place, 'events', ['rot13-event']).words, '');
  const other = withPassed(NOWHERE, 'rot13-event');
  assert.equal(progressOf(other, 'events', ['rot13-event']).words, '1 of 1 lab passed');
});

test('the latest answer to a question is kept', () => {
  const first = withSaid(NOWHERE, { lab: 'rot13-fork', asks: 'How many?', said: ['2'] });
  const other = withSaid(first, { lab: 'rot13-fork', asks: 'Who waits?', said: ['Bob'] });
  const again = withSaid(other, { lab: 'rot13-fork', asks: 'How many?', said: ['3'] });
  assert.deepEqual(saidTo(again, 'rot13-fork', 'How many?'), ['3']);
  assert.deepEqual(saidTo(again, 'rot13-fork', 'Who waits?'), ['Bob']);
  assert.equal(saidTo(again, 'rot13-threads', 'Who waits?'), undefined);
});

test('of answers that somebody else stored, what can be one is kept, and no more than 500', () => {
  const good = { lab: 'rot13-fork', asks: 'How many?', said: ['2'] };
  const answers = [
    good,
    { ...good, lab: '<b>' },
    { ...good, asks: 7 },
    { ...good, asks: 'x'.repeat(301) },
    { ...good, said: [] },
    { ...good, asks: 'Who?', said: ['x'.repeat(121), 'Bob', {}] },
    null,
  ];
  const stored = (some: unknown): string => JSON.stringify({ version: 1, answers: some });
  assert.deepEqual(parsePlace(stored(answers)).answers, [
    good,
    { lab: 'rot13-fork', asks: 'Who?', said: ['Bob'] },
  ]);
  const many = Array.from({ length: 600 }, (_, index) => ({ ...good, asks: `${index}` }));
  const kept = parsePlace(stored(many)).answers;
  assert.equal(kept.length, 500);
  assert.equal(kept.at(-1)?.asks, '599');
  assert.equal(withSaid(parsePlace(stored(many)), good).answers.length, 500);
});
