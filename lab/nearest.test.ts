import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, distance, either } from './nearest.ts';

test('what was probably meant is asked, and nothing when no word is near', () => {
  const words = ['receives', 'receivesNothingFor', 'notes', 'is'];
  assert.equal(didYouMean('recieves', words), ' Did you mean “receives”?');
  assert.equal(didYouMean('Notes', words), ' Did you mean “notes”?');
  assert.equal(didYouMean('smiles', words), '');
  // One letter of two may be anything.
  assert.equal(didYouMean('x', words), '');
  assert.equal(didYouMean('receives', []), '');
});

test('the distance counts letters put in, left out and exchanged', () => {
  assert.equal(distance('', 'abc'), 3);
  assert.equal(distance('port', 'prt'), 1);
  assert.equal(distance('select', 'selekt'), 1);
});

test('words stand in a sentence', () => {
  assert.equal(either(['a']), '“a”');
  assert.equal(either(['a', 'b', 'c']), '“a”, “b” or “c”');
  assert.equal(
    either(['a', 'b'], (word) => `<${word}>`),
    '<a> or <b>',
  );
});
