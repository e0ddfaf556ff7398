import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aroundChange } from './around-change.ts';

const BOOK = 'a\nb\nc\nchange\nme\nd\ne\nf';
const CHANGE = { first: 4, last: 5 };

test('what stands around the part to be changed, however long that has become', () => {
  const before = { first: 1, last: 3 };
  assert.deepEqual(aroundChange(BOOK, BOOK, CHANGE), [before, { first: 6, last: 8 }]);
  const longer = BOOK.replace('me', 'it\nlong\nago');
  assert.deepEqual(aroundChange(longer, BOOK, CHANGE), [before, { first: 8, last: 10 }]);
  const emptied = BOOK.replace('change\nme\n', '');
  assert.deepEqual(aroundChange(emptied, BOOK, CHANGE), [before, { first: 4, last: 6 }]);
});

test('lines that the reader has changed are no longer the book’s, and are shown', () => {
  const [before, after] = [
    { first: 1, last: 3 },
    { first: 6, last: 8 },
  ];
  assert.deepEqual(aroundChange(BOOK.replace('b', 'mine'), BOOK, CHANGE), [after]);
  assert.deepEqual(aroundChange(BOOK.replace('f', 'mine'), BOOK, CHANGE), [before]);
  assert.deepEqual(aroundChange('', BOOK, CHANGE), []);
  assert.deepEqual(aroundChange('a\nb\nc', BOOK, CHANGE), [before]);
});

test('a line or two are not worth a fold, and nothing is not', () => {
  assert.deepEqual(aroundChange('a\nb\nc\nd', 'a\nb\nc\nd', { first: 3, last: 4 }), []);
  assert.deepEqual(aroundChange('a', 'a', { first: 1, last: 1 }), []);
});
