import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TypedTail } from './typed-tail.ts';

function typed(...texts: string[]): TypedTail {
  const tail = new TypedTail();
  for (const text of texts) tail.take(text);
  return tail;
}

test('a text counts that begins a line, and no other', () => {
  for (const before of ['', 'Oh\n', 'Oh\u0003', 'Oh\u0004']) {
    assert.ok(typed(before, 'hel', 'lo?\n').endsWithLines('hello?\n'), before);
    assert.ok(typed(before, 'a\nb\n').endsWithLines('a\nb\n'), before);
  }
  assert.ok(!typed('Oh, hello?\n').endsWithLines('hello?\n'));
  assert.ok(typed('Oh, hello?\n').endsWith('hello?\n'));
  assert.ok(!typed('lo?\n').endsWithLines('hello?\n'));
});

test('what is erased does not count: a character, a word, a line, but not what was entered', () => {
  for (const text of [
    'ho\u007f\b\u007fhi\n',
    'so hi\u0015hi\n',
    'so it \u0017\u0017hi\n',
    'é🎈\b\bhi\n',
  ]) {
    assert.ok(typed(text).endsWithLines('hi\n'), JSON.stringify(text));
  }
  assert.ok(typed('one\n\u007f\u0015\u0017two\n').endsWithLines('one\ntwo\n'));
});

test('a flood leaves only its end, which is not taken for the beginning of a line', () => {
  const flood = typed('x'.repeat(500_000));
  flood.take('\u0015hi\n');
  assert.ok(!flood.endsWithLines('hi\n'));
  flood.take('hi\n');
  assert.ok(flood.endsWithLines('hi\n'));
});
