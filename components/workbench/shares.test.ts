import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNDS, FIRST_SHARES, parseShares } from './shares.ts';

test('shares come back as they were kept', () => {
  const shares = { code: 30, above: 60 };
  assert.deepEqual(parseShares(JSON.stringify(shares)), shares);
});

test('what is no share is as if nothing had been kept', () => {
  for (const text of [
    ...[null, '', '{', '3', '[]', 'null', '{"code":"40"}', '{"code":null,"above":{}}'],
    `{"code":${BOUNDS.code.most + 1},"above":${BOUNDS.above.least - 1}}`,
  ]) {
    assert.deepEqual(parseShares(text), FIRST_SHARES, String(text));
  }
  assert.deepEqual(parseShares('{"code":30}'), { ...FIRST_SHARES, code: 30 });
});
