import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchFor } from './text-watch.ts';

test('a text is found across the ends of chunks, and told once', () => {
  let seen = 0;
  const look = watchFor('Listening', () => seen++);
  for (const chunk of ['Lis', 'ten', 'in']) look(Buffer.from(chunk));
  assert.equal(seen, 0);
  look(Buffer.from('g, Listening'));
  look(Buffer.from('Listening'));
  assert.equal(seen, 1);
});
