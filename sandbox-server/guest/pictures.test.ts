import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPictures } from './pictures.ts';

test('every control character but those of lines has its picture', () => {
  assert.equal(withPictures('a\tb\r\nc — 漢🙂'), 'a\tb\r\nc — 漢🙂');
  assert.equal(withPictures('\0\u0007\b\u000b\f\u000e\u001b[31m\u007f'), '␀␇␈␋␌␎␛[31m␡');
  assert.equal(
    withPictures('\u0080\u009b2J\u009d8;;\u009f\u00a0'),
    '\ufffd\ufffd2J\ufffd8;;\ufffd\u00a0',
  );
});
