import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chapterLength, proseWords, readingMinutes } from './reading-time.ts';

test('words are counted, and nothing that a reader does not read', () => {
  assert.equal(proseWords('One two, three.\n\n## Four and five\n'), 6);
  assert.equal(proseWords('`recv(2)` returns -1 — or waits.'), 5);
  assert.equal(proseWords("import Lab from '../../components/Lab.astro';\n\nRun it.\n"), 2);
  assert.equal(proseWords('Look:\n\n```ts\nconst a = 1;\nconst b = 2;\n```\n\nThere.\n'), 2);
  assert.equal(proseWords('{/* not for readers, not at all */}\n\nRun.\n'), 1);
  assert.equal(proseWords('\n\n'), 0);
});

test('what stands inside a component is read, the component itself is not', () => {
  assert.equal(proseWords('<Lab id="rot13-fork" />\n\nRun it.\n'), 2);
  assert.equal(proseWords('<InNode>\n\nNode has it, too.\n\n</InNode>\n'), 4);
  assert.equal(proseWords('A <Term id="file-descriptor">file descriptor</Term> is small.'), 5);
  assert.equal(proseWords('<Changes\n  from="rot13-fork"\n  to="rot13-select"\n/>\n\nSo.\n'), 1);
});

test('a link is its words, not its address', () => {
  assert.equal(proseWords('See [the next chapter](/select/#lab-two-sockets).'), 4);
});

test('minutes are whole, and one at least', () => {
  assert.equal(readingMinutes('word '.repeat(1500)), 8);
  assert.equal(readingMinutes('word '.repeat(290)), 1);
  assert.equal(readingMinutes('word '.repeat(310)), 2);
  assert.equal(readingMinutes(''), 1);
});

test('a chapter says what it has, and keeps silent about the rest', () => {
  const mdx = 'word '.repeat(1200);
  assert.deepEqual(chapterLength(mdx, { labs: 3, exercises: 1 }), [
    '6 min read',
    '3 labs',
    '1 exercise',
  ]);
  assert.deepEqual(chapterLength(mdx, { labs: 1, exercises: 2 }), [
    '6 min read',
    '1 lab',
    '2 exercises',
  ]);
  assert.deepEqual(chapterLength(mdx, { labs: 0, exercises: 0 }), ['6 min read']);
});
