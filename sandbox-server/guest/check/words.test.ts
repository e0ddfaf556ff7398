import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, peerName, quoted } from './words.ts';

test('the first peers have names, the others numbers', () => {
  assert.deepEqual([0, 1, 7, 8, 56].map(peerName), [
    'Alice',
    'Bob',
    'Heidi',
    'Client 9',
    'Client 57',
  ]);
});

test('bytes are shown as TypeScript writes them', () => {
  assert.equal(quoted('a "b"\r\n\0\u00ff\\'), '"a \\"b\\"\\r\\n\\x00\\xff\\\\"');
});

test('what is long is shown by its two ends and its length', () => {
  const text = `${'a'.repeat(2000)}\n`;
  assert.equal(quoted(text), `"${'a'.repeat(16)} … ${'a'.repeat(15)}\\n" (2,001 bytes)`);
});

test('one of a thing is not several', () => {
  assert.equal(counted(1, 'byte'), '1 byte');
  assert.equal(counted(1200, 'byte'), '1,200 bytes');
});
