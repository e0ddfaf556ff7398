import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { textOf } from '../testing/evbuffer.ts';
import { Evbuffer } from './evbuffer.ts';

function added(format: string, ...args: (string | number | bigint)[]): string {
  using buffer = new Evbuffer();
  const count = buffer.addPrintf(format, ...args);
  assert.equal(count, buffer.getLength());
  return textOf(buffer);
}

/** What printf(1) makes of it, which asks printf(3). */
function expected(format: string, args: (string | number | bigint)[]): string {
  const env = { ...process.env, LC_ALL: 'C' };
  const run = spawnSync('/usr/bin/printf', [format, ...args.map(String)], { env });
  assert.equal(run.stderr.toString(), '');
  return run.stdout.toString('latin1');
}

const cases: [string, ...(string | number | bigint)[]][] = [
  ['plain'],
  ['100%%'],
  ['%s and %s', 'one', 'two'],
  ['[%10s] [%-10s] [%.2s] [%*s]', 'right', 'left', 'cut', 6, 'star'],
  ['%d %i %5d %-5d| %05d %+d % d', 1, -2, 3, 4, 5, 6, 7],
  ['%.3d %8.3d %d', 5, -5, 2n ** 53n + 1n],
  ['%u %o %x %X %#x %#o', 4294967295, 8, 255, 255, 255, 8],
  ['%08x %#06x', 48879, 255],
  ['%f %.2f %8.3f %-8.1f| %08.2f %+f', 3.14159265, 2.5, -1.5, 9.99, -3.14159, 1],
  ['%e %.2e', 12345.678, 0.00012],
  ['%g %g %g %g %.3g', 100000, 1000000, 0.0001, 0.00001, 3.14159],
  ['%ld %lu %zd', 12345, 67890, -5],
];

for (const [format, ...args] of cases) {
  test(`V01 addPrintf ${format} does what printf does`, () => {
    assert.equal(added(format, ...args), expected(format, args));
  });
}

test('V01 addPrintf %c takes a character or its number, %x what is below 0 as C does', () => {
  assert.equal(added('%c%c', 'a', 98), 'ab');
  assert.equal(added('%x %u', -1, -1), 'ffffffff 4294967295');
  assert.equal(added('%s', 'é'), Buffer.from('é').toString('latin1'));
});

test('V01 addPrintf says what is wrong with a format, and adds nothing', () => {
  using buffer = new Evbuffer();
  assert.throws(() => buffer.addPrintf('%d'), RangeError);
  assert.throws(() => buffer.addPrintf('%n', 1), RangeError);
  assert.throws(() => buffer.addPrintf('%d', 'text'), TypeError);
  assert.throws(() => buffer.addPrintf('%f', 'text'), TypeError);
  assert.throws(() => buffer.addPrintf('%d', NaN), TypeError);
  assert.equal(buffer.getLength(), 0);
});
