import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Evbuffer } from '../buffer/evbuffer.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import type { EventBase } from '../event/event_base.ts';
import { close, write } from '../sys/descriptor.ts';
import { COMPLETION, makeBaseOn } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pattern } from '../testing/evbuffer.ts';
import { inLoop, pass, passUntil, waitUntil } from '../testing/loop.ts';
import { get, Pair, put, TcpPair } from '../testing/sockets.ts';
import { whyNoUring } from '../testing/uring.ts';
import { Bufferevent } from './bufferevent.ts';
import { BEV_EVENT_EOF, BEV_EVENT_READING, BEV_OPT_CLOSE_ON_FREE } from './constants.ts';
import { EvTokenBucketCfg } from './token_bucket_cfg.ts';

checkDescriptors();

/** Of so many buffers and bytes are those that a ring receives into at first. */
const BUFFERS = 1024;
const BUFFER_SIZE = 4096;
const RESERVE = BUFFERS / 4;

/** How many buffers the kernel can take. */
function inside(base: EventBase): number {
  assert.ok(base.completions !== null);
  return base.completions.small.inside;
}

/** A bufferevent that reads. */
function reading(base: EventBase, fd: number, options = 0): Bufferevent {
  const bev = Bufferevent.socketNew(base, fd, options);
  bev.enable(EV_READ);
  return bev;
}

/** The bytes of an input, which is empty afterwards. */
function taken(bev: Bufferevent): Buffer {
  const bytes = Buffer.alloc(bev.getInput().getLength());
  bev.read(bytes);
  return bytes;
}

/** Writes as much as a socket takes. Returns how much that was. */
function fill(fd: number): number {
  const bytes = Buffer.alloc(65_536, 'f');
  let all = 0;
  for (let count = write(fd, bytes); count > 0; count = write(fd, bytes)) all += count;
  return all;
}

/** Reads what comes until it is so much. */
function receive(base: EventBase, fd: number, length: number): string {
  let text = '';
  passUntil(base, () => {
    for (let more = get(fd); more !== null && more !== ''; more = get(fd)) text += more;
    return text.length >= length;
  });
  return text;
}

