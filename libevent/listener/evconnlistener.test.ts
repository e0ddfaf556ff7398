import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EV_ET, EV_READ } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import { AF_INET } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { close, F_GETFD, F_GETFL, fcntl, O_NONBLOCK } from '../sys/descriptor.ts';
import { ECONNRESET, errno } from '../sys/errno.ts';
import * as sys from '../sys/socket.ts';
import { COMPLETION, onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { Stage, backlogOf, failure } from '../testing/evconnlistener.ts';
import { inLoop, pass } from '../testing/loop.ts';
import { connectTo, get, LOOPBACK, portOf } from '../testing/sockets.ts';
import { Evconnlistener } from './evconnlistener.ts';
import type { EvconnlistenerCallback } from './evconnlistener.ts';
import * as lev from './listening_socket.ts';

checkDescriptors();

onEachBackend((makeBase, method) => {
  for (const threadsafe of [0, lev.LEV_OPT_THREADSAFE]) {
    test(`L01 L02 L11 two listeners on ports of their own; dispatch ends when both are disabled (${threadsafe === 0 ? 'plain' : 'THREADSAFE'})`, () => {
      using base = makeBase();
      const flags = lev.LEV_OPT_CLOSE_ON_FREE | lev.LEV_OPT_REUSEABLE | lev.LEV_OPT_CLOSE_ON_EXEC;
      const open: number[] = [];
      const make = (count: { left: number }) =>
        Evconnlistener.newBind(
          base,
          (listener, fd, _address, arg) => {
            open.push(fd);
            if (--arg.left === 0) listener.disable();
          },
          count,
          flags | threadsafe,
          -1,
          LOOPBACK,
        );
      const counts = [{ left: 2 }, { left: 1 }] as const;
      using first = make(counts[0]);
      using second = make(counts[1]);
      const ports = [portOf(first.getFd()), portOf(second.getFd())] as const;
      assert.notEqual(ports[0], ports[1]);
      assert.equal(first.getBase(), base);
      open.push(connectTo(ports[0]), connectTo(ports[0]), connectTo(ports[1]));
      assert.equal(base.dispatch(), 1);
      assert.deepEqual(counts, [{ left: 0 }, { left: 0 }]);
      for (const fd of open) close(fd);
    });
  }

  test('L03 L08 L20 construction that fails throws and closes what it made', () => {
    using stage = new Stage(makeBase(), lev.LEV_OPT_REUSEABLE);
    const make =
      (address: SocketAddress, backlog = -1, flags = 0) =>
      () =>
        Evconnlistener.newBind(stage.base, null, null, flags, backlog, address);
    assert.throws(make(LOOPBACK, 0), failure('EINVAL', 'listen'));
    const taken = { ...LOOPBACK, port: stage.port };
    assert.throws(make(taken), failure('EADDRINUSE', 'bind'));
    assert.throws(make(taken, -1, lev.LEV_OPT_REUSEABLE), failure('EADDRINUSE', 'bind'), 'L20');
    assert.throws(make(taken), {
      message: `bind EADDRINUSE: address already in use 127.0.0.1:${String(stage.port)}`,
    });
    assert.throws(make({ ...LOOPBACK, address: '192.0.2.1' }), failure('EADDRNOTAVAIL', 'bind'));
    assert.throws(make({ ...LOOPBACK, port: 70000 }), RangeError);
    assert.throws(make({ ...LOOPBACK, address: 'nowhere' }), TypeError);
    const v6only = make(LOOPBACK, -1, lev.LEV_OPT_BIND_IPV6ONLY);
    assert.throws(v6only, failure('ENOPROTOOPT', 'setsockopt'), 'L23');
    const both = lev.LEV_OPT_BIND_IPV6ONLY | lev.LEV_OPT_BIND_IPV4_AND_IPV6;
    assert.throws(make(LOOPBACK, -1, both), failure('EINVAL', 'setsockopt'));
  });

  test('L04 a negative backlog is 128, another what it says', () => {
    const somaxconn = Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'));
    using base = makeBase();
    for (const [backlog, limit] of [
      [-1, 128],
      [-7, 128],
      [1, 1],
      [5, 5],
      [5000, Math.min(5000, somaxconn)],
    ] as const) {
      const flags = lev.LEV_OPT_CLOSE_ON_FREE;
      using listener = Evconnlistener.newBind(base, null, null, flags, backlog, LOOPBACK);
      assert.equal(backlogOf(listener.getFd()), limit);
    }
  });

  test('L06 L07 newListener calls listen, and leaves a descriptor it fails on open', () => {
    using base = makeBase();
    const make = (fd: number, backlog: number) => () =>
      Evconnlistener.newListener(base, null, null, lev.LEV_OPT_CLOSE_ON_FREE, backlog, fd);
    assert.throws(make(-1, 5), failure('EBADF', 'listen'));
    const datagram = sys.socket(AF_INET, sys.SOCK_DGRAM, 0);
    assert.throws(make(datagram, 5), failure('EOPNOTSUPP', 'listen'));
    assert.equal(close(datagram), 0);
    const stream = sys.socket(AF_INET, sys.SOCK_STREAM, 0);
    sys.bind(stream, LOOPBACK);
    using listener = make(stream, 7)();
    assert.equal(backlogOf(listener.getFd()), 7);
    assert.equal(fcntl(stream, F_GETFL) & O_NONBLOCK, 0, 'L09');
  });

  test('L06 L07 newListener on a socket that the base refuses says so, whatever the backend', () => {
    using base = makeBase();
    const stream = sys.socket(AF_INET, sys.SOCK_STREAM, 0);
    if (method === COMPLETION) {
      // An operation shares its descriptor with any event; it only has to be one.
      close(stream);
      assert.throws(
        () => Evconnlistener.newListener(base, () => undefined, null, 0, 0, stream),
        failure('EBADF', 'event_add'),
      );
      return;
    }
    // Events with and without EV_ET do not share a descriptor.
    using edge = new Event(base, stream, EV_READ | EV_ET, () => undefined, null);
    edge.add();
    assert.throws(
      () => Evconnlistener.newListener(base, () => undefined, null, 0, 5, stream),
      failure('EINVAL', 'event_add'),
    );
    edge.del();
    close(stream);
  });

  test('L16 L17 free closes the listening socket with CLOSE_ON_FREE only, accepted ones never', () => {
    using stage = new Stage(makeBase());
    stage.connect(1);
    pass(stage.base);
    const fd = stage.listener.getFd();
    stage.listener.free();
    assert.equal(fcntl(fd, F_GETFD), -1);
    assert.ok(fcntl(stage.accepted[0] ?? -1, F_GETFD) >= 0);
    assert.throws(() => stage.listener.enable(), /Evconnlistener used after free/);
    assert.throws(() => stage.listener.free(), /Evconnlistener used after free/);
    using base = makeBase();
    const kept = Evconnlistener.newBind(base, null, null, 0, -1, LOOPBACK);
    const keptFd = kept.getFd();
    kept.free();
    close(connectTo(portOf(keptFd)));
    assert.equal(close(keptFd), 0);
  });

  test('L33 without a callback a listener is disabled until it gets one', () => {
    using stage = new Stage(makeBase(), 0, null);
    stage.connect(1);
    assert.equal(stage.base.dispatch(), 1);
    const args: string[] = [];
    stage.listener.setCb((listener, fd, _peer, arg) => {
      stage.accepted.push(fd);
      args.push(arg);
      listener.disable();
    }, 'new');
    assert.equal(stage.base.dispatch(), 1);
    assert.deepEqual(args, ['new']);
  });

  test('L34 without a callback and DISABLED it takes setCb() and enable()', () => {
    using stage = new Stage(makeBase(), lev.LEV_OPT_DISABLED, null);
    stage.connect(1);
    const accept: EvconnlistenerCallback<string> = (_lev, fd) => stage.accepted.push(fd);
    stage.listener.setCb(accept, '');
    assert.equal(stage.base.dispatch(), 1);
    stage.listener.setCb(null, '');
    assert.equal(stage.listener.enable(), 0);
    assert.equal(stage.base.dispatch(), 1);
    stage.listener.setCb(accept, '');
    pass(stage.base);
    assert.equal(stage.accepted.length, 1);
  });

  test('L37 a listener keeps dispatch running until loopExit()', () => {
    using stage = new Stage(makeBase());
    stage.base.loopExit(0.01);
    assert.equal(stage.base.dispatch(), 0);
  });

  test('a listener freed after its base still closes its socket', () => {
    const base = makeBase();
    const listener = Evconnlistener.newBind(
      base,
      () => undefined,
      null,
      lev.LEV_OPT_CLOSE_ON_FREE,
      -1,
      LOOPBACK,
    );
    const fd = listener.getFd();
    base.free();
    listener.free();
    assert.equal(fcntl(fd, F_GETFD), -1);
  });

  test('a base that is freed before anybody saw who has come leaves them to the listener', () => {
    using stage = new Stage(makeBase(), lev.LEV_OPT_DISABLED);
    stage.connect(2);
    // What a callback begins in the last pass is handed on, and nobody looks what came of it.
    inLoop(stage.base, () => stage.listener.enable());
    stage.base.free();
    stage.listener.free();
    assert.deepEqual(stage.accepted, []);
    for (const client of stage.clients) {
      assert.equal(get(client), null);
      assert.equal(errno(), ECONNRESET);
    }
  });
});
