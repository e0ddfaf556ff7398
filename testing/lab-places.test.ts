import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misplacedLabs } from './lab-places.ts';

const LABS = new Set(['one', 'two', 'three']);

test('labs that are where they belong are no matter', () => {
  const chapter = { chapter: 'select', folders: ['one', 'two'], shown: ['two', 'one'] };
  assert.deepEqual(misplacedLabs(chapter, LABS), []);
});

test('each lab that is not is told of, with what to do', () => {
  const chapter = {
    chapter: 'select',
    folders: ['one', 'two', 'draft'],
    shown: ['one', 'one', 'three'],
  };
  assert.deepEqual(misplacedLabs(chapter, LABS), [
    'content/select/draft/ has no lab.ts. Write one, or move the folder.',
    'content/select/two/lab.ts is on no page. Put <Lab id="two" /> into content/select/index.mdx.',
    'content/select/index.mdx shows the lab “three” of another chapter. Move its folder to content/select/.',
    'content/select/index.mdx shows the lab “one” more than once. Leave one.',
  ]);
});
