/** What the pages of this book refer to by name is there. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readManPages } from '../components/chapter/man-pages.ts';
import { linkedTerms } from '../components/glossary/linked-terms.ts';
import { ALL_TERMS, isTermId } from '../components/glossary/linked.ts';
import { CONTENT, ROOT } from '../project.ts';
import { citedManPages } from './cited.ts';

const MAN_PAGES = readManPages(
  readFileSync(join(ROOT, 'components', 'chapter', 'man-pages.txt'), 'utf8'),
);
const PAGES = globSync('**/*.{md,mdx}', { cwd: CONTENT })
  .sort()
  .map((path) => ({ path, text: readFileSync(join(CONTENT, path), 'utf8') }));

test('manual pages are found where they are cited, and calls in code are none', () => {
  const mdx = [
    'With recv(2), `write(1)` and <Man page="io_uring_enter(2)" />; see getaddrinfo(3).',
    '```c\nexit(1);\n```',
    'In short: f(x), 2(2).',
  ].join('\n\n');
  assert.deepEqual(citedManPages(mdx), ['recv(2)', 'io_uring_enter(2)', 'getaddrinfo(3)']);
});

test('every manual page that is cited exists', () => {
  const cited = [
    ...PAGES.map(({ path, text }) => ({ path, pages: citedManPages(text) })),
    ...[...ALL_TERMS].map(([id, { means }]) => ({ path: id, pages: citedManPages(means) })),
  ];
  assert.ok(cited.some(({ pages }) => pages.length > 0));
  const unknown = cited.flatMap(({ path, pages }) =>
    pages.filter((page) => !MAN_PAGES.has(page)).map((page) => `${path}: ${page}`),
  );
  assert.deepEqual(unknown, []);
});

test('every term that a page links is in the glossary, and linked there once', () => {
  const wrong = PAGES.flatMap(({ path, text }) => {
    const ids = linkedTerms(text);
    return [
      ...ids.filter((id) => !isTermId(id)).map((id) => `${path}: there is no term “${id}”`),
      ...ids
        .filter((id, index) => ids.indexOf(id) < index)
        .map((id) => `${path}: “${id}” is linked again`),
    ];
  });
  assert.deepEqual(wrong, []);
});
