import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo, isRight, rightAnswer, takesSeveral, verdictText } from './question.ts';
import type { Question } from './scenario.ts';

const one: Question = { asks: 'Who?', choices: ['Alice', 'Bob', 'both'], right: 'Alice' };
const several: Question = {
  asks: 'Who?',
  choices: ['Alice', 'Bob', 'Carol'],
  right: ['Alice', 'Bob'],
};
const free: Question = { asks: 'How many?', answer: '3', accepts: ['three', 'three processes'] };

test('of several choices all that are right are needed, and no other', () => {
  assert.equal(takesSeveral(one), false);
  assert.equal(takesSeveral(several), true);
  assert.equal(isRight(one, ['Alice']), true);
  assert.equal(isRight(one, ['Bob']), false);
  assert.equal(isRight(several, ['Bob', 'Alice']), true);
  assert.equal(isRight(several, ['Alice']), false);
  assert.equal(isRight(several, ['Alice', 'Bob', 'Carol']), false);
});

test('a free answer may be written in more than one way', () => {
  for (const written of ['3', ' 3. ', 'Three', 'three  processes!']) {
    assert.equal(isRight(free, [written]), true, written);
  }
  for (const written of ['', '4', '33', 'three or four']) {
    assert.equal(isRight(free, [written]), false, written);
  }
});

test('an answer that is too long is cut', () => {
  assert.equal(answerTo(free, ['x'.repeat(5000)]).said[0]?.length, 120);
});

test('the answer stands beside what happened', () => {
  assert.equal(verdictText(one, answerTo(one, ['Bob'])), 'You said: Bob. It was: Alice.');
  assert.equal(verdictText(one, answerTo(one, ['Alice'])), 'You said: Alice. That’s right.');
  assert.equal(verdictText(several, undefined), 'The answer: Alice and Bob.');
  assert.deepEqual(rightAnswer(free), ['3']);
});
