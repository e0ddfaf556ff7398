import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_TERMS, isTermId, linkedParts, namesOf } from './linked.ts';

/** Words that a page must not use before it has named them: each has an entry that says what it means. */
const TO_BE_NAMED = [
  ...['port', 'packet', 'signal', 'stream', 'file descriptor', 'kernel', 'SOCK_STREAM', 'socket'],
  ...['process', 'thread', 'system call', 'errno', 'connection', 'event loop'],
];

test('each word is defined once, under one name', () => {
  const names = [...ALL_TERMS.values()].flatMap(namesOf).map((name) => name.toLowerCase());
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) < index),
    [],
  );
});

test('a definition is one to three sentences of plain text', () => {
  for (const [id, { means }] of ALL_TERMS) {
    assert.match(means, /^[A-Z][^<>[\]`*]*\.$/, id);
    assert.ok(means.split(/[.?!] (?=[A-Z])/).length <= 3, id);
  }
});

test('what a page has to name is there', () => {
  const names = [...ALL_TERMS.values()].map(({ name }) => name);
  assert.deepEqual(
    TO_BE_NAMED.filter((name) => !names.includes(name)),
    [],
  );
});

test('no definition uses an abbreviation or a constant that has none itself', () => {
  const names = new Set([...ALL_TERMS.values()].flatMap(namesOf));
  const undefinedNames = [...ALL_TERMS].flatMap(([id, { means }]) =>
    // An error is introduced as one.
    [...means.matchAll(/(?<![Tt]he error )\b[A-Z][A-Z_\d]{2,}\b/g)]
      .map(([name]) => name)
      .filter((name) => !names.has(name))
      .map((name) => `${id}: ${name}`),
  );
  assert.deepEqual(undefinedNames, []);
});

test('other terms in a definition are linked, each once, by the longest of its names', () => {
  assert.deepEqual(linkedParts('event-base'), [
    { text: 'The ' },
    { text: 'libevent', id: 'libevent' },
    { text: ' object that holds a set of ' },
    { text: 'events', id: 'event' },
    { text: ' and runs the ' },
    { text: 'event loop', id: 'event-loop' },
    { text: ' for them.' },
  ]);
  // A call is no word: accept(2).
  assert.ok(!linkedParts('listening-socket').some(({ id }) => id === 'accept'));
});

test('a definition with its links is the definition, and never links to itself', () => {
  for (const [id, { means }] of ALL_TERMS) {
    const parts = linkedParts(id);
    assert.equal(parts.map(({ text }) => text).join(''), means);
    const linked = parts.flatMap((part) => part.id ?? []);
    assert.equal(new Set(linked).size, linked.length, id);
    assert.ok(!linked.includes(id), id);
  }
});

test('only what is a term’s id is taken for one', () => {
  assert.ok(isTermId('file-descriptor'));
  for (const id of ['', 'file descriptor', 'toString', 'Kernel']) assert.ok(!isTermId(id), id);
});
