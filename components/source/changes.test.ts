import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changesBetween, changesInWords, spokenMarks } from './changes.ts';

const numbered = (count: number): string =>
  Array.from({ length: count }, (_, index) => `line(${index + 1});\n`).join('');

test('a change is shown with three lines around it, and the rest is counted', () => {
  const before = numbered(12);
  const changes = changesBetween(before, before.replace('line(6);', 'other();\nand();'));
  assert.equal(
    changes.text,
    [
      '// … 2 lines unchanged',
      'line(3);',
      'line(4);',
      'line(5);',
      'line(6);',
      'other();',
      'and();',
      'line(7);',
      'line(8);',
      'line(9);',
      '// … 3 lines unchanged',
    ].join('\n'),
  );
  assert.deepEqual(changes.removed, [5]);
  assert.deepEqual(changes.added, [6, 7]);
  assert.equal(changesInWords(changes), '1 line removed, 2 added');
});

test('a line that is gone or new says so, and no other', () => {
  const line = (mark: string, code: string): string =>
    `<div class="ec-line${mark}" style="--ecIndent:2ch"><div class="code">${code}</div></div>`;
  const html = [line('', 'same'), line(' highlight del', 'old'), line(' highlight ins', 'new')];
  const spoken = spokenMarks(html.join(''));
  assert.match(spoken, /<div class="ec-line" style="[^"]*"><div class="code">same/);
  assert.match(spoken, /<span class="[^"]*\bsr-only\b[^"]*">gone: <\/span>old/);
  assert.match(spoken, /<span class="[^"]*\bsr-only\b[^"]*">new: <\/span>new/);
  assert.equal(spoken.split('<span').length, 3);
});

test('programs that are the same have no changes', () => {
  assert.deepEqual(changesBetween('a();\n', 'a();\n'), { text: '', added: [], removed: [] });
});

test('the end of a file without a last line feed is no line of its own', () => {
  assert.equal(changesBetween('a();\nb();', 'a();\nc();').text, 'a();\nb();\nc();');
});

test('what is not gone is the later program, what is not new the earlier one', () => {
  const texts = fc.array(fc.constantFrom('a();', 'b();', '', '}')).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const { text, added, removed } = changesBetween(before, after);
      const lines = text.split('\n');
      assert.ok([...added, ...removed].every((line) => line >= 1 && line <= lines.length));
      const unchanged = (line: string): number => Number(/^\/\/ … (\d+)/.exec(line)?.[1] ?? 1);
      const length = (without: readonly number[]): number =>
        lines.reduce((sum, line, i) => sum + (without.includes(i + 1) ? 0 : unchanged(line)), 0);
      if (added.length + removed.length === 0) return;
      assert.equal(length(removed) - length(added), added.length - removed.length);
    }),
  );
});