void suite('bufferevents on io_uring', { skip: whyNoUring() }, () => {
  const makeBase = (): EventBase => makeBaseOn(COMPLETION);

  test('what is received lies in the buffer that the kernel has filled, until it is drained', () => {
    using base = makeBase();
    using pairs = new DisposableStack();
    const memories = [1, 2].map(() => {
      const pair = pairs.use(new Pair());
      const bev = pairs.use(reading(base, pair.a));
      put(pair.b, 'uncopied');
      pass(base);
      const pieces: Uint8Array[] = [];
      assert.equal(bev.getInput().peek(-1, null, pieces), 1);
      return pieces[0]?.buffer;
    });
    assert.ok((memories[0]?.byteLength ?? 0) > BUFFERS * BUFFER_SIZE);
    assert.equal(memories[0], memories[1]);
    assert.equal(inside(base), BUFFERS - 2);
    pairs.dispose();
    assert.equal(inside(base), BUFFERS);
  });

  test('an echo goes out from the buffer that it came in', () => {
    using base = makeBase();
    using pair = new Pair();
    using bev = reading(base, pair.a);
    bev.setCb((self) => self.writeBuffer(self.getInput()), null, null, null);
    for (let i = 0; i < 3 * BUFFERS; i++) {
      put(pair.b, String(i));
      pass(base);
      assert.equal(get(pair.b), String(i));
    }
    pass(base);
    assert.equal(inside(base), BUFFERS);
  });

  test('who never drains keeps no buffers from the others', () => {
    using base = makeBase();
    using hoard = new Pair();
    using pair = new Pair();
    using hoarder = reading(base, hoard.a);
    using bev = reading(base, pair.a);
    const bytes = pattern(2 * BUFFERS * BUFFER_SIZE);
    let sent = 0;
    passUntil(base, () => {
      const count = write(hoard.b, bytes, Math.min(BUFFER_SIZE, bytes.length - sent), sent);
      if (count > 0) sent += count;
      assert.ok(inside(base) >= RESERVE);
      return sent === bytes.length;
    });
    passUntil(base, () => hoarder.getInput().getLength() === bytes.length);
    for (let i = 0; i < BUFFERS; i++) {
      put(pair.b, String(i));
      pass(base);
      assert.equal(String(taken(bev)), String(i));
    }
    assert.ok(taken(hoarder).equals(bytes));
    assert.equal(inside(base), BUFFERS);
  });

  test('many short lines that nobody takes share buffers', () => {
    using base = makeBase();
    using pair = new Pair();
    using bev = reading(base, pair.a);
    for (let i = 0; i < 5000; i++) {
      put(pair.b, 'a line\n');
      pass(base);
    }
    assert.equal(bev.getInput().getLength(), 5000 * 7);
    assert.ok(inside(base) > BUFFERS - 100, String(inside(base)));
  });

  test('more comes in one turn than there are buffers for: all of it arrives', () => {
    using base = makeBase();
    using pairs = new DisposableStack();
    const ends = Array.from({ length: 40 }, () => {
      const pair = pairs.use(new Pair());
      return { pair, count: fill(pair.b), bev: Bufferevent.socketNew(base, pair.a, 0) };
    });
    assert.ok(ends.every(({ count }) => count * ends.length > 1.2 * BUFFERS * BUFFER_SIZE));
    for (const { bev } of ends) bev.enable(EV_READ);
    passUntil(base, () => ends.every(({ bev, count }) => bev.getInput().getLength() === count));
    for (const { bev } of ends) bev.free();
    assert.equal(inside(base), BUFFERS);
  });

  test('what comes while reading is disabled stays in the kernel', () => {
    using base = makeBase();
    using pair = new Pair();
    using bev = reading(base, pair.a);
    pass(base);
    bev.disable(EV_READ);
    put(pair.b, 'stays');
    pass(base);
    assert.equal(bev.getInput().getLength(), 0);
    assert.equal(get(pair.a), 'stays');
    put(pair.b, 'comes');
    bev.enable(EV_READ);
    pass(base);
    assert.equal(String(taken(bev)), 'comes');
  });

  test('what has come when another callback disables is told when it is enabled again', () => {
    using base = makeBase();
    using first = new Pair();
    using second = new Pair();
    const bevs = [first, second].map((pair) => reading(base, pair.a));
    const log: string[] = [];
    for (const [i, bev] of bevs.entries()) {
      bev.setCb(
        (self) => {
          log.push(`${String(i)} ${String(taken(self))}`);
          for (const other of bevs) if (other !== self) other.disable(EV_READ);
        },
        null,
        null,
        null,
      );
    }
    pass(base);
    put(first.b, 'a');
    put(second.b, 'b');
    pass(base);
    assert.equal(log.length, 1);
    pass(base);
    assert.equal(log.length, 1);
    for (const bev of bevs) bev.enable(EV_READ);
    pass(base);
    assert.deepEqual(log.sort(), ['0 a', '1 b']);
    for (const bev of bevs) bev.free();
  });

  test('freed without CLOSE_ON_FREE the descriptor is the caller’s at once', () => {
    using base = makeBase();
    using pair = new Pair();
    const bev = reading(base, pair.a);
    pass(base);
    bev.free();
    put(pair.b, 'mine');
    assert.equal(get(pair.a), 'mine');
    pair.close(pair.a);
    assert.equal(get(pair.b), '');
  });

  test('freed while it sends: memory that is lent comes back when the kernel is done with it', () => {
    using base = makeBase();
    using pair = new Pair();
    const filled = fill(pair.a);
    const bev = Bufferevent.socketNew(base, pair.a, 0);
    const released: string[] = [];
    const bytes = Buffer.alloc(50_000, 'x');
    bev.getOutput().addReference(bytes, () => released.push('released'), null);
    pass(base);
    pass(base);
    assert.equal(released.length, 0);
    inLoop(base, () => {
      bev.free();
      assert.deepEqual(released, ['released']);
    });
    assert.equal(released.length, 1);
    const left = receive(base, pair.b, filled);
    assert.equal(left, 'f'.repeat(filled));
    assert.equal(pass(base), 1);
  });

  test('what is being sent is sent as it was, whatever is done to the output', () => {
    using base = makeBase();
    using pair = new Pair();
    using other = new Pair();
    const filled = fill(pair.a);
    const bev = Bufferevent.socketNew(base, pair.a, 0);
    using second = Bufferevent.socketNew(base, other.a, 0);
    const text = 'abcdefgh'.repeat(1000);
    bev.write(text);
    bev.write('more');
    pass(base);
    // All in one piece is in other memory: that of the first pieces is free, but for the kernel.
    bev.getOutput().pullup(-1);
    using copy = new Evbuffer();
    copy.addBufferReference(bev.getOutput());
    for (let i = 0; i < 100; i++) second.write('z'.repeat(4000));
    pass(base);
    const got = receive(base, pair.b, filled + text.length + 4);
    assert.equal(got.slice(filled), `${text}more`);
    passUntil(base, () => bev.getOutput().getLength() === 0);
    assert.equal(String(copy.pullup(-1)), `${text}more`);
    bev.free();
  });

  test('a send that finds no room in time is told, and goes on when it is enabled again', () => {
    using base = makeBase();
    using pair = new Pair();
    const filled = fill(pair.a);
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    const events: number[] = [];
    bev.setCb(null, null, (_bev, what) => events.push(what), null);
    bev.setTimeouts(null, 0.05);
    bev.write('x'.repeat(10_000));
    waitUntil(base, () => events.length > 0);
    assert.deepEqual(events, [0x42]);
    assert.equal(bev.getEnabled() & EV_WRITE, 0);
    bev.enable(EV_WRITE);
    const got = receive(base, pair.b, filled + 10_000);
    assert.equal(got.slice(filled), 'x'.repeat(10_000));
    passUntil(base, () => bev.getOutput().getLength() === 0);
    assert.equal(events.length, 1);
  });

  test('bytes moved out of a bufferevent outlive it, and its base', () => {
    using pair = new Pair();
    using kept = new Evbuffer();
    {
      using base = makeBase();
      const bev = reading(base, pair.a);
      bev.setCb((self) => kept.addBuffer(self.getInput()), null, null, null);
      put(pair.b, 'outlives');
      pass(base);
    }
    assert.equal(kept.readln(0), null);
    assert.equal(String(kept.pullup(-1)), 'outlives');
    assert.equal(kept.drain(-1), 0);
  });

  test('a base that is freed ends what is under way, and closes what was to be closed', () => {
    using pair = new Pair();
    using tcp = new TcpPair();
    const base = makeBase();
    const filled = fill(pair.a);
    const released: string[] = [];
    const bev = reading(base, pair.release(pair.a), BEV_OPT_CLOSE_ON_FREE);
    bev.getOutput().addReference(Buffer.from('lent'), () => released.push('released'), null);
    const idle = reading(base, tcp.server);
    pass(base);
    base.free();
    assert.deepEqual(released, []);
    bev.free();
    idle.free();
    assert.deepEqual(released, ['released']);
    let left = 0;
    for (let more = get(pair.b); more !== null && more !== ''; more = get(pair.b)) {
      left += more.length;
    }
    assert.equal(left, filled);
    assert.equal(get(pair.b), '');
  });

  test('its events are among those of the base, until they are deleted', () => {
    using base = makeBase();
    using pairs = new DisposableStack();
    const fds = [1, 2, 3].map(() => pairs.use(new Pair()).a);
    const bevs = fds.map((fd) => pairs.use(reading(base, fd)));
    const watched = (): number[] =>
      [...base.dump().matchAll(/\[fd (\d+)\] Read/g)].map(([, fd]) => Number(fd)).sort();
    assert.deepEqual(watched(), fds.toSorted());
    bevs[1]?.disable(EV_READ);
    assert.deepEqual(watched(), [fds[0], fds[2]].toSorted());
    bevs[2]?.disable(EV_READ);
    bevs[1]?.enable(EV_READ);
    assert.deepEqual(watched(), [fds[0], fds[1]].toSorted());
    bevs[0]?.disable(EV_READ);
    bevs[1]?.disable(EV_READ);
    assert.deepEqual(watched(), []);
  });

  test('what has succeeded unseen by the time that the base is freed disturbs nobody', () => {
    using incoming = new Pair();
    using outgoing = new Pair();
    const base = makeBase();
    put(incoming.b, 'unseen');
    const reader = Bufferevent.socketNew(base, incoming.a, 0);
    const writer = Bufferevent.socketNew(base, outgoing.a, 0);
    const tooLate = (): void => assert.ok(false, 'called of a base that is freed');
    reader.setCb(tooLate, null, null, null);
    writer.setCb(null, tooLate, null, null);
    // What a callback begins in the last pass is handed on, and nobody looks what came of it.
    inLoop(base, () => {
      reader.enable(EV_READ);
      writer.write('sent');
    });
    base.free();
    assert.equal(get(outgoing.b), 'sent');
    using other = makeBase();
    reader.setCb(null, null, null, null);
    assert.equal(reader.baseSet(other), 0);
    assert.equal(writer.baseSet(other), 0);
    reader.enable(EV_READ);
    pass(other);
    assert.equal(taken(reader).toString(), 'unseen');
    assert.equal(writer.getOutput().getLength(), 0);
    reader.free();
    writer.free();
  });

  test('from ring to epoll and back, with bytes on their way', () => {
    using ring = makeBase();
    using epoll = makeBaseOn('epoll');
    using pair = new Pair();
    using bev = reading(ring, pair.a);
    const received: string[] = [];
    bev.setCb((self) => received.push(String(taken(self))), null, null, null);
    let filled = 0;
    let text = '';
    for (const [i, base] of [epoll, ring, epoll, ring].entries()) {
      filled += fill(pair.a);
      bev.write(`<${String(i)}>`);
      text += `<${String(i)}>`;
      pass(bev.getBase());
      put(pair.b, String(i));
      assert.equal(bev.baseSet(base), 0);
      pass(base);
      const got = receive(base, pair.b, filled + 3);
      assert.equal(got, `${'f'.repeat(filled)}<${String(i)}>`);
      filled = 0;
      passUntil(base, () => bev.getOutput().getLength() === 0);
    }
    assert.deepEqual(received, ['0', '1', '2', '3']);
    assert.equal(text.length, 12);
  });

  test('limits come and go while it receives: none is exceeded, no byte is lost', () => {
    using base = makeBase();
    using pair = new Pair();
    using bev = reading(base, pair.a);
    pass(base);
    put(pair.b, 'x'.repeat(100));
    bev.setWatermark(EV_READ, 0, 10);
    pass(base);
    assert.equal(bev.getInput().getLength(), 10);
    bev.setWatermark(EV_READ, 0, 0);
    bev.setRateLimit(new EvTokenBucketCfg(20, 20, 20, 20, 100));
    pass(base);
    assert.equal(bev.getInput().getLength(), 30);
    bev.setRateLimit(null);
    bev.setMaxSingleRead(5);
    pass(base);
    assert.equal(bev.getInput().getLength(), 35);
    bev.setMaxSingleRead(0);
    passUntil(base, () => bev.getInput().getLength() === 100);
  });

  test('a stream takes large buffers, and no pass brings more than 65,536 bytes', () => {
    using base = makeBase();
    using pair = new TcpPair();
    using bev = reading(base, pair.server);
    const bytes = pattern(4_000_000);
    const sizes: number[] = [];
    const received = new Evbuffer();
    bev.setCb(
      (self) => {
        sizes.push(self.getInput().getLength());
        received.addBuffer(self.getInput());
      },
      null,
      null,
      null,
    );
    using sender = Bufferevent.socketNew(base, pair.client, 0);
    sender.write(bytes);
    passUntil(base, () => received.getLength() === bytes.length);
    assert.ok(received.pullup(-1)?.equals(bytes));
    assert.ok(Math.max(...sizes) <= 65_536);
    assert.ok(sizes.filter((size) => size > 16_384).length > 10, String(sizes.length));
    received.free();
  });

  test('more streams than large buffers, none of them drained: every byte arrives', () => {
    using base = makeBase();
    using pairs = new DisposableStack();
    const bytes = pattern(400_000);
    const ends = Array.from({ length: 80 }, () => {
      const pair = pairs.use(new Pair());
      const sender = Bufferevent.socketNew(base, pair.b, 0);
      sender.write(bytes);
      return [reading(base, pair.a), sender] as const;
    });
    passUntil(base, () => ends.every(([bev]) => bev.getInput().getLength() === bytes.length));
    assert.ok((base.completions?.large?.inside ?? 0) > 0);
    for (const [bev, sender] of ends) {
      assert.ok(taken(bev).equals(bytes));
      bev.free();
      sender.free();
    }
    assert.equal(base.completions?.large?.inside, 64);
    assert.equal(inside(base), BUFFERS);
  });

  test('line and end in one turn: the line first, the end a pass later, and only once', () => {
    using base = makeBase();
    using pair = new Pair();
    using bev = reading(base, pair.a);
    const log: (string | number)[] = [];
    bev.setCb(
      (self) => log.push(String(taken(self))),
      null,
      (_bev, what) => log.push(what),
      null,
    );
    put(pair.b, 'line');
    pair.close(pair.b);
    pass(base);
    assert.deepEqual(log, ['line']);
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, ['line', BEV_EVENT_EOF | BEV_EVENT_READING]);
    assert.equal(bev.getEnabled() & EV_READ, 0);
    bev.enable(EV_READ);
    pass(base);
    assert.equal(log.length, 3);
  });

  test('a descriptor that is no number of one fails when it is read, with EBADF', () => {
    using base = makeBase();
    const pair = new Pair();
    using bev = reading(base, pair.a);
    const events: number[] = [];
    bev.setCb(null, null, (_bev, what) => events.push(what), null);
    close(pair.release(pair.a));
    passUntil(base, () => events.length > 0);
    assert.deepEqual(events, [0x21]);
    pair[Symbol.dispose]();
  });
});
