import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAddress, encodeAddress, formatAddress } from './address.ts';
import type { SocketAddress } from './address.ts';

const roundTrips: [string, SocketAddress, number][] = [
  ['IPv4', { family: 'IPv4', address: '192.0.2.7', port: 9876 }, 16],
  [
    'IPv6',
    { family: 'IPv6', address: '2001:db8::1', port: 65535, flowinfo: 0x12345, scopeId: 0xffffffff },
    28,
  ],
  ['a path', { family: 'Unix', path: '/tmp/ü' }, 2 + 7 + 1],
  ['a path of 107 bytes', { family: 'Unix', path: 'p'.repeat(107) }, 110],
  ['L48 an abstract name', { family: 'Unix', path: '\0abc' }, 2 + 1 + 3],
  ['an abstract name with NULs', { family: 'Unix', path: '\0a\0b\0' }, 2 + 5],
  ['L47 no name', { family: 'Unix', path: '' }, 2],
];

for (const [name, address, length] of roundTrips) {
  test(`an address survives encoding and decoding: ${name}`, () => {
    const bytes = encodeAddress(address);
    assert.equal(bytes.length, length);
    assert.deepEqual(decodeAddress(bytes), address);
  });
}

test('an IPv4 address has the layout of struct sockaddr_in', () => {
  const bytes = encodeAddress({ family: 'IPv4', address: '127.0.0.1', port: 0x1234 });
  assert.equal(Buffer.from(bytes).toString('hex'), '020012347f0000010000000000000000');
});

test('an IPv6 address has the layout of struct sockaddr_in6', () => {
  const bytes = encodeAddress({
    family: 'IPv6',
    address: '::1',
    port: 0x1234,
    flowinfo: 1,
    scopeId: 2,
  });
  const expected = '0a001234000000010000000000000000000000000000000102000000';
  assert.equal(Buffer.from(bytes).toString('hex'), expected);
});

test('a path as the kernel returns it ends at its NUL', () => {
  const bytes = Buffer.from('\x01\0/tmp/x\0rubbish', 'latin1');
  assert.deepEqual(decodeAddress(bytes), { family: 'Unix', path: '/tmp/x' });
  assert.deepEqual(decodeAddress(bytes, 8), { family: 'Unix', path: '/tmp/x' });
});

for (const port of [-1, 65536, 1.5, NaN, Infinity]) {
  test(`port ${String(port)} is refused`, () => {
    assert.throws(() => encodeAddress({ family: 'IPv4', address: '127.0.0.1', port }), RangeError);
    assert.throws(() => encodeAddress({ family: 'IPv6', address: '::1', port }), RangeError);
  });
}

for (const address of ['', 'localhost', '256.0.0.1', '1.2.3', '127.0.0.1\0', '::1']) {
  test(`${JSON.stringify(address)} is refused as an IPv4 address`, () => {
    assert.throws(() => encodeAddress({ family: 'IPv4', address, port: 1 }), TypeError);
  });
}

for (const address of ['', '127.0.0.1', '::g', 'fe80::1%lo', '::1\0']) {
  test(`${JSON.stringify(address)} is refused as an IPv6 address`, () => {
    assert.throws(() => encodeAddress({ family: 'IPv6', address, port: 1 }), TypeError);
  });
}

test('paths that do not fit are refused', () => {
  const encode = (path: string) => () => encodeAddress({ family: 'Unix', path });
  assert.throws(encode('p'.repeat(108)), RangeError);
  assert.throws(encode(`\0${'p'.repeat(108)}`), RangeError);
  assert.throws(encode('a\0b'), TypeError);
});

test('bytes that are no address are refused', () => {
  assert.throws(() => decodeAddress(new Uint8Array(0)), RangeError);
  assert.throws(() => decodeAddress(new Uint8Array(16)), RangeError);
  assert.throws(() => decodeAddress(encodeAddress({ family: 'IPv6', address: '::', port: 0 }), 27));
});

test('addresses are written as people write them', () => {
  assert.equal(formatAddress({ family: 'IPv4', address: '1.2.3.4', port: 5 }), '1.2.3.4:5');
  assert.equal(formatAddress({ family: 'IPv6', address: '::1', port: 5 }), '[::1]:5');
  assert.equal(formatAddress({ family: 'Unix', path: '\0name' }), '@name');
  assert.equal(formatAddress({ family: 'Unix', path: '/tmp/x' }), '/tmp/x');
});
