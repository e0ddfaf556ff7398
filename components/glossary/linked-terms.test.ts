import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkedTerms } from './linked-terms.ts';

test('the terms that a page links are found, in their order and as often as they stand there', () => {
  const mdx =
    'The <Term id="kernel">kernel</Term> has a <Term\n  id=\'port\'\n>port</Term>, and a <Term id="kernel" />.';
  assert.deepEqual(linkedTerms(mdx), ['kernel', 'port', 'kernel']);
  assert.deepEqual(linkedTerms('<Lab id="kernel" /> <Terminal id="port" />'), []);
});
