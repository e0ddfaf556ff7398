import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOWHERE, withRead } from './place.ts';
import { placeIn } from './store.ts';

test('what a full storage does not take is not lost to what it has, and goes in when there is room', () => {
  let kept: string | null = null;
  let isFull = false;
  const storage = {
    getItem: () => kept,
    setItem: (_key: string, text: string) => {
      if (isFull) throw new DOMException('full', 'QuotaExceededError');
      kept = text;
    },
  };
  const { loadPlace, storePlace } = placeIn(() => storage);
  storePlace(withRead(NOWHERE, 'select'));
  isFull = true;
  storePlace(withRead(loadPlace(), 'events'));
  assert.deepEqual(loadPlace().read, ['select', 'events']);
  isFull = false;
  storePlace(withRead(loadPlace(), 'buffers'));
  assert.deepEqual(placeIn(() => storage).loadPlace().read, ['select', 'events', 'buffers']);
  // Another tab has forgotten it.
  kept = null;
  assert.deepEqual(loadPlace(), NOWHERE);
});

test('where storage is forbidden, the place lasts as long as the page', () => {
  const { loadPlace, storePlace } = placeIn(() => {
    throw new DOMException('forbidden', 'SecurityError');
  });
  assert.deepEqual(loadPlace(), NOWHERE);
  storePlace(withRead(NOWHERE, 'select'));
  assert.deepEqual(loadPlace().read, ['select']);
});
