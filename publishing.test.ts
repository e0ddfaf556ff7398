import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPublishing } from './publishing.ts';

test('without settings: at the root, and nothing is claimed of where it is', () => {
  const nothing = { site: undefined, base: '/', repository: undefined, feedback: undefined };
  assert.deepEqual(readPublishing({}), nothing);
  const empty = { SITE: '', READABLE_BASE: '', READABLE_REPOSITORY: '', READABLE_FEEDBACK: '' };
  assert.deepEqual(readPublishing(empty), nothing);
  const blank = Object.fromEntries(Object.keys(empty).map((name) => [name, ' ']));
  assert.deepEqual(readPublishing(blank), nothing);
});

test('a base has a slash at both ends, however it was written', () => {
  for (const [given, base] of [
    ['/', '/'],
    ['/book', '/book/'],
    ['/book/', '/book/'],
    [' /book/ ', '/book/'],
    ['/~me/books/async.io', '/~me/books/async.io/'],
  ] as const) {
    assert.equal(readPublishing({ READABLE_BASE: given }).base, base);
  }
});

test('what is not a path to host below is refused by name', () => {
  const wrong = ['book', 'book/', '//book/', '/a//b', '/../', '/a/./b', '/a b/', '/a?b', '/a#b'];
  for (const given of [...wrong, 'https://readable.example/book/', '/é/', '/%2e%2e/']) {
    assert.throws(
      () => readPublishing({ READABLE_BASE: given }),
      /READABLE_BASE[^]*\/book\//,
      given,
    );
  }
});

test('the site’s address ends with its host, and a link is one that can be followed', () => {
  assert.equal(readPublishing({ SITE: 'https://a.example' }).site, 'https://a.example');
  assert.equal(
    readPublishing({ READABLE_FEEDBACK: 'mailto:a@b.example' }).feedback,
    'mailto:a@b.example',
  );
  for (const [name, given] of [
    ['SITE', 'readable.example'],
    ['SITE', 'ftp://readable.example'],
    ['SITE', 'https://readable.example/book/'],
    ['SITE', 'https://readable.example/?x=1#y'],
    ['SITE', 'https://readable.example#'],
    ['SITE', 'https://me@readable.example'],
    ['SITE', 'https:'],
    ['READABLE_REPOSITORY', 'me/readable'],
    ['READABLE_REPOSITORY', 'javascript:alert(1)'],
    ['READABLE_FEEDBACK', 'me@readable.example'],
  ] as const) {
    assert.throws(() => readPublishing({ [name]: given }), new RegExp(name), given);
  }
});
