import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { ENODEV, errno } from './errno.ts';
import { if_nametoindex } from './interface.ts';

test('if_nametoindex knows what Node knows, and refuses the rest', () => {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const { scopeid = 0 } of addresses) {
      if (scopeid !== 0) assert.equal(if_nametoindex(name), scopeid, name);
    }
  }
  assert.equal(if_nametoindex('lo'), 1);
  assert.equal(if_nametoindex('nosuch0'), 0);
  assert.equal(errno(), ENODEV);
  assert.throws(() => if_nametoindex('lo\0'), TypeError);
});
