import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemError } from './errors.ts';
import { EventBase } from './event_base.ts';
import { Evconnlistener } from './evconnlistener.ts';
import type { EvconnlistenerCallback } from './evconnlistener.ts';
import * as lev from './listening_socket.ts';
import { AF_INET, SockaddrStorage } from './sys/address.ts';
import type { SocketAddress } from './sys/address.ts';
import { close, F_GETFD, F_GETFL, FD_CLOEXEC, fcntl, O_NONBLOCK } from './sys/descriptor.ts';
import { ECONNRESET, EINVAL, errno } from './sys/errno.ts';
import * as sys from './sys/socket.ts';
import { checkDescriptors, connectTo, get, LOOPBACK, pass, portOf, put } from './testing.ts';

checkDescriptors();

/** A base with a listener, the descriptors it accepted, and clients that it can connect. */
class Stage implements Disposable {
  readonly base = new EventBase();
  readonly accepted: number[] = [];
  readonly clients: number[] = [];
  readonly listener: Evconnlistener<string>;
  readonly port: number;

  constructor(flags = 0, callback?: EvconnlistenerCallback<string> | null) {
    const note: EvconnlistenerCallback<string> = (listener, fd, address, arg) => {
      this.accepted.push(fd);
      callback?.(listener, fd, address, arg);
    };
    const all = flags | lev.LEV_OPT_CLOSE_ON_FREE;
    const given = callback === null ? null : note;
    this.listener = Evconnlistener.newBind(this.base, given, 'arg', all, -1, LOOPBACK);
    this.port = portOf(this.listener.getFd());
  }

  connect(count: number): void {
    for (let i = 0; i < count; i++) this.clients.push(connectTo(this.port));
  }

  [Symbol.dispose](): void {
    this.listener[Symbol.dispose]();
    this.base.free();
    for (const fd of [...this.accepted, ...this.clients]) close(fd);
  }
}

function option(fd: number, level: number, name: number): number | undefined {
  const value = new Int32Array(1);
  assert.equal(sys.getsockopt(fd, level, name, value), 0);
  return value[0];
}

function failure(code: string, syscall: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof SystemError && error.code === code && error.syscall === syscall;
}

