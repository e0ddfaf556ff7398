import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientAddress } from './client-address.ts';
import { readConfig } from './config.ts';

function addressOf(peer: string | undefined, forwarded: string | undefined, proxies = ''): string {
  return clientAddress(
    { headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress: peer } },
    readConfig({ READABLE_PROXY: proxies }).proxies,
  );
}

test('without a proxy of the operator’s, what a stranger says of itself counts for nothing', () => {
  assert.equal(addressOf('203.0.113.7', '198.51.100.1'), '203.0.113.7');
  assert.equal(addressOf('203.0.113.7', '198.51.100.1', '10.0.0.0/8'), '203.0.113.7');
});

test('a proxy’s last word is the address that asked it', () => {
  assert.equal(addressOf('127.0.0.1', '198.51.100.1', '127.0.0.1'), '198.51.100.1');
  // The reader has put the first there.
  assert.equal(addressOf('127.0.0.1', '1.1.1.1, 198.51.100.1', '127.0.0.1'), '198.51.100.1');
});

test('several proxies in a row are gone through from the last', () => {
  const proxies = '127.0.0.1, 10.0.0.0/8 2001:db8::/32';
  assert.equal(addressOf('127.0.0.1', '1.1.1.1, 198.51.100.1, 10.9.8.7', proxies), '198.51.100.1');
  assert.equal(addressOf('2001:db8::1', '198.51.100.1, 10.9.8.7', proxies), '198.51.100.1');
  assert.equal(addressOf('127.0.0.1', '10.9.8.7', proxies), '10.9.8.7');
});

test('every way to write an address is one address', () => {
  assert.equal(addressOf('::ffff:10.0.0.1', '198.51.100.1:4242', '10.0.0.1'), '198.51.100.1');
  assert.equal(addressOf('10.0.0.1', '[2001:db8::7]:443', '10.0.0.1'), '2001:db8::7');
});

test('what is no address ends the search at the proxy that said it', () => {
  assert.equal(addressOf('10.0.0.1', 'unknown', '10.0.0.1'), '10.0.0.1');
  assert.equal(addressOf('10.0.0.1', '', '10.0.0.1'), '10.0.0.1');
  assert.equal(addressOf('10.0.0.1', undefined, '10.0.0.1'), '10.0.0.1');
  assert.equal(addressOf(undefined, undefined), 'unknown');
});
