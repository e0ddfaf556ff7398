import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as ev from './index.ts';
import * as sys from './sys/index.ts';
import { checkDescriptors } from './testing/descriptors.ts';
import { connectTo, LOOPBACK, Pair, portOf, put } from './testing/sockets.ts';

checkDescriptors();

const CLOSED = 60_000;

function option(fd: number, level: number, name: number): number {
  const value = new Int32Array(1);
  assert.equal(sys.getsockopt(fd, level, name, value), 0);
  return value[0] ?? -1;
}

function makeSocket(family = sys.AF_INET): number {
  const fd = sys.socket(family, sys.SOCK_STREAM, 0);
  assert.ok(fd >= 0);
  return fd;
}

test('evutilMakeSocketNonblocking: reading returns -1 with EAGAIN, and other flags stay', () => {
  const O_APPEND = 0o2000;
  const pair = new Int32Array(2);
  assert.equal(sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM, 0, pair), 0);
  const [fd = -1, other = -1] = pair;
  assert.equal(sys.fcntl(fd, sys.F_SETFL, O_APPEND), 0);
  for (let i = 0; i < 2; i++) {
    assert.equal(ev.evutilMakeSocketNonblocking(fd), 0);
    const both = O_APPEND | sys.O_NONBLOCK;
    assert.equal(sys.fcntl(fd, sys.F_GETFL) & both, both);
  }
  assert.equal(sys.read(fd, Buffer.alloc(1)), -1);
  assert.equal(ev.EVUTIL_SOCKET_ERROR(), sys.EAGAIN);
  assert.equal(sys.fcntl(other, sys.F_GETFL) & sys.O_NONBLOCK, 0);
  for (const each of pair) ev.evutilClosesocket(each);
});

test('evutilMakeSocketCloseonexec sets the flag', () => {
  const fd = makeSocket();
  assert.equal(sys.fcntl(fd, sys.F_GETFD), 0);
  for (let i = 0; i < 2; i++) {
    assert.equal(ev.evutilMakeSocketCloseonexec(fd), 0);
    assert.equal(sys.fcntl(fd, sys.F_GETFD), sys.FD_CLOEXEC);
  }
  ev.evutilClosesocket(fd);
});

test('evutilMakeListenSocketReuseable, …ReuseablePort: two sockets listen on one port', () => {
  const fds = [makeSocket(), makeSocket(), makeSocket()];
  const [first = -1, second = -1, third = -1] = fds;
  for (const fd of [first, second]) {
    assert.equal(ev.evutilMakeListenSocketReuseable(fd), 0);
    assert.equal(option(fd, sys.SOL_SOCKET, sys.SO_REUSEADDR), 1);
    assert.equal(ev.evutilMakeListenSocketReuseablePort(fd), 0);
    assert.equal(option(fd, sys.SOL_SOCKET, sys.SO_REUSEPORT), 1);
  }
  assert.equal(sys.bind(first, LOOPBACK), 0);
  const address = { ...LOOPBACK, port: portOf(first) };
  assert.equal(sys.listen(first, 1), 0);
  assert.equal(sys.bind(second, address), 0);
  assert.equal(sys.listen(second, 1), 0);
  assert.equal(sys.bind(third, address), -1);
  assert.equal(ev.EVUTIL_SOCKET_ERROR(), sys.EADDRINUSE);
  for (const fd of fds) ev.evutilClosesocket(fd);
});

test('evutilMakeListenSocketIpv6only leaves the port free for IPv4; an IPv4 socket has no such option', () => {
  const fds = [makeSocket(sys.AF_INET6), makeSocket()];
  const [six = -1, four = -1] = fds;
  assert.equal(ev.evutilMakeListenSocketIpv6only(six), 0);
  // IPv4 first: who knows who else has the port of an IPv6 socket there.
  assert.equal(sys.bind(four, { family: 'IPv4', address: '0.0.0.0', port: 0 }), 0);
  assert.equal(sys.bind(six, { family: 'IPv6', address: '::', port: portOf(four) }), 0);
  assert.equal(ev.evutilMakeListenSocketIpv6only(four), -1);
  assert.equal(ev.EVUTIL_SOCKET_ERROR(), sys.ENOPROTOOPT);
  for (const fd of fds) ev.evutilClosesocket(fd);
});

