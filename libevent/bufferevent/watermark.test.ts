import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import { onEachBackend } from '../testing/backends.ts';
import { watched } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { passUntil, runFor, waitUntil, pass } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import {
  BEV_EVENT_READING,
  BEV_EVENT_TIMEOUT,
  BEV_EVENT_WRITING,
  BEV_OPT_DEFER_CALLBACKS,
} from './constants.ts';

checkDescriptors();

onEachBackend((makeBase) => {
  test('W01 the write callback comes when no more than the low watermark is left', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    const left: number[] = [];
    bev.setCb(null, (self) => left.push(self.getOutput().getLength()), null, null);
    bev.setWatermark(EV_WRITE, 100_000, 0);
    bev.write(Buffer.alloc(1_000_000));
    for (let received = 0; received < 1_000_000;) {
      pass(base);
      received += get(pair.b)?.length ?? 0;
    }
    assert.ok(left.length > 1);
    assert.ok(left.every((length) => length <= 100_000));
    assert.equal(left.at(-1), 0);
  });

  test('W02 the read callback comes when there is as much as the low watermark', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.setWatermark(EV_READ, 10, 0);
    bev.enable(EV_READ);
    put(pair.b, '123456789');
    pass(base);
    assert.deepEqual(log, []);
    put(pair.b, '0');
    pass(base);
    put(pair.b, '1');
    pass(base);
    assert.deepEqual(log, ['read 10', 'read 11']);
    assert.throws(() => bev.setWatermark(EV_READ, -1, 0), RangeError);
    bev.free();
  });

  test('W03 W04 the high watermark caps exactly; called once, then it waits for a drain', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.setWatermark(EV_READ, 0, 20);
    bev.enable(EV_READ);
    put(pair.b, 'x'.repeat(50));
    for (let i = 0; i < 5; i++) pass(base);
    assert.deepEqual(log, ['read 20']);
    bev.getInput().drain(15);
    for (let i = 0; i < 5; i++) pass(base);
    assert.deepEqual(log, ['read 20', 'read 20']);
    bev.setWatermark(EV_READ, 0, 0);
    for (let i = 0; i < 5; i++) pass(base);
    assert.deepEqual(log, ['read 20', 'read 20', 'read 35']);
    bev.free();
  });

  test('W01 a reader with watermarks sees between 10 and 20 bytes, 65,000 in all', () => {
    using pair = new Pair();
    using base = makeBase();
    using from = Bufferevent.socketNew(base, pair.a, 0);
    using to = Bufferevent.socketNew(base, pair.b, 0);
    const seen: number[] = [];
    let total = 0;
    to.setWatermark(EV_READ, 10, 20);
    to.setCb(
      (bev) => {
        const length = bev.getInput().getLength();
        seen.push(length);
        total += length;
        bev.getInput().drain(length);
      },
      null,
      null,
      null,
    );
    to.enable(EV_READ);
    const left: number[] = [];
    from.setWatermark(EV_WRITE, 100, 0);
    from.setCb(null, (bev) => left.push(bev.getOutput().getLength()), null, null);
    from.write(Buffer.alloc(65_000));
    passUntil(base, () => total === 65_000);
    pass(base);
    assert.ok(seen.every((length) => length >= 10 && length <= 20));
    assert.ok(left.length > 0 && left.every((length) => length <= 100));
    assert.equal(from.getOutput().getLength(), 0);
  });

  test('W01 watermarks are 0 at first and read back; both directions at once cannot be asked', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    assert.deepEqual(bev.getWatermark(EV_READ), { low: 0, high: 0 });
    assert.deepEqual(bev.getWatermark(EV_WRITE), { low: 0, high: 0 });
    bev.setWatermark(EV_READ, 1, 2);
    bev.setWatermark(EV_WRITE, 3, 4);
    assert.deepEqual(bev.getWatermark(EV_READ), { low: 1, high: 2 });
    assert.deepEqual(bev.getWatermark(EV_WRITE), { low: 3, high: 4 });
    assert.throws(() => bev.getWatermark(EV_READ | EV_WRITE), RangeError);
  });

  test('W04 a deferred read callback that drains nothing is called once, too', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a, BEV_OPT_DEFER_CALLBACKS);
    bev.setWatermark(EV_READ, 0, 20);
    bev.enable(EV_READ);
    put(pair.b, 'x'.repeat(50));
    for (let i = 0; i < 5; i++) pass(base);
    assert.deepEqual(log, ['read 20']);
    bev.getInput().drain(1);
    for (let i = 0; i < 5; i++) pass(base);
    assert.deepEqual(log, ['read 20', 'read 20']);
    bev.free();
  });

  test('W05 the high watermark is exact however the bytes were sent', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    const seen: number[] = [];
    bev.setWatermark(EV_READ, 0, 16_384);
    bev.setCb(
      (self) => {
        const { length } = self.getInput().pullup(-1) ?? Buffer.alloc(0);
        seen.push(length);
        if (length >= 16_384) self.getInput().drain(length);
      },
      null,
      null,
      null,
    );
    bev.enable(EV_READ);
    let rest = 40_000;
    for (const size of [1, 4095, 9000, 2000, 1288, 1, 12_000, 11_615]) {
      put(pair.b, 'x'.repeat(size));
      rest -= size;
      pass(base);
    }
    assert.equal(rest, 0);
    passUntil(base, () => seen.at(-1) === 40_000 - 2 * 16_384);
    assert.ok(seen.every((length) => length <= 16_384));
    assert.equal(seen.filter((length) => length === 16_384).length, 2);
  });

  test('W06 each direction times out once, after its own time', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    const start = performance.now();
    const calls: [number, number][] = [];
    bev.setCb(null, null, (_bev, what) => calls.push([what, performance.now() - start]), null);
    bev.setTimeouts(0.15, 0.1);
    bev.write(Buffer.alloc(4_000_000));
    bev.enable(EV_READ);
    // The peer never reads, so the socket is soon full.
    waitUntil(base, () => calls.length === 2);
    runFor(base, 0.2);
    const reading = BEV_EVENT_READING | BEV_EVENT_TIMEOUT;
    const writing = BEV_EVENT_WRITING | BEV_EVENT_TIMEOUT;
    assert.equal(calls.length, 2);
    const times = new Map(calls);
    assert.ok((times.get(writing) ?? 0) >= 99);
    assert.ok((times.get(reading) ?? 0) >= 149);
    assert.equal(bev.getEnabled(), 0);
  });

  test('W06 what comes in restarts the time for reading', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    const log: string[] = [];
    let last = 0;
    bev.setCb(
      () => log.push('read'),
      null,
      () => log.push('timeout'),
      null,
    );
    bev.setTimeouts(0.6, null);
    bev.enable(EV_READ);
    const send = (): void => {
      last = performance.now();
      put(pair.b, 'x');
    };
    using sender = new Event(base, -1, 0, send, null);
    sender.add(0.2);
    waitUntil(base, () => log.includes('timeout'));
    assert.deepEqual(log, ['read', 'timeout']);
    assert.ok(performance.now() - last >= 599);
  });

  test('W06 nothing to write, no time for writing; lifted, no time at all', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.setTimeouts(0.4, 0.4);
    bev.enable(EV_READ);
    bev.write('x');
    pass(base);
    bev.setTimeouts(null, 0);
    runFor(base, 0.5);
    assert.deepEqual(log, ['write 0']);
    bev.setTimeouts(0.05, null);
    waitUntil(base, () => log.length === 2);
    assert.deepEqual(log, ['write 0', 'event 0x41']);
    assert.throws(() => bev.setTimeouts(-1, null), RangeError);
    assert.throws(() => bev.setTimeouts(null, Infinity), RangeError);
    bev.free();
  });
});
