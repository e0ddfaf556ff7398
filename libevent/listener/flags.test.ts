import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AF_INET } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { close, F_GETFD, F_GETFL, FD_CLOEXEC, fcntl, O_NONBLOCK } from '../sys/descriptor.ts';
import { ECONNREFUSED, errno } from '../sys/errno.ts';
import * as sys from '../sys/socket.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { Stage, failure, option } from '../testing/evconnlistener.ts';
import { pass } from '../testing/loop.ts';
import { connectTo, LOOPBACK, portOf, put } from '../testing/sockets.ts';
import { Evconnlistener } from './evconnlistener.ts';
import * as lev from './listening_socket.ts';

checkDescriptors();

onEachBackend((makeBase) => {
  for (const [name, flags, nonblocking, cloexec] of [
    ['L12 no flags', 0, O_NONBLOCK, 0],
    ['L13 LEAVE_SOCKETS_BLOCKING', lev.LEV_OPT_LEAVE_SOCKETS_BLOCKING, 0, 0],
    ['L14 CLOSE_ON_EXEC', lev.LEV_OPT_CLOSE_ON_EXEC, O_NONBLOCK, FD_CLOEXEC],
  ] as const) {
    test(`${name}: flags of the listening and the accepted sockets`, () => {
      using stage = new Stage(makeBase(), flags);
      const listening = stage.listener.getFd();
      assert.equal(fcntl(listening, F_GETFL) & O_NONBLOCK, O_NONBLOCK, 'L09');
      assert.equal(fcntl(listening, F_GETFD), cloexec);
      assert.equal(option(listening, sys.SOL_SOCKET, sys.SO_KEEPALIVE), 1, 'L10');
      stage.connect(1);
      pass(stage.base);
      const [fd] = stage.accepted;
      assert.ok(fd !== undefined);
      assert.equal(fcntl(fd, F_GETFL) & O_NONBLOCK, nonblocking);
      assert.equal(fcntl(fd, F_GETFD), cloexec);
      assert.equal(option(fd, sys.SOL_SOCKET, sys.SO_KEEPALIVE), 1, 'L10');
    });
  }

  test('L15 CLOSE_ON_EXEC of newListener is for accepted sockets only', () => {
    using base = makeBase();
    const fd = sys.socket(AF_INET, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0);
    sys.bind(fd, LOOPBACK);
    const flags = lev.LEV_OPT_CLOSE_ON_EXEC | lev.LEV_OPT_CLOSE_ON_FREE;
    const open: number[] = [];
    using listener = Evconnlistener.newListener(
      base,
      (_lev, it) => open.push(it),
      null,
      flags,
      -1,
      fd,
    );
    open.push(connectTo(portOf(listener.getFd())));
    pass(base);
    assert.equal(fcntl(fd, F_GETFD), 0);
    assert.equal(fcntl(open[1] ?? -1, F_GETFD), FD_CLOEXEC);
    for (const each of open) close(each);
  });

  test('L18 L35 DISABLED: nothing is accepted before enable()', () => {
    using stage = new Stage(makeBase(), lev.LEV_OPT_DISABLED);
    stage.connect(2);
    assert.equal(stage.base.dispatch(), 1);
    assert.deepEqual(stage.accepted, []);
    assert.equal(stage.listener.enable(), 0);
    assert.equal(stage.listener.enable(), 0);
    pass(stage.base);
    assert.equal(stage.accepted.length, 2);
    assert.equal(stage.listener.disable(), 0);
    assert.equal(stage.listener.disable(), 0);
    assert.equal(stage.base.dispatch(), 1);
  });

  test('L19 L21 L22 flags set their socket options', () => {
    using plain = new Stage(makeBase());
    using reuseable = new Stage(makeBase(), lev.LEV_OPT_REUSEABLE);
    using shared = new Stage(makeBase(), lev.LEV_OPT_REUSEABLE_PORT);
    using deferred = new Stage(makeBase(), lev.LEV_OPT_DEFERRED_ACCEPT);
    const read = (stage: Stage, name: number) =>
      option(stage.listener.getFd(), sys.SOL_SOCKET, name);
    assert.deepEqual(
      [plain, reuseable].map((stage) => read(stage, sys.SO_REUSEADDR)),
      [0, 1],
    );
    assert.equal(read(shared, sys.SO_REUSEPORT), 1);
    assert.equal(read(shared, sys.SO_REUSEADDR), 0);
    const deferral = option(deferred.listener.getFd(), sys.IPPROTO_TCP, sys.TCP_DEFER_ACCEPT);
    assert.equal(deferral, 1);
    const again = (flags: number) => () => {
      const address = { ...LOOPBACK, port: shared.port };
      const all = flags | lev.LEV_OPT_CLOSE_ON_FREE;
      Evconnlistener.newBind(shared.base, null, null, all, -1, address).free();
    };
    again(lev.LEV_OPT_REUSEABLE_PORT)();
    assert.throws(again(0), failure('EADDRINUSE', 'bind'));
  });

  test('L19 REUSEABLE rebinds a port with a connection in TIME_WAIT', () => {
    const stage = new Stage(makeBase(), lev.LEV_OPT_REUSEABLE);
    stage.connect(1);
    pass(stage.base);
    // The side that closes first is left in TIME_WAIT, which is the server's here.
    close(stage.accepted.pop() ?? -1);
    stage[Symbol.dispose]();
    using base = makeBase();
    const again = (flags: number) => () => {
      const all = flags | lev.LEV_OPT_CLOSE_ON_FREE;
      Evconnlistener.newBind(base, null, null, all, -1, { ...LOOPBACK, port: stage.port }).free();
    };
    assert.throws(again(0), failure('EADDRINUSE', 'bind'));
    again(lev.LEV_OPT_REUSEABLE)();
  });

  test('L22 DEFERRED_ACCEPT: a silent client is not delivered, one that speaks is', () => {
    using stage = new Stage(makeBase(), lev.LEV_OPT_DEFERRED_ACCEPT);
    stage.connect(1);
    pass(stage.base);
    assert.equal(stage.accepted.length, 0);
    put(stage.clients[0] ?? -1, 'x');
    pass(stage.base);
    assert.equal(stage.accepted.length, 1);
  });

  test('L23 BIND_IPV6ONLY leaves the port free for IPv4', () => {
    using base = makeBase();
    const flags = lev.LEV_OPT_CLOSE_ON_FREE | lev.LEV_OPT_BIND_IPV6ONLY;
    const any = { family: 'IPv6', address: '::', port: 0 } as const;
    // IPv4 first: who knows who else has the port of an IPv6 socket there.
    const four = sys.socket(AF_INET, sys.SOCK_STREAM, 0);
    assert.equal(sys.bind(four, { family: 'IPv4', address: '0.0.0.0', port: 0 }), 0);
    const port = portOf(four);
    const taken = { ...any, port };
    const six = Evconnlistener.newBind(base, null, null, flags, -1, taken);
    assert.equal(portOf(six.getFd()), port);
    const client = sys.socket(AF_INET, sys.SOCK_STREAM, 0);
    assert.equal(sys.connect(client, { ...LOOPBACK, port }), -1);
    assert.equal(errno(), ECONNREFUSED);
    close(client);
    six.free();
    assert.throws(
      () => Evconnlistener.newBind(base, null, null, lev.LEV_OPT_CLOSE_ON_FREE, -1, taken),
      failure('EADDRINUSE', 'bind'),
    );
    close(four);
    const peers: SocketAddress[] = [];
    const open: number[] = [];
    using both = Evconnlistener.newBind(
      base,
      (_lev, fd, peer) => {
        open.push(fd);
        peers.push(peer);
      },
      null,
      lev.LEV_OPT_CLOSE_ON_FREE,
      -1,
      any,
    );
    open.push(connectTo(portOf(both.getFd())));
    pass(base);
    const [peer] = peers;
    assert.ok(peer?.family === 'IPv6');
    assert.equal(peer.address, '::ffff:127.0.0.1');
    for (const fd of open) close(fd);
  });

  test('L24 BIND_IPV4_AND_IPV6 clears IPV6_V6ONLY', () => {
    using base = makeBase();
    const any = { family: 'IPv6', address: '::', port: 0 } as const;
    const flags = lev.LEV_OPT_CLOSE_ON_FREE | lev.LEV_OPT_BIND_IPV4_AND_IPV6;
    using listener = Evconnlistener.newBind(base, null, null, flags, -1, any);
    assert.equal(option(listener.getFd(), sys.IPPROTO_IPV6, sys.IPV6_V6ONLY), 0);
    close(connectTo(portOf(listener.getFd())));
  });
});

test('L25 the flags have the values of C', () => {
  assert.deepEqual(
    [
      lev.LEV_OPT_LEAVE_SOCKETS_BLOCKING,
      lev.LEV_OPT_CLOSE_ON_FREE,
      lev.LEV_OPT_CLOSE_ON_EXEC,
      lev.LEV_OPT_REUSEABLE,
      lev.LEV_OPT_THREADSAFE,
      lev.LEV_OPT_DISABLED,
      lev.LEV_OPT_DEFERRED_ACCEPT,
      lev.LEV_OPT_REUSEABLE_PORT,
      lev.LEV_OPT_BIND_IPV6ONLY,
      lev.LEV_OPT_BIND_IPV4_AND_IPV6,
    ],
    [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200],
  );
});
