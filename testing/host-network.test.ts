import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { takeNetwork } from './host-network.ts';

test('one at a time has the network of this computer, and each sandbox its own', async () => {
  const [first, second] = [await takeNetwork('none'), takeNetwork('none')];
  let has = 'first';
  const later = second.then(() => (has = 'second'));
  await setTimeout(50);
  assert.equal(has, 'first');
  await first[Symbol.asyncDispose]();
  await later;
  await (await second)[Symbol.asyncDispose]();
  await using _one = await takeNetwork('bubblewrap');
  await using _other = await takeNetwork('bubblewrap');
});