test('evutilMakeTcpListenSocketDeferred: who says nothing is not accepted', () => {
  const listening = makeSocket();
  assert.equal(ev.evutilMakeSocketNonblocking(listening), 0);
  assert.equal(ev.evutilMakeTcpListenSocketDeferred(listening), 0);
  assert.equal(option(listening, sys.IPPROTO_TCP, sys.TCP_DEFER_ACCEPT), 1);
  assert.equal(sys.bind(listening, LOOPBACK), 0);
  assert.equal(sys.listen(listening, 5), 0);
  const client = connectTo(portOf(listening));
  assert.equal(sys.accept4(listening, null, 0), -1);
  assert.equal(ev.EVUTIL_SOCKET_ERROR(), sys.EAGAIN);
  put(client, 'x');
  const accepted = sys.accept4(listening, null, 0);
  assert.ok(accepted >= 0);
  for (const fd of [listening, client, accepted]) ev.evutilClosesocket(fd);
});

test('what is not open is EBADF, and closing says so', () => {
  for (const make of [
    ev.evutilMakeSocketNonblocking,
    ev.evutilMakeSocketCloseonexec,
    ev.evutilMakeListenSocketReuseable,
    ev.evutilMakeListenSocketReuseablePort,
    ev.evutilMakeListenSocketIpv6only,
    ev.evutilMakeTcpListenSocketDeferred,
    ev.evutilClosesocket,
  ]) {
    sys.setErrno(0);
    assert.equal(make(CLOSED), -1, make.name);
    assert.equal(ev.EVUTIL_SOCKET_ERROR(), sys.EBADF, make.name);
  }
  using pair = new Pair();
  assert.equal(ev.evutilClosesocket(pair.release(pair.a)), 0);
});

void suite('evutilParseSockaddrPort', () => {
  // What evutil_parse_sockaddr_port() of C libevent 2.1.12 makes of a text, printed by a C program: the
  // address as inet_ntop(3) writes it, the port, and the scope of an IPv6 one.
  const FROM_C: readonly (
    | readonly [text: string, none: null]
    | readonly [text: string, address: string, port: number, scopeId?: number]
  )[] = [
    ['127.0.0.1', '127.0.0.1', 0],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['127.0.0.1:1', '127.0.0.1', 1],
    ['127.0.0.1:65535', '127.0.0.1', 65535],
    ['127.0.0.1:65536', null],
    ['127.0.0.1:0', null],
    ['127.0.0.1:', null],
    ['127.0.0.1:-1', null],
    ['127.0.0.1: 80', '127.0.0.1', 80],
    ['127.0.0.1:+80', '127.0.0.1', 80],
    ['127.0.0.1:080', '127.0.0.1', 80],
    ['127.0.0.1:80abc', '127.0.0.1', 80],
    ['127.0.0.1:abc', null],
    ['127.0.0.1:80 ', '127.0.0.1', 80],
    ['127.0.0.1:99999999999', null],
    ['0.0.0.0:5', '0.0.0.0', 5],
    ['255.255.255.255', '255.255.255.255', 0],
    ['256.0.0.1', null],
    ['1.2.3', null],
    ['1.2.3.4.5', null],
    ['1.2.3.4 ', null],
    ['0x7f.0.0.1', null],
    ['::1', '::1', 0, 0],
    ['::', '::', 0, 0],
    ['[::1]', '::1', 0, 0],
    ['[::1]:80', '::1', 80, 0],
    ['[::1]:65535', '::1', 65535, 0],
    ['[::1]:65536', null],
    ['[::1]:0', null],
    ['[::1]:', null],
    ['[::1]80', '::1', 0, 0],
    ['[::1] :80', '::1', 0, 0],
    ['[::1', null],
    ['::1]', null],
    ['::1:80', '::0.1.0.128', 0, 0],
    ['fe80::1%1', 'fe80::1', 0, 1],
    ['[fe80::1%1]:80', 'fe80::1', 80, 1],
    ['[fe80::1%lo]:80', 'fe80::1', 80, 1],
    ['fe80::1%lo', 'fe80::1', 0, 1],
    ['fe80::1%nosuch0', null],
    ['fe80::1%', 'fe80::1', 0, 0],
    ['fe80::1%1x', null],
    ['fe80::1%4294967295', 'fe80::1', 0, 4294967295],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1', 0, 0],
    ['2001:DB8::0001', '2001:db8::1', 0, 0],
    ['[2001:db8::1]:443', '2001:db8::1', 443, 0],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4', 0, 0],
    ['[::ffff:1.2.3.4]:80', '::ffff:1.2.3.4', 80, 0],
    ['1:2:3:4:5:6:7:8:9', null],
    ['[1.2.3.4]:80', null],
    ['[1.2.3.4]', null],
    ['localhost', null],
    ['localhost:80', null],
    ['', null],
    [':', null],
    [':80', null],
    ['[]', null],
    ['[]:80', null],
    ['1.2.3.4:80:90', null],
    ['example.com', null],
    ['[::1]:80:90', '::1', 80, 0],
    ['127.0.0.1:1e3', '127.0.0.1', 1],
    ['127.0.0.1:0x50', null],
  ];

  for (const [text, address, port, scopeId] of FROM_C) {
    test(`${JSON.stringify(text)} is ${address ?? 'none'}`, () => {
      const four = { family: 'IPv4', address, port };
      const six = { family: 'IPv6', address, port, flowinfo: 0, scopeId };
      const expected = address === null ? null : scopeId === undefined ? four : six;
      assert.deepEqual(ev.evutilParseSockaddrPort(text), expected);
    });
  }

  test('an address is what inet_pton(3) takes, and numbers are not cut: C takes all of these', () => {
    const taken = ['01.2.3.4', ' 1.2.3.4', '::01.2.3.4', 'fe80::1%+1', 'fe80::1%4294967297'];
    for (const text of [...taken, '1.2.3.4:4294967376']) {
      assert.equal(ev.evutilParseSockaddrPort(text), null);
    }
  });

  test('a NUL ends no text early', () => {
    for (const text of ['1.2.3.4\0', '::1\0', '::1%lo\0', '[::1\0]:80']) {
      assert.equal(ev.evutilParseSockaddrPort(text), null);
    }
  });
});

