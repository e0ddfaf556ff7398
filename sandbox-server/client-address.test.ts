import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientAddress, readerOf, unnamedProxy } from './client-address.ts';
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

test('an operator names the field that the proxies write, and no other is read', () => {
  const { proxies } = readConfig({
    READABLE_PROXY: '10.0.0.1',
    READABLE_PROXY_HEADER: 'X-Real-IP',
  });
  const headers = { 'x-forwarded-for': '1.1.1.1', 'x-real-ip': '198.51.100.1' };
  const from = (remoteAddress: string): string =>
    clientAddress({ headers, socket: { remoteAddress } }, proxies);
  assert.equal(from('10.0.0.1'), '198.51.100.1');
  assert.equal(from('203.0.113.7'), '203.0.113.7');
});

test('a reader is an address, and of IPv6 a network', () => {
  for (const [address, reader] of [
    ['203.0.113.7', '203.0.113.7'],
    ['unknown', 'unknown'],
    ['::1', '::1'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff::', '2001:db8:0:0::/64'],
    ['2001:0db8:0000:00a0:1:2:3:4', '2001:db8:0:a0::/64'],
    ['2001:db8:0:a0::', '2001:db8:0:a0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
  ] as const) {
    assert.equal(readerOf(address), reader, address);
  }
});

test('a proxy that nobody has named is noticed where it is the operator’s', () => {
  const { proxies } = readConfig({ READABLE_PROXY: '10.0.0.1' });
  const from = (remoteAddress: string, forwarded?: string): string | undefined =>
    unnamedProxy({ headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress } }, proxies);
  assert.equal(from('127.0.0.1', '198.51.100.1'), '127.0.0.1');
  assert.equal(from('::ffff:172.17.0.1', '198.51.100.1'), '172.17.0.1');
  assert.equal(from('10.0.0.1', '198.51.100.1'), undefined);
  assert.equal(from('127.0.0.1'), undefined);
  // A stranger can say what they like.
  assert.equal(from('203.0.113.7', '198.51.100.1'), undefined);
});
