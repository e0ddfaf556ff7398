import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stylesheetsOnce } from './stylesheets-once.ts';

const CODE = '<link rel="stylesheet" href="/_astro/ec.css"/>';
const OTHER = '<link rel="stylesheet" href="/_astro/index.css">';
const PRELOAD = '<link rel="preload" href="/a.woff2" as="font">';

test('a style sheet is linked where it is wanted first, and nowhere else', () => {
  assert.equal(
    stylesheetsOnce(`${OTHER}${PRELOAD}<p>${CODE}</p>${PRELOAD}<p>${CODE}</p>${OTHER}`),
    `${OTHER}${PRELOAD}<p>${CODE}</p>${PRELOAD}<p></p>`,
  );
});
