import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DisplayText } from './display-text.ts';

const ACUTE = '\u0301';

test('text of any language is shown as it is', () => {
  for (const text of [
    'plain',
    'Zoë — 漢字',
    'e\u0301\u0323',
    '👨‍👩‍👧‍👦',
    'ภาษาไทย',
    'עברית',
    '\u001b[1mbold',
  ]) {
    assert.equal(new DisplayText().take(text), text);
  }
});

test('a character has so many marks and no more, in whatever chunks they come', () => {
  assert.equal(new DisplayText().take(`e${ACUTE.repeat(50)}!`), `e${ACUTE.repeat(30)}!`);
  const display = new DisplayText();
  const chunks = [
    `e${ACUTE.repeat(20)}`,
    '',
    ACUTE.repeat(20),
    `${ACUTE.repeat(20)}f${ACUTE}`,
    ACUTE,
  ];
  assert.deepEqual(
    chunks.map((chunk) => display.take(chunk)),
    [`e${ACUTE.repeat(20)}`, '', ACUTE.repeat(10), `f${ACUTE}`, ACUTE],
  );
});

test('what would turn text round is shown as what nobody can read', () => {
  assert.equal(
    new DisplayText().take('a\u202eb\u202c\u2066c\u2069'),
    'a\ufffdb\ufffd\ufffdc\ufffd',
  );
});
