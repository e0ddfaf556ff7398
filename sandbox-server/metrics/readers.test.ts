import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../config.ts';
import { mayRead } from './readers.ts';

function reads(setting: string, peer: string | undefined, headers = {}): boolean {
  const { metrics } = readConfig({ READABLE_METRICS: setting });
  return mayRead({ headers, socket: { remoteAddress: peer } }, metrics);
}

test('without a setting, this computer reads and nobody else', () => {
  for (const setting of ['', 'local']) {
    for (const peer of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
      assert.ok(reads(setting, peer), peer);
    }
    for (const peer of ['10.0.0.1', '203.0.113.7', '2001:db8::1', '::ffff:10.0.0.1', undefined]) {
      assert.ok(!reads(setting, peer), peer);
    }
  }
});

test('what a proxy on this computer passes on is a stranger’s', () => {
  for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-host']) {
    assert.ok(!reads('local', '127.0.0.1', { [name]: '127.0.0.1' }), name);
  }
});

test('addresses and networks read, if they ask for themselves', () => {
  const setting = '10.0.0.0/8 2001:db8::7';
  assert.ok(reads(setting, '10.9.8.7'));
  assert.ok(reads(setting, '2001:db8::7'));
  assert.ok(!reads(setting, '127.0.0.1'));
  assert.ok(!reads(setting, '10.9.8.7', { 'x-forwarded-for': '203.0.113.7' }));
});

test('everybody reads, or nobody', () => {
  assert.ok(reads('all', '203.0.113.7', { via: '1.1 proxy' }));
  assert.ok(!reads('off', '127.0.0.1'));
  assert.throws(() => readConfig({ READABLE_METRICS: 'some' }), /READABLE_METRICS=some: .*network/);
});
