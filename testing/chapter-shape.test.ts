import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHAPTERS } from '../components/journey/chapters.ts';
import { CONTENT } from '../project.ts';
import { LABS } from './labs.ts';
import { missingParts } from './chapter-shape.ts';

const WHOLE = `---
title: select
---

import Lab from '../../components/Lab.astro';

Click Run.

<Lab id="two-sockets-select" />

Why that is.

<Lab id="write-set" />

<InNode>

Node does it, too.

</InNode>

<Fold title="In the C book">

It does not.

</Fold>

<InShort>

It waits.

</InShort>

<Man page="select(2)" />, <Man page="poll(2)" />
`;

function partsOf(mdx: string): string[] {
  return missingParts({ slug: 'select', mdx, exercises: ['write-set'] });
}

test('a chapter that has everything lacks nothing', () => {
  assert.deepEqual(partsOf(WHOLE), []);
});

test('each part that is missing is named, with the page and what to do', () => {
  const without = (text: string, by = ''): string[] => partsOf(WHOLE.replace(text, by));
  assert.deepEqual(without('<InShort>'), ['content/select/index.mdx has no <InShort>. Write one.']);
  assert.match(without('<Lab id="write-set" />').join(), /has no exercise/);
  assert.match(
    without('Click Run.', 'word '.repeat(201)).join(),
    /has 201 words before its first lab/,
  );
  assert.match(
    without('<Man page="select(2)" />, <Man page="poll(2)" />', 'See select(2).').join(),
    /does not end with its manual pages.*names select\(2\) at its end without a link/,
  );
  assert.match(
    without('Why that is.', '<Fold title="In the C book">\n\nNo.\n\n</Fold>').join(),
    /has 2 folds/,
  );
  const turned = WHOLE.replace('<InNode>', '<X>')
    .replace('<InShort>', '<InNode>')
    .replace('<X>', '<InShort>');
  assert.match(partsOf(turned).join(), /in another order/);
});

for (const slug of CHAPTERS) {
  test(`the chapter ${slug} has all its parts`, () => {
    const mdx = readFileSync(join(CONTENT, slug, 'index.mdx'), 'utf8');
    const exercises = [...LABS.values()]
      .filter(({ definition, folder }) => definition.exercise && folder.includes(`/${slug}/`))
      .map(({ definition }) => definition.id);
    assert.deepEqual(missingParts({ slug, mdx, exercises }), []);
  });
}
