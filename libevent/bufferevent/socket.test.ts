import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Evbuffer } from '../buffer/evbuffer.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import { O_NONBLOCK, close } from '../sys/descriptor.ts';
import { EPIPE } from '../sys/errno.ts';
import { pipe2 } from '../sys/pipe.ts';
import { COMPLETION, onEachBackend } from '../testing/backends.ts';
import { FLUSH_MODES, noteEvents, watched } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pattern } from '../testing/evbuffer.ts';
import { pass, passUntil } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import {
  BEV_EVENT_ERROR,
  BEV_EVENT_WRITING,
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_THREADSAFE,
} from './constants.ts';

checkDescriptors();

function makePipe(): [number, number] {
  const fds = new Int32Array(2);
  assert.equal(pipe2(fds, O_NONBLOCK), 0);
  const [readEnd = -1, writeEnd = -1] = fds;
  return [readEnd, writeEnd];
}

onEachBackend((makeBase, method) => {
  test('S01 a new bufferevent writes and does not read', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    assert.equal(bev.getEnabled(), EV_WRITE);
    assert.equal(bev.getFd(), pair.a);
    assert.equal(bev.getBase(), base);
    put(pair.b, 'x');
    assert.equal(pass(base), 1);
    assert.equal(bev.getInput().getLength(), 0);
    assert.throws(() => Bufferevent.socketNew(base, pair.a, 0x80), RangeError);
    assert.throws(() => Bufferevent.socketNew(base, -2, 0), RangeError);
  });

  test('S02 8,333 bytes from one bufferevent to another', () => {
    using pair = new Pair();
    using base = makeBase();
    using from = Bufferevent.socketNew(base, pair.a, 0);
    using to = Bufferevent.socketNew(base, pair.b, 0);
    const bytes = Buffer.from(Uint8Array.from({ length: 8333 }, (_, i) => i & 0xff));
    const received = new Evbuffer();
    let written = 0;
    from.setCb(null, () => written++, null, null);
    to.setCb((bev, into) => into.addBuffer(bev.getInput()), null, null, received);
    to.enable(EV_READ);
    from.write(bytes);
    while (received.getLength() < bytes.length) pass(base);
    assert.equal(received.pullup(-1)?.equals(bytes), true);
    assert.equal(written, 1);
  });

  test('S02 who watches the input may free the bufferevent when bytes have come', () => {
    using pair = new Pair();
    using base = makeBase();
    const bev = Bufferevent.socketNew(base, pair.a, 0);
    const log: string[] = [];
    bev.setCb(
      () => log.push('read'),
      null,
      () => log.push('event'),
      null,
    );
    bev.getInput().addCb((_input, { nAdded }) => {
      log.push(`${String(nAdded)} came`);
      bev.free();
    }, null);
    bev.enable(EV_READ);
    put(pair.b, 'last');
    passUntil(base, () => log.length > 0);
    pass(base);
    assert.deepEqual(log, ['4 came']);
    assert.equal(pass(base), 1);
  });

  test('S02 who watches the output may free the bufferevent when bytes have gone', () => {
    using pair = new Pair();
    using base = makeBase();
    const bev = Bufferevent.socketNew(base, pair.a, 0);
    const log: string[] = [];
    bev.setCb(
      null,
      () => log.push('write'),
      () => log.push('event'),
      null,
    );
    bev.getOutput().addCb((_output, { nDeleted }) => {
      if (nDeleted === 0) return;
      log.push(`${String(nDeleted)} went`);
      bev.free();
    }, null);
    new Event(base, -1, 0, () => bev.write('last'), null).active(0);
    passUntil(base, () => log.length > 0);
    pass(base);
    assert.deepEqual(log, ['4 went']);
    assert.equal(get(pair.b), 'last');
    assert.equal(pass(base), 1);
  });

  test('S02 300,000 bytes through a pipe, and EPIPE when nobody reads it any more', () => {
    using base = makeBase();
    const [readEnd, writeEnd] = makePipe();
    const to = Bufferevent.socketNew(base, readEnd, BEV_OPT_CLOSE_ON_FREE);
    const from = Bufferevent.socketNew(base, writeEnd, BEV_OPT_CLOSE_ON_FREE);
    const calls = noteEvents(from);
    const bytes = pattern(300_000);
    const received = new Evbuffer();
    to.setCb((bev) => bev.readBuffer(received), null, null, null);
    to.enable(EV_READ);
    from.write(bytes);
    passUntil(base, () => received.getLength() === bytes.length);
    assert.equal(received.pullup(-1)?.equals(bytes), true);
    assert.deepEqual(calls, []);
    to.free();
    pass(base);
    from.write('nobody reads this');
    passUntil(base, () => calls.length > 0);
    assert.deepEqual(calls, [BEV_EVENT_WRITING | BEV_EVENT_ERROR, EPIPE]);
    // The same bufferevent on a socket is as good as a new one.
    using pair = new Pair();
    assert.equal(close(from.getFd()), 0);
    from.getOutput().add('!');
    assert.equal(from.setFd(pair.release(pair.a)), 0);
    from.enable(EV_WRITE);
    passUntil(base, () => from.getOutput().getLength() === 0);
    assert.equal(get(pair.b), 'nobody reads this!');
    from.free();
    pass(base);
  });

  test('S04 enabling EV_WRITE with nothing to write runs the write callback once', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.enable(EV_WRITE);
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, ['write 0']);
    bev.free();
  });

  test('S04 without a write callback a socket with nothing to write is not watched', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    assert.equal(bev.enable(EV_WRITE), 0);
    // Nothing is there to wait for.
    assert.equal(pass(base), 1);
    bev.write('x');
    assert.equal(pass(base), 0);
    assert.equal(get(pair.b), 'x');
  });

  test('S05 output written outside the loop goes with the next pass', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.write('hello');
    assert.equal(bev.getOutput().getLength(), 5);
    assert.equal(get(pair.b), null);
    pass(base);
    assert.equal(get(pair.b), 'hello');
    assert.deepEqual(log, ['write 0']);
    assert.equal(pass(base), 1);
    bev.free();
  });

  test('S05 output of a callback goes when the callback returns, its write callback a pass later', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    const seen: (string | number | null)[] = [];
    new Event(
      base,
      -1,
      0,
      () => {
        bev.write('hel');
        bev.write('lo');
        seen.push(bev.getOutput().getLength(), get(pair.b));
      },
      null,
    ).active(0);
    new Event(base, -1, 0, () => seen.push(get(pair.b)), null).active(0);
    pass(base);
    // Operations are handed on all at once, when the pass is over.
    if (method === COMPLETION) assert.equal(get(pair.b), 'hello');
    assert.deepEqual(seen, [5, null, method === COMPLETION ? null : 'hello']);
    assert.deepEqual(log, []);
    pass(base);
    assert.deepEqual(log, ['write 0']);
    assert.equal(pass(base), 1);
    bev.free();
  });

  test('S05 a write callback that always writes does not keep the others waiting', () => {
    using pair = new Pair();
    using other = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    let writes = 0;
    bev.setCb(
      null,
      (self) => {
        writes++;
        self.write('x');
      },
      null,
      null,
    );
    const [reader, log] = watched(base, other.a);
    reader.enable(EV_READ);
    bev.write('x');
    pass(base);
    pass(base);
    put(other.b, 'hi');
    pass(base);
    assert.deepEqual(log, ['read 2']);
    assert.ok(writes >= 2 && writes <= 4);
    reader.free();
  });

  test('S06 the user neither adds to the input nor drains the output', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    assert.equal(bev.getInput().add('x'), -1);
    bev.write('x');
    assert.equal(bev.getOutput().drain(1), -1);
  });

  test('S07 a pass reads once, up to 65,536 bytes', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.enable(EV_READ);
    put(pair.b, 'x'.repeat(100_000));
    let before = 0;
    while (bev.getInput().getLength() < 100_000) {
      pass(base);
      const length = bev.getInput().getLength();
      assert.ok(length > before && length - before <= 65_536);
      assert.equal(log.at(-1), `read ${String(length)}`);
      before = length;
    }
    assert.ok(log.length <= 25);
    bev.free();
  });

  test('S01 getters tell what was given', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, BEV_OPT_THREADSAFE);
    assert.equal(bev.getUnderlying(), null);
    assert.equal(bev.getPartner(), null);
    assert.deepEqual(bev.getCb(), { readCb: null, writeCb: null, eventCb: null, arg: null });
    const onRead = (): void => {};
    const onWrite = (): void => {};
    const onEvent = (): void => {};
    bev.setCb(onRead, onWrite, onEvent, pair);
    const set = bev.getCb();
    assert.equal(set.readCb, onRead);
    assert.equal(set.writeCb, onWrite);
    assert.equal(set.eventCb, onEvent);
    assert.equal(set.arg, pair);
    bev.setCb(null, onWrite, null, 7);
    assert.deepEqual(bev.getCb(), { readCb: null, writeCb: onWrite, eventCb: null, arg: 7 });
  });

  for (const [name, mode] of FLUSH_MODES) {
    test(`S03 flush with ${name} changes nothing on a socket`, () => {
      using pair = new Pair();
      using base = makeBase();
      const [bev, log] = watched(base, pair.a);
      const peer = noteEvents(Bufferevent.socketNew(base, pair.b, 0));
      bev.write('hello');
      assert.equal(bev.flush(EV_READ | EV_WRITE, mode), 0);
      assert.equal(bev.getOutput().getLength(), 5);
      assert.equal(get(pair.b), null);
      pass(base);
      pass(base);
      assert.equal(get(pair.b), 'hello');
      assert.deepEqual(log, ['write 0']);
      assert.deepEqual(peer, []);
      bev.free();
    });
  }

  test('S07 setMaxSingleRead and setMaxSingleWrite limit a pass', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    assert.equal(bev.getMaxSingleRead(), 65_536);
    assert.equal(bev.getMaxSingleWrite(), 65_536);
    bev.setMaxSingleRead(10);
    bev.setMaxSingleWrite(7);
    bev.enable(EV_READ);
    put(pair.b, 'x'.repeat(25));
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, ['read 10', 'read 20', 'read 25']);
    bev.write('0123456789');
    pass(base);
    assert.equal(get(pair.b), '0123456');
    pass(base);
    assert.equal(get(pair.b), '789');
    assert.equal(bev.setMaxSingleRead(0), 0);
    assert.equal(bev.getMaxSingleRead(), 65_536);
    assert.throws(() => bev.setMaxSingleWrite(-1), RangeError);
    bev.free();
  });

  test('whole buffers go in and come out, and bytes', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    using buffer = new Evbuffer();
    buffer.add('out');
    assert.equal(bev.writeBuffer(buffer), 0);
    assert.equal(buffer.getLength(), 0);
    pass(base);
    assert.equal(get(pair.b), 'out');
    bev.enable(EV_READ);
    put(pair.b, 'abcdef');
    pass(base);
    const two = Buffer.alloc(2);
    assert.equal(bev.read(two), 2);
    assert.equal(two.toString(), 'ab');
    assert.equal(bev.readBuffer(buffer), 0);
    assert.equal(buffer.pullup(-1)?.toString(), 'cdef');
  });
});
