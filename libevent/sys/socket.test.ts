import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { connectTo, get, LOOPBACK, Pair, portOf, put } from '../testing/sockets.ts';
import * as sys from './index.ts';

checkDescriptors();

test('a failed call returns -1 and leaves errno', () => {
  assert.equal(sys.close(-1), -1);
  assert.equal(sys.errno(), sys.EBADF);
  assert.equal(sys.strerror(sys.EBADF), 'Bad file descriptor');
  assert.equal(sys.errnoName(sys.EBADF), 'EBADF');
  sys.setErrno(sys.EPIPE);
  assert.equal(sys.errno(), sys.EPIPE);
});

test('numbers with two names have the one that man pages use', () => {
  assert.equal(sys.errnoName(11), 'EAGAIN');
  assert.equal(sys.errnoName(95), 'EOPNOTSUPP');
  assert.equal(sys.errnoName(9999), 'E9999');
});

test('socket, bind, listen, connect, accept4, getpeername over 127.0.0.1', () => {
  const server = sys.socket(sys.AF_INET, sys.SOCK_STREAM | sys.SOCK_CLOEXEC, 0);
  assert.equal(sys.bind(server, LOOPBACK), 0);
  assert.equal(sys.listen(server, 5), 0);
  const client = connectTo(portOf(server));
  const peer = new sys.SockaddrStorage();
  const fd = sys.accept4(server, peer, sys.SOCK_NONBLOCK);
  assert.ok(fd >= 0);
  assert.deepEqual(peer.decode(), { ...LOOPBACK, port: portOf(client) });
  assert.equal(peer.length[0], 16);
  const other = new sys.SockaddrStorage();
  assert.equal(sys.getpeername(client, other), 0);
  assert.deepEqual(other.decode(), { ...LOOPBACK, port: portOf(server) });
  assert.equal(sys.fcntl(fd, sys.F_GETFL) & sys.O_NONBLOCK, sys.O_NONBLOCK);
  assert.equal(sys.fcntl(server, sys.F_GETFD), sys.FD_CLOEXEC);
  assert.equal(sys.fcntl(fd, sys.F_SETFD, sys.FD_CLOEXEC), 0);
  assert.equal(sys.fcntl(fd, sys.F_GETFD), sys.FD_CLOEXEC);
  for (const open of [server, client, fd]) assert.equal(sys.close(open), 0);
});

test('setsockopt and getsockopt', () => {
  using pair = new Pair();
  const value = new Int32Array(1);
  assert.equal(sys.getsockopt(pair.a, sys.SOL_SOCKET, sys.SO_TYPE, value), 0);
  assert.equal(value[0], sys.SOCK_STREAM);
  assert.equal(sys.setsockopt(pair.a, sys.SOL_SOCKET, sys.SO_KEEPALIVE, 1), 0);
  assert.equal(sys.getsockopt(pair.a, sys.SOL_SOCKET, sys.SO_KEEPALIVE, value), 0);
  assert.equal(value[0], 1);
  assert.throws(() => sys.getsockopt(pair.a, 1, sys.SO_TYPE, new Int32Array(0)), RangeError);
});

test('send and recv take parts of a buffer, and shutdown is the end of the file', () => {
  using pair = new Pair();
  const bytes = Buffer.from('--hello--');
  assert.equal(sys.send(pair.a, bytes, 5, sys.MSG_NOSIGNAL, 2), 5);
  const into = Buffer.alloc(8, '.');
  assert.equal(sys.recv(pair.b, into, 3, sys.MSG_PEEK, 1), 3);
  assert.equal(into.toString(), '.hel....');
  assert.equal(sys.recv(pair.b, into, 8, 0), 5);
  assert.equal(into.toString(), 'hello...');
  assert.equal(sys.recv(pair.b, into, 8, 0), -1);
  assert.equal(sys.errno(), sys.EAGAIN);
  assert.equal(sys.shutdown(pair.a, sys.SHUT_WR), 0);
  assert.equal(get(pair.b), '');
});

test('lengths that do not fit the buffer never reach the kernel', () => {
  using pair = new Pair();
  const bytes = new Uint8Array(8);
  for (const [count, offset] of [
    [9, 0],
    [8, 1],
    [-1, 0],
    [1, -1],
    [1.5, 0],
    [NaN, 0],
  ] as const) {
    assert.throws(() => sys.read(pair.a, bytes, count, offset), RangeError);
    assert.throws(() => sys.write(pair.a, bytes, count, offset), RangeError);
    assert.throws(() => sys.send(pair.a, bytes, count, 0, offset), RangeError);
    assert.throws(() => sys.recv(pair.a, bytes, count, 0, offset), RangeError);
  }
  assert.throws(() => sys.socketpair(1, 1, 0, new Int32Array(1)), RangeError);
});

