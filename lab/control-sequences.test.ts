import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutControlSequences } from './control-sequences.ts';

test('colours, cursor movements and titles are no text', () => {
  assert.equal(withoutControlSequences('\u001b[2m-- returned\u001b[22m\n'), '-- returned\n');
  assert.equal(withoutControlSequences('a\u001b[38;5;196mb\u009b1;1Hc\u001b[?25ld'), 'abcd');
  assert.equal(withoutControlSequences('\u001b]0;a title\u0007a\u001b]2;b\u001b\\b'), 'ab');
  assert.equal(withoutControlSequences('\u001b(Ba\u001bMb\u001b7c'), 'abc');
});

test('all else stays, a sequence without its end too', () => {
  const text = 'é [2m\t\u0004\n\u001b[1';
  assert.equal(withoutControlSequences(text), text.replace('\u001b[1', '1'));
});
