import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RepeatBounds, pieces } from './repeat-bounds.ts';

const SIZE = { cols: 80, rows: 24 };
const MOST = 2_147_483_647;

/** What is shown of text that comes in these chunks. */
function shown(...chunks: string[]): string {
  const bounds = new RepeatBounds();
  return chunks.map((chunk) => bounds.take(chunk, SIZE)).join('');
}

suite('counts of control sequences', () => {
  test('are bounded by the screen, in lines and in columns', () => {
    for (const final of ['L', 'M', 'S', 'T']) {
      assert.equal(shown(`a\u001b[${MOST}${final}b`), `a\u001b[24${final}b`);
    }
    for (const final of ['I', 'Z']) assert.equal(shown(`\u001b[9999${final}`), `\u001b[80${final}`);
    assert.equal(shown(`\u009b${MOST}L`), '\u001b[24L');
  });

  test('are bounded wherever a chunk ends', () => {
    const whole = `one\u001b[${MOST}Ltwo`;
    for (let cut = 0; cut <= whole.length; cut++) {
      assert.equal(shown(whole.slice(0, cut), whole.slice(cut)), 'one\u001b[24Ltwo', `at ${cut}`);
    }
    assert.equal(shown(...(whole.match(/./gsu) ?? [])), 'one\u001b[24Ltwo');
  });

  test('are not lost behind an ESC that begins nothing, wherever a chunk ends', () => {
    const whole = `a\u001b\u001b[${MOST}Lb\u001b`;
    for (let cut = 0; cut <= whole.length; cut++) {
      const text = shown(whole.slice(0, cut), whole.slice(cut), 'c');
      assert.equal(text, 'a\u001b\u001b[24Lb\u001bc', `at ${cut}`);
    }
  });

  test('are bounded with control characters in between, which are carried out', () => {
    assert.equal(shown(`\u001b[21474\n83647\u007fL`), '\n\u007f\u001b[24L');
    assert.equal(shown(`\u001b[${'0'.repeat(200)}99L`), '\u001b[24L');
  });

  test('leave everything else as it is', () => {
    for (const text of [
      'plain é 😀 text\r\n',
      ...['\u001b[24L', '\u001b[L', '\u001b[0m\u001b[38;2;255;255;255m', '\u001b[?2026h'],
      ...['\u001b[999;999H', '\u001b[9999J', '\u001b[2147\u001b[1m', '\u001b[12\u0018L', '\u001bM'],
    ]) {
      assert.equal(shown(text), text);
    }
  });

  test('never make a sequence without an end be kept', () => {
    const bounds = new RepeatBounds();
    assert.equal(bounds.take('\u001b[', SIZE), '');
    let kept = 0;
    for (let index = 0; index < 1000; index++) kept += bounds.take('1', SIZE).length;
    assert.ok(kept > 0 && kept < 1000);
  });
});

test('pieces are whole characters', () => {
  const text = 'ab😀c😀😀';
  for (let length = 1; length < 12; length++) {
    const all = [...pieces(text, length)];
    assert.equal(all.join(''), text);
    assert.ok(
      all.every((piece) => piece.isWellFormed()),
      `of ${length}`,
    );
  }
});
