import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import type { EventBase } from '../event/event_base.ts';
import { evutilGaiStrerror } from '../evutil.ts';
import { Evconnlistener } from '../listener/evconnlistener.ts';
import { LEV_OPT_CLOSE_ON_FREE } from '../listener/listening_socket.ts';
import { AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { close, F_GETFL, fcntl, O_NONBLOCK } from '../sys/descriptor.ts';
import {
  ECONNREFUSED,
  EINPROGRESS,
  EINVAL,
  EMFILE,
  ENOENT,
  ENOTCONN,
  errno,
  setErrno,
} from '../sys/errno.ts';
import { EAI_NONAME } from '../sys/netdb.ts';
import { getrlimit, Rlimit, RLIMIT_NOFILE, setrlimit } from '../sys/resource.ts';
import {
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_LINGER,
  accept4,
  bind,
  connect,
  listen,
  setsockopt,
  socket,
} from '../sys/socket.ts';
import { onEachBackend } from '../testing/backends.ts';
import { noteEvents, watched } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { passUntil, waitUntil, pass } from '../testing/loop.ts';
import { LOOPBACK, TcpPair, connectTo, portOf, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import {
  BEV_EVENT_CONNECTED,
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_EVENT_TIMEOUT,
  BEV_EVENT_WRITING,
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS,
} from './constants.ts';

checkDescriptors();

/** A listener that greets whoever comes and then leaves. */
class Greeter implements Disposable {
  readonly address: SocketAddress;
  readonly port: number;
  readonly #listener: Evconnlistener<string>;

  constructor(base: EventBase, greeting: string) {
    this.#listener = Evconnlistener.newBind(
      base,
      (_listener, fd, _address, text) => {
        const bev = Bufferevent.socketNew(base, fd, BEV_OPT_CLOSE_ON_FREE);
        bev.setCb(
          null,
          (self) => self.free(),
          (self) => self.free(),
          null,
        );
        bev.write(text);
      },
      greeting,
      LEV_OPT_CLOSE_ON_FREE,
      -1,
      LOOPBACK,
    );
    this.port = portOf(this.#listener.getFd());
    this.address = { ...LOOPBACK, port: this.port };
  }

  [Symbol.dispose](): void {
    this.#listener.free();
  }
}

/** A port that refuses: bound, and not listening. */
function refusingPort(): { fd: number; address: SocketAddress; port: number } {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  assert.equal(bind(fd, LOOPBACK), 0);
  const port = portOf(fd);
  return { fd, port, address: { ...LOOPBACK, port } };
}

/** Runs something while no further descriptor can be had. */
function outOfDescriptors(action: () => void): void {
  const free = socket(AF_INET, SOCK_STREAM, 0);
  close(free);
  const before = new Rlimit();
  getrlimit(RLIMIT_NOFILE, before);
  setrlimit(RLIMIT_NOFILE, new Rlimit(free, before.maximum));
  try {
    action();
  } finally {
    setrlimit(RLIMIT_NOFILE, before);
  }
}

onEachBackend((makeBase) => {
  for (const options of [0, BEV_OPT_DEFER_CALLBACKS]) {
    test(`C01 two connect, read everything and then the end, options ${String(options)}`, () => {
      using base = makeBase();
      using greeter = new Greeter(base, 'hello, whoever you are');
      const read = ['', ''];
      const events: number[][] = [[], []];
      const bevs = [0, 1].map((index) => {
        const bev = Bufferevent.socketNew(base, -1, BEV_OPT_CLOSE_ON_FREE | options);
        bev.setCb(
          (self) => {
            const input = self.getInput();
            read[index] = `${read[index] ?? ''}${String(input.pullup(-1))}`;
            input.drain(input.getLength());
          },
          null,
          (_self, what) => events[index]?.push(what),
          null,
        );
        bev.enable(EV_READ);
        assert.equal(bev.connect(greeter.address), 0);
        assert.deepEqual(events[index], []);
        return bev;
      });
      waitUntil(base, () => events.every((all) => all.length === 2));
      const expected = [BEV_EVENT_CONNECTED, BEV_EVENT_READING | BEV_EVENT_EOF];
      assert.deepEqual(events, [expected, expected]);
      assert.deepEqual(read, ['hello, whoever you are', 'hello, whoever you are']);
      for (const bev of bevs) bev.free();
      pass(base);
    });
  }

  test('C02 what was written before goes out; the socket is nonblocking', () => {
    using base = makeBase();
    const server = socket(AF_INET, SOCK_STREAM, 0);
    assert.equal(bind(server, LOOPBACK), 0);
    assert.equal(listen(server, 5), 0);
    const [bev, log] = watched(base, -1, BEV_OPT_CLOSE_ON_FREE);
    bev.write('early');
    assert.equal(bev.connect({ ...LOOPBACK, port: portOf(server) }), 0);
    assert.notEqual(fcntl(bev.getFd(), F_GETFL) & O_NONBLOCK, 0);
    assert.deepEqual(log, []);
    assert.equal(bev.getOutput().getLength(), 5);
    waitUntil(base, () => log.length === 2);
    assert.deepEqual(log, ['event 0x80', 'write 0']);
    bev.free();
    pass(base);
    close(server);
  });

  test('C02 with nothing to write there is no write callback; a blocking socket becomes nonblocking', () => {
    using base = makeBase();
    using greeter = new Greeter(base, 'x');
    const fd = socket(AF_INET, SOCK_STREAM, 0);
    const [bev, log] = watched(base, fd);
    bev.enable(EV_READ);
    assert.equal(bev.connect(greeter.address), 0);
    assert.equal(bev.getFd(), fd);
    assert.notEqual(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    waitUntil(base, () => log.length === 3);
    assert.deepEqual(log, ['event 0x80', 'read 1', 'event 0x11']);
    bev.free();
    close(fd);
  });

  for (const family of [AF_INET, AF_UNIX]) {
    test(`C02 enabled to read before connect(), family ${String(family)}: no event before, all after`, () => {
      using base = makeBase();
      const server = socket(family, SOCK_STREAM, 0);
      const path = `\0bufferevent-unconnected-${String(process.pid)}`;
      assert.equal(bind(server, family === AF_INET ? LOOPBACK : { family: 'Unix', path }), 0);
      assert.equal(listen(server, 5), 0);
      const fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
      const [bev, log] = watched(base, fd, BEV_OPT_CLOSE_ON_FREE);
      bev.enable(EV_READ);
      for (let i = 0; i < 3; i++) pass(base);
      assert.deepEqual(log, []);
      assert.equal(bev.getEnabled(), EV_READ | EV_WRITE);
      const address: SocketAddress =
        family === AF_INET ? { ...LOOPBACK, port: portOf(server) } : { family: 'Unix', path };
      assert.equal(bev.connect(address), 0);
      waitUntil(base, () => log.length === 1);
      const peer = accept4(server, null, 0);
      put(peer, 'hi');
      close(peer);
      waitUntil(base, () => log.length === 3);
      assert.deepEqual(log, ['event 0x80', 'read 2', 'event 0x11']);
      bev.free();
      pass(base);
      close(server);
    });
  }

  test('C02 a reset, and reading a socket that listens, are errors all the same', () => {
    using base = makeBase();
    using tcp = new TcpPair();
    const linger = new Uint8Array(Int32Array.of(1, 0).buffer);
    assert.equal(setsockopt(tcp.client, SOL_SOCKET, SO_LINGER, linger), 0);
    tcp.close(tcp.client);
    const [bev, log] = watched(base, tcp.server);
    bev.enable(EV_READ);
    passUntil(base, () => log.length > 0);
    assert.deepEqual(log, ['event 0x21']);
    bev.free();
    const server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert.equal(bind(server, LOOPBACK), 0);
    assert.equal(listen(server, 5), 0);
    const client = connectTo(portOf(server));
    using listening = Bufferevent.socketNew(base, server, BEV_OPT_CLOSE_ON_FREE);
    const calls = noteEvents(listening);
    listening.enable(EV_READ);
    waitUntil(base, () => calls.length > 0);
    assert.deepEqual(calls, [BEV_EVENT_READING | BEV_EVENT_ERROR, ENOTCONN]);
    close(client);
  });

  test('C02 without an address it waits for a connection that you have begun', () => {
    using base = makeBase();
    using greeter = new Greeter(base, 'hello');
    const fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert.equal(connect(fd, greeter.address), -1);
    assert.equal(errno(), EINPROGRESS);
    const [bev, log] = watched(base, fd, BEV_OPT_CLOSE_ON_FREE);
    bev.enable(EV_READ);
    bev.write('early');
    assert.equal(bev.connect(null), 0);
    assert.equal(log.length, 0);
    waitUntil(base, () => log.includes('event 0x80') && log.includes('read 5'));
    assert.equal(log[0], 'event 0x80');
    assert.equal(bev.getFd(), fd);
    bev.free();
    pass(base);
  });

  test('C03 without an address: a refusal is one event, and without a descriptor, too, it is -1', () => {
    using base = makeBase();
    const { fd: refusing, address } = refusingPort();
    const fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert.equal(connect(fd, address), -1);
    using bev = Bufferevent.socketNew(base, fd, BEV_OPT_CLOSE_ON_FREE);
    const calls = noteEvents(bev);
    assert.equal(bev.connect(null), 0);
    waitUntil(base, () => calls.length > 0);
    assert.deepEqual(calls, [BEV_EVENT_ERROR, ECONNREFUSED]);
    using none = Bufferevent.socketNew(base, -1, 0);
    setErrno(0);
    assert.equal(none.connect(null), -1);
    assert.equal(errno(), EINVAL);
    close(refusing);
  });

  for (const options of [0, BEV_OPT_DEFER_CALLBACKS]) {
    test(`C03 a refusal is one event with ECONNREFUSED, options ${String(options)}`, () => {
      using base = makeBase();
      const { fd, address } = refusingPort();
      const bev = Bufferevent.socketNew(base, -1, BEV_OPT_CLOSE_ON_FREE | options);
      const calls = noteEvents(bev);
      bev.enable(EV_READ);
      bev.write('x');
      assert.equal(bev.connect(address), 0);
      assert.deepEqual(calls, []);
      waitUntil(base, () => calls.length > 0);
      for (let i = 0; i < 5; i++) pass(base);
      assert.deepEqual(calls, [BEV_EVENT_ERROR, ECONNREFUSED]);
      assert.equal(bev.getEnabled(), EV_READ | EV_WRITE);
      bev.free();
      pass(base);
      close(fd);
    });
  }

  test('C03 what cannot start returns -1 with errno and no event, and leaves no descriptor', () => {
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, -1, BEV_OPT_CLOSE_ON_FREE);
    const calls = noteEvents(bev);
    assert.equal(bev.connect({ family: 'Unix', path: '/nonexistent/socket' }), -1);
    assert.equal(errno(), ENOENT);
    assert.equal(bev.getFd(), -1);
    assert.throws(() => bev.connect({ ...LOOPBACK, port: 65_536 }), RangeError);
    outOfDescriptors(() => {
      assert.equal(bev.connect({ ...LOOPBACK, port: 1 }), -1);
      assert.equal(errno(), EMFILE);
    });
    assert.equal(pass(base), 1);
    assert.deepEqual(calls, []);
  });

  test('C03 after a refusal it can connect elsewhere, with a new socket', () => {
    using base = makeBase();
    using greeter = new Greeter(base, 'welcome');
    const { fd, address } = refusingPort();
    const [bev, log] = watched(base, -1, BEV_OPT_CLOSE_ON_FREE);
    bev.enable(EV_READ);
    bev.connect(address);
    waitUntil(base, () => log.length === 1);
    close(bev.getFd());
    bev.setFd(-1);
    assert.equal(bev.connect(greeter.address), 0);
    waitUntil(base, () => log.length === 4);
    assert.deepEqual(log, ['event 0x20', 'event 0x80', 'read 7', 'event 0x11']);
    bev.free();
    pass(base);
    close(fd);
  });

  test('C02 a connection that nobody takes times out', () => {
    using base = makeBase();
    const server = socket(AF_UNIX, SOCK_STREAM, 0);
    assert.equal(bind(server, { family: 'Unix', path: '\0bufferevent-connect-test' }), 0);
    using bev = Bufferevent.socketNew(base, socket(AF_INET, SOCK_STREAM, 0), BEV_OPT_CLOSE_ON_FREE);
    const calls: number[] = [];
    bev.setCb(null, null, (_bev, what) => calls.push(what), null);
    bev.setTimeouts(null, 0.05);
    // A backlog of nothing is full with one connection, and the next is not answered.
    const full = socket(AF_INET, SOCK_STREAM, 0);
    assert.equal(bind(full, LOOPBACK), 0);
    assert.equal(listen(full, 0), 0);
    const address = { ...LOOPBACK, port: portOf(full) };
    const others = [0, 1, 2].map(() => {
      const other = Bufferevent.socketNew(base, -1, BEV_OPT_CLOSE_ON_FREE);
      other.connect(address);
      return other;
    });
    bev.connect(address);
    waitUntil(base, () => calls.length > 0);
    assert.deepEqual(calls, [BEV_EVENT_WRITING | BEV_EVENT_TIMEOUT]);
    assert.equal(bev.getEnabled(), 0);
    for (const other of others) other.free();
    close(full);
    close(server);
  });

  test('C04 C05 connectHostname looks the name up and connects once', () => {
    using base = makeBase();
    using greeter = new Greeter(base, 'x');
    for (const [family, name] of [
      [AF_INET, 'localhost'],
      [AF_UNSPEC, '127.0.0.1'],
    ] as const) {
      const [bev, log] = watched(base, -1, BEV_OPT_CLOSE_ON_FREE);
      assert.equal(bev.connectHostname(family, name, greeter.port), 0);
      assert.deepEqual(log, []);
      waitUntil(base, () => log.length > 0);
      for (let i = 0; i < 5; i++) pass(base);
      assert.deepEqual(log, ['event 0x80']);
      assert.equal(bev.getDnsError(), 0);
      bev.free();
    }
    pass(base);
  });

  test('C04 C05 a name that does not exist is one event within the call, with EAI_NONAME', () => {
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, -1, BEV_OPT_CLOSE_ON_FREE);
    const calls: number[] = [];
    bev.setCb(null, null, (self, what) => calls.push(what, self.getDnsError()), null);
    assert.equal(bev.connectHostname(AF_INET, 'not a name', 80), 0);
    assert.deepEqual(calls, [BEV_EVENT_ERROR, EAI_NONAME]);
    assert.equal(evutilGaiStrerror(bev.getDnsError()), 'Name or service not known');
    assert.equal(pass(base), 1);
    assert.equal(calls.length, 2);
  });

  test('C04 another family, or a port that is none, is refused', () => {
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, -1, 0);
    const calls = noteEvents(bev);
    assert.equal(bev.connectHostname(AF_UNIX, 'localhost', 80), -1);
    assert.equal(bev.connectHostname(AF_INET6 + 1, 'localhost', 80), -1);
    for (const port of [0, 65_536, -1, 1.5]) {
      assert.equal(bev.connectHostname(AF_INET, 'localhost', port), -1);
    }
    assert.deepEqual(calls, []);
  });

  test('C05 out of descriptors, connectHostname gives one error event with EMFILE', () => {
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, -1, BEV_OPT_CLOSE_ON_FREE);
    const calls = noteEvents(bev);
    outOfDescriptors(() => {
      assert.equal(bev.connectHostname(AF_INET, '127.0.0.1', 80), 0);
    });
    passUntil(base, () => calls.length > 0);
    assert.equal(pass(base), 1);
    assert.deepEqual(calls, [BEV_EVENT_ERROR, EMFILE]);
  });
});
