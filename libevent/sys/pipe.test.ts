import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { get, put } from '../testing/sockets.ts';
import * as sys from './index.ts';

checkDescriptors();

test('pipe2: what goes in at the second end comes out at the first', () => {
  const pair = new Int32Array(2);
  assert.equal(sys.pipe2(pair, sys.O_NONBLOCK), 0);
  const [reading, writing] = pair;
  assert.ok(reading !== undefined && writing !== undefined);
  assert.equal(sys.fcntl(reading, sys.F_GETFL) & sys.O_NONBLOCK, sys.O_NONBLOCK);
  assert.equal(get(reading), null);
  assert.equal(sys.errno(), sys.EAGAIN);
  put(writing, 'through');
  assert.equal(get(reading), 'through');
  sys.close(writing);
  assert.equal(get(reading), '');
  sys.close(reading);
});

test('pipe2: bad flags, no room', () => {
  assert.equal(sys.pipe2(new Int32Array(2), 1), -1);
  assert.equal(sys.errno(), sys.EINVAL);
  assert.throws(() => sys.pipe2(new Int32Array(1)), RangeError);
});
