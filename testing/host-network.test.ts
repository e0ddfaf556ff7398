import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { takeNetwork } from './host-network.ts';

test('one at a time has the network of this computer', async () => {
  let inside = 0;
  const use = async (): Promise<void> => {
    await using _network = await takeNetwork('none');
    inside++;
    // Whoever else could come in would.
    await setImmediate();
    assert.equal(inside, 1);
    inside--;
  };
  await Promise.all([use(), use(), use()]);
});

test('where each sandbox has its own, nobody waits', async () => {
  await using _one = await takeNetwork('bubblewrap');
  await using _other = await takeNetwork('bubblewrap');
});