test('evutilSockaddrCmp orders addresses by what they mean', () => {
  const parsed = (text: string): ev.SocketAddress => {
    const address = ev.evutilParseSockaddrPort(text);
    assert.ok(address, text);
    return address;
  };
  // Each before the next, by port only where the address is the same.
  const inOrder: ev.SocketAddress[] = [
    { family: 'Unix', path: '/a' },
    { family: 'Unix', path: '/b' },
    ...['1.2.3.4:5', '1.2.3.4:6', '1.2.3.5:1', '2.0.0.1', '200.0.0.1'].map(parsed),
    ...['[::1]:80', '[::1]:81', '::2', 'fe80::1%1', 'fe80::1%2', 'ff00::'].map(parsed),
  ];
  for (const [i, one] of inOrder.entries()) {
    for (const [j, other] of inOrder.entries()) {
      assert.equal(Math.sign(ev.evutilSockaddrCmp(one, other, true)), Math.sign(i - j));
    }
  }
  const same = (one: string, other: string, includePort: boolean): boolean =>
    ev.evutilSockaddrCmp(parsed(one), parsed(other), includePort) === 0;
  assert.ok(same('1.2.3.4:5', '1.2.3.4:6', false));
  assert.ok(same('[::1]:80', '[0:0:0:0:0:0:0:1]:81', false));
  assert.ok(same('[::1]:80', '[0:0::1]:80', true));
  const flow = { family: 'IPv6', address: '::0001', port: 80, flowinfo: 7 } as const;
  assert.equal(ev.evutilSockaddrCmp(flow, parsed('[::1]:80'), true), 0);
  const nowhere = { ...LOOPBACK, address: 'nowhere' };
  assert.throws(() => ev.evutilSockaddrCmp(nowhere, LOOPBACK, false), TypeError);
});

test('evutilSocketErrorToString and evutilGaiStrerror have the words of the C library', () => {
  assert.equal(ev.evutilSocketErrorToString(sys.EADDRINUSE), 'Address already in use');
  assert.equal(ev.evutilGaiStrerror(sys.EAI_NONAME), 'Name or service not known');
});

test('evutilGettimeMonotonic is the clock of the system, and goes forward', () => {
  const before = new sys.Timespec();
  const after = new sys.Timespec();
  sys.clock_gettime(sys.CLOCK_MONOTONIC, before);
  const first = ev.evutilGettimeMonotonic();
  const second = ev.evutilGettimeMonotonic();
  sys.clock_gettime(sys.CLOCK_MONOTONIC, after);
  const times = [before.toSeconds(), first, second, after.toSeconds()];
  assert.deepEqual(
    times.toSorted((a, b) => a - b),
    times,
  );
});
