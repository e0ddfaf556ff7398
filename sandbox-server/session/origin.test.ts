import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsWarning, originAllowed } from './origin.ts';

const allowed = (
  origin: string | undefined,
  host: string,
  hosts: string[] = [],
  bound = '127.0.0.1',
) =>
  originAllowed({ headers: { ...(origin === undefined ? {} : { origin }), host } }, hosts, bound);

test('a page of this server may connect, by each of its names', () => {
  assert.ok(allowed('http://127.0.0.1:4321', '127.0.0.1:4321'));
  assert.ok(allowed('http://localhost:4321', 'localhost:4321'));
  assert.ok(allowed('http://[::1]:4321', '[::1]:4321'));
  assert.ok(allowed('http://192.168.7.9:80', '192.168.7.9', [], '192.168.7.9'));
});

test('a page of another site, or of another port here, may not', () => {
  assert.ok(!allowed('http://evil.example', '127.0.0.1:4321'));
  assert.ok(!allowed('http://127.0.0.1:9999', '127.0.0.1:4321'));
});

test('no origin, and one that is no address, may not', () => {
  assert.ok(!allowed(undefined, '127.0.0.1:4321'));
  assert.ok(!allowed('null', '127.0.0.1:4321'));
});

test('a foreign name that points here may not', () => {
  assert.ok(!allowed('http://rebound.example:4321', 'rebound.example:4321'));
});

test('hosts that the operator names may, also behind a proxy that changes Host', () => {
  assert.ok(allowed('https://readable.example', '127.0.0.1:4321', ['readable.example']));
  assert.ok(!allowed('https://other.example', '127.0.0.1:4321', ['readable.example']));
});

test('a server that other computers reach by a name it does not know warns its operator', () => {
  assert.match(hostsWarning('0.0.0.0', []) ?? '', /READABLE_HOSTS.*localhost/);
  assert.match(hostsWarning('::', []) ?? '', /READABLE_HOSTS/);
  assert.match(hostsWarning('192.168.7.9', []) ?? '', /another name than 192\.168\.7\.9/);
  for (const own of ['127.0.0.1', '127.0.1.1', 'localhost', '::1']) {
    assert.equal(hostsWarning(own, []), undefined, own);
  }
  assert.equal(hostsWarning('0.0.0.0', ['readable.example']), undefined);
});
