import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { COLUMNS, PITCH, membersText, placeOf, scannedPath } from './fd-set.ts';

suite('an fd_set as it is drawn', () => {
  test('64 bits to a row', () => {
    assert.deepEqual(placeOf(0), { x: 0, y: 0 });
    assert.deepEqual(placeOf(63), { x: 63 * PITCH, y: 0 });
    assert.deepEqual(placeOf(64), { x: 0, y: PITCH });
    assert.deepEqual(placeOf(1023), { x: 63 * PITCH, y: 15 * PITCH });
  });

  test('there is no bit 1024', () => {
    assert.equal(placeOf(1024), undefined);
    assert.equal(placeOf(-1), undefined);
  });

  test('what the kernel looks at ends with the highest descriptor', () => {
    assert.equal(scannedPath(0), '');
    assert.equal(scannedPath(24), `M0 0H${24 * PITCH}V${PITCH}H0Z`);
    assert.equal(scannedPath(64), `M0 0H${COLUMNS * PITCH}V${PITCH}H0Z`);
    assert.match(scannedPath(65), new RegExp(`M0 ${PITCH}H${PITCH}V${2 * PITCH}H0Z$`));
  });

  test('the members in words', () => {
    assert.equal(membersText([]), 'none');
    assert.equal(membersText([19, 21]), '19, 21');
  });
});
