import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Evbuffer } from '../buffer/evbuffer.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import type { EventBase } from '../event/event_base.ts';
import { onEachBackend } from '../testing/backends.ts';
import { FLUSH_MODES, watch, watched } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { told } from '../testing/evbuffer.ts';
import { passUntil, runFor, waitUntil, pass } from '../testing/loop.ts';
import { LOOPBACK, Pair, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_READING,
  BEV_EVENT_TIMEOUT,
  BEV_EVENT_WRITING,
  BEV_FINISHED,
  BEV_FLUSH,
  BEV_NORMAL,
} from './constants.ts';

checkDescriptors();

const EOF_READING = BEV_EVENT_EOF | BEV_EVENT_READING;

/** The ends of a pair, which note what they are called for in one log. */
function watchedPair(base: EventBase): [Bufferevent, Bufferevent, string[]] {
  const log: string[] = [];
  const [a, b] = Bufferevent.pairNew(base, 0);
  watch(a, log, 'a');
  watch(b, log, 'b');
  return [a, b, log];
}

onEachBackend((makeBase) => {
  test('P01 the ends of a pair have no descriptor, write, and know each other', () => {
    using base = makeBase();
    const [a, b] = Bufferevent.pairNew(base, 0);
    for (const [end, other] of [
      [a, b],
      [b, a],
    ] as const) {
      assert.equal(end.getFd(), -1);
      assert.equal(end.getEnabled(), EV_WRITE);
      assert.equal(end.getPartner(), other);
      assert.equal(end.getUnderlying(), null);
      assert.equal(end.setFd(0), -1);
      assert.equal(end.baseSet(base), -1);
      assert.equal(end.prioritySet(0), -1);
      assert.equal(end.connect({ ...LOOPBACK, port: 1 }), -1);
    }
    a.free();
    b.free();
  });

  for (const [name, mode] of FLUSH_MODES) {
    test(`P01 P03 8,333 bytes through a pair, flushed with ${name}`, () => {
      using base = makeBase();
      const [a, b] = Bufferevent.pairNew(base, 0);
      using received = new Evbuffer();
      const bytes = Buffer.from(Uint8Array.from({ length: 8333 }, (_, i) => i & 0xff));
      const events: number[] = [];
      let written = 0;
      a.setCb(null, () => written++, null, null);
      b.setCb(
        (self) => self.readBuffer(received),
        null,
        (_self, what) => events.push(what),
        null,
      );
      b.enable(EV_READ);
      a.write(bytes);
      assert.equal(a.flush(EV_WRITE, mode), 0);
      for (let i = 0; i < 3; i++) pass(base);
      assert.equal(received.pullup(-1)?.equals(bytes), true);
      assert.equal(written, 1);
      const finished = mode === BEV_FINISHED;
      assert.deepEqual(events, finished ? [BEV_EVENT_READING | BEV_EVENT_EOF] : []);
      a.free();
      b.free();
    });
  }

  test('P02 what is written waits for the partner to read, then moves at once', () => {
    using base = makeBase();
    const [a, b, log] = watchedPair(base);
    a.write('hello');
    pass(base);
    assert.equal(a.getOutput().getLength(), 5);
    b.enable(EV_READ);
    assert.equal(a.getOutput().getLength(), 0);
    assert.equal(b.getInput().getLength(), 5);
    assert.deepEqual(log, []);
    passUntil(base, () => log.length === 2);
    assert.deepEqual(log.toSorted(), ['a write 0', 'b read 5']);
    a.free();
    b.free();
  });

  test('P02 an end that may not write keeps its output until it may', () => {
    using base = makeBase();
    const [a, b] = watchedPair(base);
    b.enable(EV_READ);
    a.disable(EV_WRITE);
    a.write('hello');
    assert.equal(b.getInput().getLength(), 0);
    a.enable(EV_WRITE);
    assert.equal(b.getInput().getLength(), 5);
    a.free();
    b.free();
  });

  test('P02 two ends that always answer each other leave room for the rest', () => {
    using base = makeBase();
    using sockets = new Pair();
    const [a, b] = Bufferevent.pairNew(base, 0);
    let calls = 0;
    for (const end of [a, b]) {
      end.setCb(
        (self) => {
          calls++;
          self.getOutput().addBuffer(self.getInput());
        },
        null,
        null,
        null,
      );
      end.enable(EV_READ);
    }
    a.write('ball');
    const [reader, log] = watched(base, sockets.a);
    reader.enable(EV_READ);
    put(sockets.b, 'hi');
    passUntil(base, () => log.length > 0);
    assert.ok(calls <= 4);
    passUntil(base, () => calls > 100);
    reader.free();
    a.free();
    b.free();
  });

  test('P03 flush: FLUSH passes over the high watermark, NORMAL does nothing', () => {
    using base = makeBase();
    const [a, b, log] = watchedPair(base);
    b.setWatermark(EV_READ, 0, 8);
    b.enable(EV_READ);
    a.write('0123456789');
    assert.equal(b.getInput().getLength(), 8);
    assert.equal(a.flush(EV_WRITE, BEV_NORMAL), 0);
    assert.equal(b.getInput().getLength(), 8);
    assert.equal(a.flush(EV_WRITE, BEV_FLUSH), 0);
    assert.equal(b.getInput().getLength(), 10);
    assert.equal(a.getOutput().getLength(), 0);
    a.write('ab');
    assert.equal(b.flush(EV_READ, BEV_FLUSH), 0);
    assert.equal(b.getInput().pullup(-1)?.toString(), '0123456789ab');
    passUntil(base, () => log.length === 2);
    assert.deepEqual(log.toSorted(), ['a write 0', 'b read 12']);
    a.free();
    b.free();
  });

  for (const what of ['reading', 'writing', 'both']) {
    test(`P03 flush moves the bytes before the end with ${what} disabled, as in C`, () => {
      using base = makeBase();
      const [a, b, log] = watchedPair(base);
      if (what === 'reading') b.enable(EV_READ);
      if (what !== 'reading') a.disable(EV_WRITE);
      if (what !== 'writing') b.disable(EV_READ);
      a.write('abc');
      assert.equal(a.getOutput().getLength(), 3);
      assert.equal(a.flush(EV_WRITE, BEV_FINISHED), 0);
      // It may go at once: what it wrote has reached the partner, and so will the end.
      a.free();
      passUntil(base, () => log.length > 1);
      b.enable(EV_READ);
      for (let i = 0; i < 3; i++) pass(base);
      assert.deepEqual(log, ['b read 3', `b event 0x${EOF_READING.toString(16)}`]);
      b.free();
    });
  }

  test('V16 who watches the output of a pair hears counts that add up', () => {
    using base = makeBase();
    const [a, b] = watchedPair(base);
    const infos = told(a.getOutput());
    a.write('abc');
    b.enable(EV_READ);
    a.write('defgh');
    // What is added and moved on at once is one change of 5 more and 5 less.
    assert.deepEqual(infos, [
      [0, 3, 0],
      [3, 0, 3],
      [0, 5, 5],
    ]);
    a.free();
    b.free();
  });

  test('P03 a flush that moves nothing calls nobody', () => {
    using base = makeBase();
    const [a, b, log] = watchedPair(base);
    b.enable(EV_READ);
    assert.equal(a.flush(EV_WRITE, BEV_FLUSH), 0);
    assert.equal(a.flush(EV_READ, BEV_FLUSH), 0);
    assert.equal(pass(base), 1);
    assert.deepEqual(log, []);
    a.free();
    b.free();
  });

  test('P03 flush FINISHED tells the partner of the end, in the direction flushed', () => {
    using base = makeBase();
    const [a, b, log] = watchedPair(base);
    assert.equal(a.flush(EV_WRITE, BEV_FINISHED), 0);
    assert.deepEqual(log, []);
    passUntil(base, () => log.length > 0);
    assert.equal(a.flush(EV_READ, BEV_FINISHED), 0);
    passUntil(base, () => log.length > 1);
    const writing = BEV_EVENT_EOF | BEV_EVENT_WRITING;
    assert.deepEqual(log, [
      `b event 0x${EOF_READING.toString(16)}`,
      `b event 0x${writing.toString(16)}`,
    ]);
    a.free();
    b.free();
  });

  test('P04 freeing one end leaves the other alone', () => {
    using base = makeBase();
    const [a, b, log] = watchedPair(base);
    b.enable(EV_READ);
    a.write('dropped by nobody');
    a.free();
    assert.equal(b.getPartner(), null);
    assert.equal(b.write('x'), 0);
    assert.equal(b.flush(EV_WRITE, BEV_FLUSH), -1);
    pass(base);
    pass(base);
    assert.equal(b.getOutput().getLength(), 1);
    assert.deepEqual(log, ['b read 17']);
    b.free();
  });

  test('W03 the high watermark of a pair is exact, and a drain lets more come', () => {
    using base = makeBase();
    const [a, b, log] = watchedPair(base);
    b.setWatermark(EV_READ, 0, 20);
    b.enable(EV_READ);
    a.write('x'.repeat(50));
    for (let i = 0; i < 5; i++) pass(base);
    assert.deepEqual(log, ['b read 20']);
    b.getInput().drain(15);
    for (let i = 0; i < 5; i++) pass(base);
    assert.deepEqual(log, ['b read 20', 'b read 20']);
    b.setWatermark(EV_READ, 0, 0);
    for (let i = 0; i < 5; i++) pass(base);
    assert.equal(b.getInput().getLength(), 35);
    assert.deepEqual(log.filter((line) => line.startsWith('b')).at(-1), 'b read 35');
    a.free();
    b.free();
  });

  test('W01 a pair with watermarks on both sides loses nothing', () => {
    using base = makeBase();
    const [a, b] = Bufferevent.pairNew(base, 0);
    const seen: number[] = [];
    let total = 0;
    b.setWatermark(EV_READ, 10, 20);
    b.setCb(
      (self) => {
        const length = self.getInput().getLength();
        seen.push(length);
        total += length;
        self.getInput().drain(length);
      },
      null,
      null,
      null,
    );
    b.enable(EV_READ);
    a.write(Buffer.alloc(65_000));
    passUntil(base, () => total === 65_000);
    assert.ok(seen.every((length) => length >= 10 && length <= 20));
    a.free();
    b.free();
  });

  test('W06 an end of a pair times out; its partner does not', () => {
    using base = makeBase();
    const [a, b] = Bufferevent.pairNew(base, 0);
    let [ofA, ofB] = [0, 0];
    // On a busy machine both times are up in one pass, and the two events are told in one call.
    a.setCb(null, null, (_bev, what) => (ofA |= what), null);
    b.setCb(null, null, (_bev, what) => (ofB |= what), null);
    a.setTimeouts(0.1, 0.05);
    b.setTimeouts(null, 0.05);
    a.enable(EV_READ);
    a.write('nobody reads this');
    waitUntil(base, () => a.getEnabled() === 0 && ofA !== 0);
    runFor(base, 0.1);
    assert.equal(ofA, BEV_EVENT_READING | BEV_EVENT_WRITING | BEV_EVENT_TIMEOUT);
    assert.equal(ofB, 0);
    assert.equal(a.getEnabled(), 0);
    assert.equal(b.getEnabled(), EV_WRITE);
    a.free();
    b.free();
  });

  test('W06 the time for writing of a pair runs while there is output, and no longer', () => {
    using base = makeBase();
    const [a, b, log] = watchedPair(base);
    a.setTimeouts(null, 0.05);
    b.setTimeouts(null, 0.05);
    b.enable(EV_READ);
    // Moved at once, it leaves nothing to wait for; and that bytes came in starts no time either.
    a.write('abc');
    let isUp = false;
    using later = new Event(base, -1, 0, () => (isUp = true), null);
    later.add(0.05);
    waitUntil(base, () => isUp);
    assert.deepEqual(log.toSorted(), ['a write 0', 'b read 3']);
    // Its partner reads no more: written after the time was set, it counts too.
    b.disable(EV_READ);
    a.write('defg');
    waitUntil(base, () => log.length === 3);
    const timeout = BEV_EVENT_TIMEOUT | BEV_EVENT_WRITING;
    assert.equal(log[2], `a event 0x${timeout.toString(16)}`);
    assert.equal(b.getEnabled(), EV_WRITE);
    a.free();
    b.free();
  });

  test('D01 a callback that waits for the loop is not called after free()', () => {
    using base = makeBase();
    const [a, b, log] = watchedPair(base);
    b.enable(EV_READ);
    a.write('abc');
    a.flush(EV_WRITE, BEV_FINISHED);
    b.free();
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, ['a write 0']);
    a.free();
  });
});
