import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CELLS, PITCH, STRIP, membersText, placeOf, scanned } from './fd-set.ts';

test('the first descriptors have a cell each, the others a place in the strip', () => {
  assert.equal(placeOf(-1), undefined);
  assert.deepEqual(placeOf(0), { part: 'cells', x: 0, width: 8 });
  assert.deepEqual(placeOf(CELLS - 1), { part: 'cells', x: (CELLS - 1) * PITCH, width: 8 });
  assert.deepEqual(placeOf(CELLS), { part: 'strip', x: 0, width: 12 });
  assert.equal(placeOf(1024), undefined);
});

test('the last bit is drawn whole', () => {
  assert.deepEqual(placeOf(1023), { part: 'strip', x: STRIP - 12, width: 12 });
});

test('the kernel looks at the bits below nfds', () => {
  assert.deepEqual(scanned(0), { cells: 0, strip: 0 });
  assert.deepEqual(scanned(8), { cells: 80, strip: 0 });
  assert.deepEqual(scanned(24), { cells: 240, strip: 0 });
  assert.deepEqual(scanned(1022), { cells: 240, strip: 998 });
  assert.deepEqual(scanned(5000), { cells: 240, strip: 1000 });
});

test('a set in words', () => {
  assert.equal(membersText([]), 'none');
  assert.equal(membersText([5, 8]), '5, 8');
});
