import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labFile, noSuchLab } from './folder.ts';

test('a file of a lab is known by the end of its path', () => {
  const file = { chapter: 'select', id: 'rot13-select', name: 'lab.ts' };
  assert.deepEqual(labFile('select/rot13-select/lab.ts'), file);
  assert.deepEqual(labFile('/home/book/content/select/rot13-select/lab.ts'), file);
});

test('a lab that is not there: the ids that are, each once, if they are known', () => {
  assert.equal(noSuchLab('x'), 'There is no lab “x”.');
  assert.equal(noSuchLab('x', ['b', 'a', 'b']), 'There is no lab “x”. The labs are: a, b.');
  assert.equal(noSuchLab('x', []), 'There is no lab “x”. There is none at all.');
});
