import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import * as sys from './index.ts';

checkDescriptors();

test('getrlimit and setrlimit: what the kernel shows in /proc', () => {
  const before = new sys.Rlimit();
  assert.equal(sys.getrlimit(sys.RLIMIT_NOFILE, before), 0);
  assert.equal(sys.setrlimit(sys.RLIMIT_NOFILE, new sys.Rlimit(100, before.maximum)), 0);
  const line = /^Max open files +(\d+) +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  assert.equal(sys.setrlimit(sys.RLIMIT_NOFILE, before), 0);
  assert.equal(line?.[1], '100');
  const maximum = before.maximum === sys.RLIM_INFINITY ? 'unlimited' : String(before.maximum);
  assert.equal(line[2], maximum);
});

test('no limit is Infinity, both ways', () => {
  const core = new sys.Rlimit();
  assert.equal(sys.getrlimit(sys.RLIMIT_CORE, core), 0);
  const cpu = new sys.Rlimit();
  assert.equal(sys.getrlimit(sys.RLIMIT_CPU, cpu), 0);
  const line = /^Max cpu time +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  assert.equal(cpu.current === sys.RLIM_INFINITY, line?.[1] === 'unlimited');
  assert.deepEqual([...new sys.Rlimit(sys.RLIM_INFINITY, 5).words], [2n ** 64n - 1n, 5n]);
});

test('bad limits', () => {
  for (const value of [-1, 1.5, Number.NaN]) assert.throws(() => new sys.Rlimit(value), RangeError);
  assert.equal(sys.getrlimit(99, new sys.Rlimit()), -1);
  assert.equal(sys.errno(), sys.EINVAL);
});
