import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AF_INET, AF_INET6 } from './address.ts';
import {
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_PASSIVE,
  EAI_ADDRFAMILY,
  EAI_FAMILY,
  EAI_NONAME,
  EAI_SERVICE,
  gai_strerror,
  getaddrinfo,
} from './netdb.ts';
import type { Addrinfo, AddrinfoHints } from './netdb.ts';
import { IPPROTO_TCP, SOCK_DGRAM, SOCK_STREAM } from './socket.ts';

/** The answers, when there must be some. */
function found(node: string | null, service: string | null, hints: AddrinfoHints): Addrinfo[] {
  const answers = getaddrinfo(node, service, hints);
  assert.ok(typeof answers !== 'number');
  assert.ok(answers.length > 0);
  return answers;
}

test('an address in text is found without asking anyone', () => {
  const [first, ...others] = found('127.0.0.1', '80', {
    family: AF_INET,
    socktype: SOCK_STREAM,
    flags: AI_NUMERICHOST,
  });
  assert.deepEqual(first, {
    family: AF_INET,
    socktype: SOCK_STREAM,
    protocol: IPPROTO_TCP,
    address: { family: 'IPv4', address: '127.0.0.1', port: 80 },
    canonname: null,
  });
  assert.deepEqual(others, []);
  const [six] = found('::1', '65535', { socktype: SOCK_DGRAM });
  assert.equal(six?.family, AF_INET6);
  assert.deepEqual(six.address, {
    family: 'IPv6',
    address: '::1',
    port: 65_535,
    flowinfo: 0,
    scopeId: 0,
  });
});

test('localhost is this machine', () => {
  for (const answer of found('localhost', null, { family: AF_INET })) {
    assert.ok(answer.address.family === 'IPv4');
    assert.match(answer.address.address, /^127\./);
    assert.equal(answer.address.port, 0);
  }
});

test('without hints there is an answer for each type of socket', () => {
  const types = found('127.0.0.1', '7', {}).map((answer) => answer.socktype);
  assert.ok(types.includes(SOCK_STREAM) && types.includes(SOCK_DGRAM));
});

test('no node is every address to listen on, or this machine', () => {
  const hints = { family: AF_INET, socktype: SOCK_STREAM };
  const [any] = found(null, '80', { ...hints, flags: AI_PASSIVE });
  assert.deepEqual(any?.address, { family: 'IPv4', address: '0.0.0.0', port: 80 });
  const [own] = found(null, '80', hints);
  assert.deepEqual(own?.address, { family: 'IPv4', address: '127.0.0.1', port: 80 });
});

test('the official name comes with the first answer', () => {
  const [first] = found('127.0.0.1', null, { flags: AI_CANONNAME | AI_NUMERICHOST });
  assert.equal(first?.canonname, '127.0.0.1');
});

test('what cannot be found is a negative number that has words', () => {
  assert.equal(getaddrinfo('localhost', '80', { flags: AI_NUMERICHOST }), EAI_NONAME);
  assert.equal(getaddrinfo(null, null), EAI_NONAME);
  assert.equal(
    getaddrinfo('::1', '80', { family: AF_INET, flags: AI_NUMERICHOST }),
    EAI_ADDRFAMILY,
  );
  assert.equal(getaddrinfo('127.0.0.1', '80', { family: 12_345 }), EAI_FAMILY);
  assert.equal(getaddrinfo('127.0.0.1', 'no such service', { socktype: SOCK_STREAM }), EAI_SERVICE);
  assert.equal(gai_strerror(EAI_NONAME), 'Name or service not known');
});

test('a NUL does not cut a name short', () => {
  assert.throws(() => getaddrinfo('localhost\0.example', '80'), TypeError);
  assert.throws(() => getaddrinfo('localhost', '80\0'), TypeError);
});
