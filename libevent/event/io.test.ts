import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_CLOSED, EV_PERSIST, EV_READ, EV_WRITE } from '../core/flags.ts';
import { EVLOOP_NONBLOCK } from '../core/loop.ts';
import { AF_INET } from '../sys/address.ts';
import { O_NONBLOCK, close, read, write } from '../sys/descriptor.ts';
import { EAGAIN, errno } from '../sys/errno.ts';
import { pipe2 } from '../sys/pipe.ts';
import {
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  SO_LINGER,
  bind,
  connect,
  setsockopt,
  shutdown,
  socket,
} from '../sys/socket.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass, passUntil } from '../testing/loop.ts';
import { LOOPBACK, Pair, TcpPair, get, portOf, put } from '../testing/sockets.ts';
import { Event } from './event.ts';

checkDescriptors();

/** A `struct linger` that is on. */
function lingerOf(seconds: number): Buffer {
  return Buffer.from(new Int32Array([1, seconds]).buffer);
}

/** Fills a socket until it takes no more. */
function fill(fd: number): void {
  const bytes = Buffer.alloc(65536);
  while (write(fd, bytes) > 0);
  assert.equal(errno(), EAGAIN);
}

onEachBackend((makeBase, method) => {
  test('E23 a read event re-added by its callback sees the data, then the end', () => {
    using pair = new Pair();
    using base = makeBase();
    const seen: (string | null)[] = [];
    const event: Event<null> = new Event(
      base,
      pair.a,
      EV_READ,
      (fd) => {
        seen.push(get(fd));
        if (seen.length < 2) event.add();
      },
      null,
    );
    event.add();
    put(pair.b, 'data');
    shutdown(pair.b, SHUT_WR);
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(seen, ['data', '']);
  });

  test('E24 two read events of one descriptor both run', () => {
    using pair = new Pair();
    using base = makeBase();
    const ran: number[] = [];
    for (const number of [1, 2]) {
      new Event(base, pair.a, EV_READ, () => ran.push(number), null).add();
    }
    shutdown(pair.b, SHUT_WR);
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(ran.sort(), [1, 2]);
  });

  test('E25 a write event runs, and writes', () => {
    using pair = new Pair();
    using base = makeBase();
    const event = new Event(base, pair.a, EV_WRITE, (fd) => put(fd, 'written'), null);
    event.add();
    assert.equal(base.dispatch(), 1);
    assert.equal(get(pair.b), 'written');
  });

  for (const persist of [0, EV_PERSIST]) {
    test(`E26 4,096 bytes cross in writes of 128 ${persist === 0 ? 'with re-adding' : 'with EV_PERSIST'}`, () => {
      using pair = new Pair();
      using base = makeBase();
      const sent = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7) & 0xff));
      const received: Buffer[] = [];
      let offset = 0;
      const writer: Event<null> = new Event(
        base,
        pair.a,
        EV_WRITE | persist,
        (fd) => {
          offset += write(fd, sent, 128, offset);
          if (offset < sent.length) {
            if (persist === 0) writer.add();
            return;
          }
          shutdown(fd, SHUT_WR);
          writer.del();
        },
        null,
      );
      const reader: Event<null> = new Event(
        base,
        pair.b,
        EV_READ | persist,
        (fd) => {
          const bytes = Buffer.alloc(512);
          const count = read(fd, bytes);
          if (count === 0) reader.del();
          else if (persist === 0) reader.add();
          received.push(bytes.subarray(0, count));
        },
        null,
      );
      writer.add();
      reader.add();
      assert.equal(base.dispatch(), 1);
      assert.deepEqual(Buffer.concat(received), sent);
    });
  }

  test('E27 both directions on both ends at once: 4,096 bytes one way, 8,192 the other', () => {
    using pair = new Pair();
    using base = makeBase();
    const received = [0, 0];
    const connect = (fd: number, index: number, total: number): void => {
      const bytes = Buffer.alloc(total, index);
      let offset = 0;
      const writer: Event<null> = new Event(
        base,
        fd,
        EV_WRITE,
        () => {
          offset += write(fd, bytes, Math.min(128, total - offset), offset);
          if (offset < total) writer.add();
          else shutdown(fd, SHUT_WR);
        },
        null,
      );
      const reader: Event<null> = new Event(
        base,
        fd,
        EV_READ,
        () => {
          const text = get(fd) ?? '';
          received[index] = (received[index] ?? 0) + text.length;
          if (text !== '') reader.add();
        },
        null,
      );
      writer.add();
      reader.add();
    };
    connect(pair.a, 0, 4096);
    connect(pair.b, 1, 8192);
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(received, [8192, 4096]);
  });

  test('E28 E30 read and write events of one descriptor, and one event for both', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: [string, number][] = [];
    const on = (name: string, what: number) =>
      new Event(base, pair.a, what, (_fd, result) => calls.push([name, result]), null);
    using reader = on('read', EV_READ | EV_PERSIST);
    using writer = on('write', EV_WRITE | EV_PERSIST);
    reader.add();
    writer.add();
    pass(base);
    assert.deepEqual(calls.splice(0), [['write', EV_WRITE]]);
    writer.del();
    put(pair.b, 'x');
    pass(base);
    assert.deepEqual(calls.splice(0), [['read', EV_READ]]);
    reader.del();
    using both = on('both', EV_READ | EV_WRITE);
    both.add();
    pass(base);
    assert.deepEqual(calls, [['both', EV_READ | EV_WRITE]]);
    assert.equal(both.pending(EV_READ | EV_WRITE), 0);
  });

  test('E29 an event without EV_PERSIST runs once though data remains', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: number[] = [];
    using event = new Event(base, pair.a, EV_READ, (fd, what) => calls.push(fd, what), null);
    assert.equal(event.add(), 0);
    pass(base);
    assert.deepEqual(calls, []);
    put(pair.b, 'x');
    pass(base);
    assert.equal(event.pending(EV_READ), 0);
    assert.equal(pass(base), 1);
    assert.deepEqual(calls, [pair.a, EV_READ]);
  });

  test('E31 of the events of one descriptor the one added last runs first', () => {
    using pair = new Pair();
    using base = makeBase();
    put(pair.b, 'x');
    const order: string[] = [];
    const names = [
      ['read1', EV_READ],
      ['read2', EV_READ],
      ['write', EV_WRITE],
    ] as const;
    for (const [name, what] of names) {
      new Event(base, pair.a, what, () => order.push(name), null).add();
    }
    pass(base);
    assert.deepEqual(order, ['write', 'read2', 'read1']);
  });

  test('E32 a peer that closes makes an idle socket readable and a full one writable', () => {
    using idle = new Pair();
    using full = new Pair();
    using base = makeBase();
    const calls: [number, number][] = [];
    fill(full.a);
    const note = (fd: number, what: number): void => void calls.push([fd, what]);
    new Event(base, idle.a, EV_READ, note, null).add();
    new Event(base, full.a, EV_WRITE, note, null).add();
    pass(base);
    assert.equal(calls.length, 0);
    idle.close(idle.b);
    full.close(full.b);
    assert.equal(base.dispatch(), 1);
    const expected = [
      [idle.a, EV_READ],
      [full.a, EV_WRITE],
    ];
    assert.deepEqual(
      calls.sort(([a], [b]) => a - b),
      expected,
    );
  });

  for (const persist of [0, EV_PERSIST]) {
    for (const how of ['close', 'shutdown']) {
      const name = `E33 EV_CLOSED after ${how}${persist === 0 ? '' : ', EV_PERSIST'}, with unread data`;
      test(method === 'select' ? `${name}: never on select(2)` : name, () => {
        using pair = new Pair();
        using base = makeBase();
        const calls: number[] = [];
        const note = (_fd: number, what: number): void => void calls.push(what);
        using event = new Event(base, pair.a, EV_CLOSED | persist, note, null);
        event.add();
        put(pair.b, 'unread');
        pass(base);
        assert.deepEqual(calls, []);
        if (how === 'close') pair.close(pair.b);
        else shutdown(pair.b, SHUT_WR);
        pass(base);
        const isKnown = method !== 'select';
        assert.deepEqual(calls, isKnown ? [EV_CLOSED] : []);
        assert.equal(event.pending(EV_CLOSED), isKnown && persist === 0 ? 0 : EV_CLOSED);
      });
    }
  }

  for (const persist of [0, EV_PERSIST]) {
    const flags = `EV_CLOSED alone${persist === 0 ? '' : ', EV_PERSIST'}`;
    const suffix = method === 'select' ? ': never on select(2)' : '';

    test(`E33 ${flags}: a reset is told, as EV_CLOSED${suffix}`, () => {
      using pair = new TcpPair();
      using base = makeBase();
      const calls: number[] = [];
      using event = new Event(
        base,
        pair.server,
        EV_CLOSED | persist,
        (_fd, what) => {
          calls.push(what);
          event.del();
        },
        null,
      );
      event.add();
      // No lingering: closing resets the connection.
      assert.equal(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, lingerOf(0)), 0);
      pair.close(pair.client);
      pass(base);
      assert.deepEqual(calls, method === 'select' ? [] : [EV_CLOSED]);
    });

    test(`E33 ${flags}: the other end of a pipe that closes is told${suffix}`, () => {
      using base = makeBase();
      for (const mine of [0, 1]) {
        const ends = new Int32Array(2);
        assert.equal(pipe2(ends, O_NONBLOCK), 0);
        const [fd = -1, other = -1] = mine === 0 ? ends : ends.toReversed();
        let calls = 0;
        using event = new Event(base, fd, EV_CLOSED | persist, () => calls++, null);
        event.add();
        pass(base);
        assert.equal(calls, 0);
        close(other);
        pass(base);
        assert.equal(calls, method === 'select' ? 0 : 1);
        event.del();
        close(fd);
      }
    });
  }

  for (const kind of ['a reset', 'the error of a UDP socket']) {
    const suffix = method === 'select' ? 'as EV_READ, on select(2)' : 'as both';
    test(`E33 EV_READ and EV_CLOSED: ${kind} is told once, ${suffix}`, () => {
      using pair = new TcpPair();
      using base = makeBase();
      const udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
      const fd = kind === 'a reset' ? pair.server : udp;
      const calls: number[] = [];
      const note = (_fd: number, what: number): void => void calls.push(what);
      using event = new Event(base, fd, EV_READ | EV_CLOSED, note, null);
      event.add();
      if (kind === 'a reset') {
        assert.equal(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, lingerOf(0)), 0);
        pair.close(pair.client);
      } else {
        // A port that nobody has any more.
        const other = socket(AF_INET, SOCK_DGRAM, 0);
        assert.equal(bind(other, LOOPBACK), 0);
        const address = { ...LOOPBACK, port: portOf(other) };
        close(other);
        assert.equal(connect(udp, address), 0);
        assert.equal(write(udp, Buffer.of(1)), 1);
      }
      passUntil(base, () => calls.length > 0);
      pass(base);
      assert.deepEqual(calls, [method === 'select' ? EV_READ : EV_READ | EV_CLOSED]);
      event.del();
      close(udp);
    });
  }

  test('E34 two events that each re-add the other: two calls, one of them pending', () => {
    using pair = new Pair();
    using base = makeBase();
    let calls = 0;
    const events: Event<number>[] = [];
    const callback = (_fd: number, _what: number, other: number): void => {
      calls++;
      events[other]?.add();
      events[1 - other]?.del();
    };
    events.push(new Event<number>(base, pair.a, EV_WRITE, callback, 1));
    events.push(new Event<number>(base, pair.b, EV_WRITE, callback, 0));
    for (const event of events) event.add();
    pass(base);
    assert.equal(calls, 2);
    assert.equal(events.filter((event) => event.pending(EV_WRITE) !== 0).length, 1);
  });

  test('E41 seventy writable sockets are each called once in one loop', () => {
    using base = makeBase();
    const pairs = Array.from({ length: 35 }, () => new Pair());
    const seen = new Map<number, number>();
    for (const fd of pairs.flatMap((pair) => [pair.a, pair.b])) {
      new Event(base, fd, EV_WRITE, () => seen.set(fd, (seen.get(fd) ?? 0) + 1), null).add();
    }
    base.loop(EVLOOP_NONBLOCK);
    assert.equal(seen.size, 70);
    assert.ok([...seen.values()].every((count) => count === 1));
    for (const pair of pairs) pair[Symbol.dispose]();
  });

  test('E41 persistent events added one a pass: the first of 70 is called 70 times', () => {
    using base = makeBase();
    const pairs = Array.from({ length: 35 }, () => new Pair());
    const descriptors = pairs.flatMap((pair) => [pair.a, pair.b]);
    const calls = descriptors.map(() => 0);
    for (const [i, fd] of descriptors.entries()) {
      const count = (): void => void (calls[i] = (calls[i] ?? 0) + 1);
      new Event(base, fd, EV_WRITE | EV_PERSIST, count, null).add();
      pass(base);
    }
    assert.deepEqual(
      calls,
      descriptors.map((_, i) => 70 - i),
    );
    for (const pair of pairs) pair[Symbol.dispose]();
  });
});