test('Node ignores SIGPIPE, so EPIPE is what a closed peer means', () => {
  const ignored = /SigIgn:\s*([0-9a-f]+)/.exec(readFileSync('/proc/self/status', 'latin1'));
  assert.notEqual(BigInt(`0x${ignored?.[1] ?? '0'}`) & (1n << 12n), 0n);
  using pair = new Pair();
  pair.close(pair.b);
  assert.equal(sys.write(pair.a, Buffer.from('x')), -1);
  assert.equal(sys.errno(), sys.EPIPE);
  assert.equal(sys.send(pair.a, Buffer.from('x'), 1, sys.MSG_NOSIGNAL), -1);
  assert.equal(sys.errno(), sys.EPIPE);
});

test('an IoVector gathers parts for writev and sendmsg', () => {
  using pair = new Pair();
  const vector = new sys.IoVector();
  const parts = Buffer.from('one two three');
  vector.push(parts, 8, 5);
  vector.push(parts, 0, 4);
  assert.equal(vector.writev(pair.a), 9);
  vector.clear();
  vector.push(parts, 3, 5);
  assert.equal(vector.sendmsg(pair.a, sys.MSG_NOSIGNAL), 5);
  assert.equal(get(pair.b), 'threeone  two ');
  for (let i = 1; i < sys.IO_VECTOR_PARTS; i++) vector.push(parts, 0, 1);
  assert.throws(() => vector.push(parts, 0, 1), RangeError);
  assert.equal(vector.writev(pair.a), 5 + sys.IO_VECTOR_PARTS - 1);
  pair.close(pair.b);
  assert.equal(vector.sendmsg(pair.a, sys.MSG_NOSIGNAL), -1);
  assert.equal(sys.errno(), sys.EPIPE);
});

test('epoll reports what was asked for', () => {
  using pair = new Pair();
  const epfd = sys.epoll_create1(sys.EPOLL_CLOEXEC);
  const change = new sys.EpollEvents(1);
  change.set(0, sys.EPOLLIN | sys.EPOLLET, pair.a);
  assert.equal(sys.epoll_ctl(epfd, sys.EPOLL_CTL_ADD, pair.a, change), 0);
  change.set(0, sys.EPOLLOUT, pair.b);
  assert.equal(sys.epoll_ctl(epfd, sys.EPOLL_CTL_ADD, pair.b, change), 0);
  assert.equal(sys.epoll_ctl(epfd, sys.EPOLL_CTL_ADD, pair.b, change), -1);
  assert.equal(sys.errno(), sys.EEXIST);
  put(pair.b, 'x');
  const events = new sys.EpollEvents(8);
  assert.equal(sys.epoll_wait(epfd, events, -1), 2);
  const seen = new Map([0, 1].map((i) => [events.fdAt(i), events.eventsAt(i)]));
  assert.deepEqual(
    seen,
    new Map([
      [pair.a, sys.EPOLLIN],
      [pair.b, sys.EPOLLOUT],
    ]),
  );
  assert.equal(sys.epoll_ctl(epfd, sys.EPOLL_CTL_DEL, pair.b, null), 0);
  assert.equal(sys.epoll_wait(epfd, events, 0), 0);
  sys.close(epfd);
  assert.throws(() => new sys.EpollEvents(0), RangeError);
});

test('EPOLLEXCLUSIVE is asked for when a descriptor is added, and only then', () => {
  using pair = new Pair();
  const epfd = sys.epoll_create1(sys.EPOLL_CLOEXEC);
  const change = new sys.EpollEvents(1);
  change.set(0, sys.EPOLLIN | sys.EPOLLEXCLUSIVE, pair.a);
  assert.equal(sys.epoll_ctl(epfd, sys.EPOLL_CTL_ADD, pair.a, change), 0);
  assert.equal(sys.epoll_ctl(epfd, sys.EPOLL_CTL_MOD, pair.a, change), -1);
  assert.equal(sys.errno(), sys.EINVAL);
  put(pair.b, 'x');
  const events = new sys.EpollEvents(1);
  assert.equal(sys.epoll_wait(epfd, events, -1), 1);
  assert.equal(events.eventsAt(0), sys.EPOLLIN);
  sys.close(epfd);
});
