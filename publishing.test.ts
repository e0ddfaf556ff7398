import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPublishing, reportAddress } from './publishing.ts';

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

test('a report says which page it is about, where the address leaves room for it', () => {
  const page = 'https://readable.example/select/?a=1&b';
  assert.equal(
    reportAddress('https://forge.example/issues/new?body={page}', page),
    'https://forge.example/issues/new?body=https%3A%2F%2Freadable.example%2Fselect%2F%3Fa%3D1%26b',
  );
  assert.equal(reportAddress('https://forge.example/issues', page), 'https://forge.example/issues');
  const mail = new URL(reportAddress('mailto:me@readable.example', page));
  assert.equal(mail.searchParams.get('body'), `\r\n\r\n${page}`);
  const own = 'mailto:me@readable.example?subject=Readable';
  assert.equal(reportAddress(own, page), own);
  assert.equal(
    readPublishing({ READABLE_FEEDBACK: 'https://a.example/{page}' }).feedback,
    'https://a.example/{page}',
  );
});