test('L01 L11 two listeners on ports of their own; dispatch ends when both are disabled', () => {
  using base = new EventBase();
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
      flags | lev.LEV_OPT_THREADSAFE,
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

test('L03 L08 construction that fails throws and closes what it made', () => {
  using stage = new Stage(lev.LEV_OPT_REUSEABLE);
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
});

const TCP_INFO = 11;

/** What the kernel took for the backlog: `tcpi_sacked` of a listening socket's TCP_INFO. */
function backlogOf(fd: number): number {
  // The words of struct tcp_info: eight bytes first, then tcpi_rto, ato, snd_mss, rcv_mss, unacked,
  // sacked; for a listening socket sacked is the limit of its queue and unacked its length.
  const info = new Int32Array(64);
  assert.equal(sys.getsockopt(fd, sys.IPPROTO_TCP, TCP_INFO, info), 0);
  return info[7] ?? -1;
}

/** How many connections wait to be accepted. */
function queueOf(fd: number): number {
  const info = new Int32Array(64);
  assert.equal(sys.getsockopt(fd, sys.IPPROTO_TCP, TCP_INFO, info), 0);
  return info[6] ?? -1;
}

test('L04 a negative backlog is 128, another what it says', () => {
  using base = new EventBase();
  for (const [backlog, limit] of [
    [-1, 128],
    [-7, 128],
    [1, 1],
    [5, 5],
  ] as const) {
    const flags = lev.LEV_OPT_CLOSE_ON_FREE;
    using listener = Evconnlistener.newBind(base, null, null, flags, backlog, LOOPBACK);
    assert.equal(backlogOf(listener.getFd()), limit);
  }
});

test('L05 L39 L45 on a socket that does not listen each pass is one error callback', () => {
  using base = new EventBase();
  const fd = sys.socket(AF_INET, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0);
  sys.bind(fd, LOOPBACK);
  const errors: [unknown, string, number][] = [];
  const never = (): void => assert.fail('accepted');
  using listener = Evconnlistener.newListener(base, never, 'arg', 0, 0, fd);
  listener.setErrorCb((self, arg) => {
    errors.push([self, arg, errno()]);
    if (errors.length === 2) self.disable();
  });
  pass(base);
  assert.deepEqual(errors, [[listener, 'arg', EINVAL]]);
  pass(base);
  assert.equal(pass(base), 1);
  assert.equal(errors.length, 2);
  close(fd);
});

test('L44 free() in the error callback', () => {
  using base = new EventBase();
  const fd = sys.socket(AF_INET, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0);
  sys.bind(fd, LOOPBACK);
  const listener = Evconnlistener.newListener(base, null, null, lev.LEV_OPT_CLOSE_ON_FREE, 0, fd);
  let errors = 0;
  listener.setCb(() => assert.fail('accepted'), null);
  listener.setErrorCb((self) => {
    errors++;
    self.free();
  });
  pass(base);
  assert.equal(pass(base), 1);
  assert.equal(errors, 1);
  assert.equal(fcntl(fd, F_GETFD), -1);
});

test('L06 L07 newListener calls listen, and leaves a descriptor it fails on open', () => {
  using base = new EventBase();
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

for (const [name, flags, nonblocking, cloexec] of [
  ['L12 no flags', 0, O_NONBLOCK, 0],
  ['L13 LEAVE_SOCKETS_BLOCKING', lev.LEV_OPT_LEAVE_SOCKETS_BLOCKING, 0, 0],
  ['L14 CLOSE_ON_EXEC', lev.LEV_OPT_CLOSE_ON_EXEC, O_NONBLOCK, FD_CLOEXEC],
] as const) {
  test(`${name}: flags of the listening and the accepted sockets`, () => {
    using stage = new Stage(flags);
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
  using base = new EventBase();
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

test('L16 L17 free closes the listening socket with CLOSE_ON_FREE only, accepted ones never', () => {
  using stage = new Stage();
  stage.connect(1);
  pass(stage.base);
  const fd = stage.listener.getFd();
  stage.listener.free();
  assert.equal(fcntl(fd, F_GETFD), -1);
  assert.ok(fcntl(stage.accepted[0] ?? -1, F_GETFD) >= 0);
  assert.throws(() => stage.listener.enable(), /Evconnlistener used after free/);
  assert.throws(() => stage.listener.free(), /Evconnlistener used after free/);
  using base = new EventBase();
  const kept = Evconnlistener.newBind(base, null, null, 0, -1, LOOPBACK);
  const keptFd = kept.getFd();
  kept.free();
  close(connectTo(portOf(keptFd)));
  assert.equal(close(keptFd), 0);
});

test('L18 L35 DISABLED: nothing is accepted before enable()', () => {
  using stage = new Stage(lev.LEV_OPT_DISABLED);
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
  using plain = new Stage();
  using reuseable = new Stage(lev.LEV_OPT_REUSEABLE);
  using shared = new Stage(lev.LEV_OPT_REUSEABLE_PORT);
  using deferred = new Stage(lev.LEV_OPT_DEFERRED_ACCEPT);
  const read = (stage: Stage, name: number) => option(stage.listener.getFd(), sys.SOL_SOCKET, name);
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
  const stage = new Stage(lev.LEV_OPT_REUSEABLE);
  stage.connect(1);
  pass(stage.base);
  // The side that closes first is left in TIME_WAIT, which is the server's here.
  close(stage.accepted.pop() ?? -1);
  stage[Symbol.dispose]();
  using base = new EventBase();
  const again = (flags: number) => () => {
    const all = flags | lev.LEV_OPT_CLOSE_ON_FREE;
    Evconnlistener.newBind(base, null, null, all, -1, { ...LOOPBACK, port: stage.port }).free();
  };
  assert.throws(again(0), failure('EADDRINUSE', 'bind'));
  again(lev.LEV_OPT_REUSEABLE)();
});

test('L22 DEFERRED_ACCEPT: a silent client is not delivered, one that speaks is', () => {
  using stage = new Stage(lev.LEV_OPT_DEFERRED_ACCEPT);
  stage.connect(1);
  pass(stage.base);
  assert.equal(stage.accepted.length, 0);
  put(stage.clients[0] ?? -1, 'x');
  pass(stage.base);
  assert.equal(stage.accepted.length, 1);
});

test('L23 BIND_IPV6ONLY leaves the port free for IPv4', () => {
  using base = new EventBase();
  const flags = lev.LEV_OPT_CLOSE_ON_FREE | lev.LEV_OPT_BIND_IPV6ONLY;
  const any = { family: 'IPv6', address: '::', port: 0 } as const;
  using six = Evconnlistener.newBind(base, null, null, flags, -1, any);
  const port = portOf(six.getFd());
  const four = { family: 'IPv4', address: '0.0.0.0', port } as const;
  Evconnlistener.newBind(base, null, null, lev.LEV_OPT_CLOSE_ON_FREE, -1, four).free();
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

test('L26 L27 ten queued connections are delivered in one pass, in order, with their addresses', () => {
  const calls: unknown[][] = [];
  using stage = new Stage(0, (...call) => calls.push(call));
  stage.connect(10);
  pass(stage.base);
  const expected = stage.clients.map((client, i) => [
    stage.listener,
    stage.accepted[i],
    { ...LOOPBACK, port: portOf(client) },
    'arg',
  ]);
  assert.deepEqual(calls, expected);
});

test('L28 disable() in the callback stops the accept loop', () => {
  using stage = new Stage(0, (listener) => listener.disable());
  stage.connect(5);
  assert.equal(stage.base.dispatch(), 1);
  assert.equal(stage.accepted.length, 1);
  assert.equal(queueOf(stage.listener.getFd()), 4);
  stage.listener.enable();
  pass(stage.base);
  assert.equal(stage.accepted.length, 2);
});

test('L29 free() in the callback: one call, the listening socket closed at once', () => {
  let fd = -1;
  using stage = new Stage(0, (listener) => {
    fd = listener.getFd();
    listener.free();
    assert.equal(fcntl(fd, F_GETFD), -1);
  });
  stage.connect(5);
  assert.equal(stage.base.dispatch(), 1);
  assert.equal(stage.accepted.length, 1);
  assert.ok(fcntl(stage.accepted[0] ?? -1, F_GETFD) >= 0);
  put(stage.accepted[0] ?? -1, 'alive');
  assert.equal(get(stage.clients[0] ?? -1), 'alive');
  assert.equal(get(stage.clients[4] ?? -1), null);
  assert.equal(errno(), ECONNRESET);
});

test('L30 loopBreak() in the callback does not stop the accept loop', () => {
  using stage = new Stage(0, (listener) => listener.getBase().loopBreak());
  stage.connect(5);
  assert.equal(stage.base.dispatch(), 0);
  assert.equal(stage.accepted.length, 5);
  assert.equal(stage.base.gotBreak(), true);
});

test('L31 setCb() in the callback counts from the next connection of the same pass', () => {
  const args: string[] = [];
  using stage = new Stage(0, (listener, _fd, _address, arg) => {
    args.push(arg);
    listener.setCb((_lev, fd, _peer, other) => {
      stage.accepted.push(fd);
      args.push(other);
    }, 'other');
  });
  stage.connect(3);
  pass(stage.base);
  assert.deepEqual(args, ['arg', 'other', 'other']);
});

test('L32 setCb(null) closes one connection each pass and calls nothing', () => {
  using stage = new Stage(0, (listener) => listener.setCb(null, ''));
  stage.connect(5);
  pass(stage.base);
  assert.equal(stage.accepted.length, 1);
  assert.equal(get(stage.clients[1] ?? -1), '');
  assert.equal(queueOf(stage.listener.getFd()), 3);
  stage.listener.setCb((_lev, fd) => stage.accepted.push(fd), '');
  pass(stage.base);
  assert.equal(stage.accepted.length, 4);
});

test('L33 without a callback a listener is disabled until it gets one', () => {
  using stage = new Stage(0, null);
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
  using stage = new Stage(lev.LEV_OPT_DISABLED, null);
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

test('L36 a client that reset before accept is delivered, without an error', () => {
  using stage = new Stage();
  stage.listener.setErrorCb(() => assert.fail('error callback'));
  stage.connect(1);
  const client = stage.clients.pop() ?? -1;
  sys.setsockopt(client, sys.SOL_SOCKET, sys.SO_LINGER, Buffer.from(new Int32Array([1, 0]).buffer));
  close(client);
  pass(stage.base);
  assert.equal(stage.accepted.length, 1);
  assert.equal(get(stage.accepted[0] ?? -1), null);
  assert.equal(errno(), ECONNRESET);
});

test('L37 a listener keeps dispatch running until loopExit()', () => {
  using stage = new Stage();
  stage.base.loopExit(0.01);
  assert.equal(stage.base.dispatch(), 0);
});

test('L47 L49 a path of the file system', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evconnlistener-'));
  t.after(() => rmSync(folder, { recursive: true }));
  using base = new EventBase();
  const address = { family: 'Unix', path: join(folder, 'socket') } as const;
  const make = (flags: number, callback: EvconnlistenerCallback<null> | null = null) =>
    Evconnlistener.newBind(base, callback, null, flags | lev.LEV_OPT_CLOSE_ON_FREE, -1, address);
  for (const flag of [
    lev.LEV_OPT_REUSEABLE,
    lev.LEV_OPT_REUSEABLE_PORT,
    lev.LEV_OPT_DEFERRED_ACCEPT,
  ]) {
    assert.throws(() => make(flag), failure('EOPNOTSUPP', 'setsockopt'));
  }
  const open: number[] = [];
  const peers: SocketAddress[] = [];
  const listener = make(0, (_lev, fd, peer) => {
    open.push(fd);
    peers.push(peer);
  });
  const client = sys.socket(1, sys.SOCK_STREAM, 0);
  assert.equal(sys.connect(client, address), 0);
  pass(base);
  assert.deepEqual(peers, [{ family: 'Unix', path: '' }]);
  listener.free();
  assert.throws(() => make(0), failure('EADDRINUSE', 'bind'));
  for (const fd of [client, ...open]) close(fd);
});

test('L48 an abstract name', () => {
  using base = new EventBase();
  const address = { family: 'Unix', path: `\0libevent-ts ${String(process.pid)}` } as const;
  using listener = Evconnlistener.newBind(base, null, null, lev.LEV_OPT_CLOSE_ON_FREE, -1, address);
  const storage = new SockaddrStorage();
  assert.equal(sys.getsockname(listener.getFd(), storage), 0);
  assert.deepEqual(storage.decode(), address);
});

test('a listener freed after its base still closes its socket', () => {
  const base = new EventBase();
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
