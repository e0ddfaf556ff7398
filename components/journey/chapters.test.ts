import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAPTERS, chapterNumber, isChapter, labsOf } from './chapters.ts';

test('chapters are numbered from 1, other pages are not', () => {
  assert.equal(chapterNumber('blocking'), 1);
  assert.equal(chapterNumber('completion'), CHAPTERS.length);
  assert.equal(chapterNumber('api/event'), undefined);
});

test('a chapter beside the journey is one all the same, without a number', () => {
  assert.equal(isChapter('listener-flags'), true);
  assert.equal(chapterNumber('listener-flags'), undefined);
  assert.equal(isChapter('completion'), true);
  assert.equal(isChapter('api/event'), false);
});

test('a chapter has the labs of its folder', () => {
  const paths = [
    '/content/select/two-sockets-select/lab.ts',
    'content/select/rot13-select/lab.ts',
    'content/events/rot13-event/lab.ts',
  ];
  assert.deepEqual(labsOf('select', paths), ['rot13-select', 'two-sockets-select']);
  assert.deepEqual(labsOf('blocking', paths), []);
});
