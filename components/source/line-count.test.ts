import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countCodeLines } from './line-count.ts';

test('blank lines, comments and imports are not counted', () => {
  const program = `// What it does.

import {
  recv,
  send,
} from 'libevent-ts/sys';
import type { Fd } from 'libevent-ts/sys';

/**
 * A comment.
 */
const { port } = options; // counted

/* short */
// #region main
function main(): void {
  const later = import('./later.ts');
}
// #endregion
`;
  assert.equal(countCodeLines(program), 4);
});

test('an import in one line does not swallow what follows', () => {
  assert.equal(countCodeLines("import 'a';\nimport { b } from 'b';\nb();\n"), 1);
  assert.equal(countCodeLines("import('a');\nimport.meta.dirname;\n"), 2);
  assert.equal(countCodeLines(''), 0);
});
