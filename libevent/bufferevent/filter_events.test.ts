import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EV_PERSIST, EV_READ, EV_WRITE } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import type { EventBase } from '../event/event_base.ts';
import { write } from '../sys/descriptor.ts';
import { EPIPE } from '../sys/errno.ts';
import { SHUT_WR, SOL_SOCKET, SO_LINGER, setsockopt, shutdown } from '../sys/socket.ts';
import { onEachBackend } from '../testing/backends.ts';
import { noteEvents, watch } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass, passUntil, runFor, waitUntil } from '../testing/loop.ts';
import { Pair, TcpPair, get, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_EVENT_TIMEOUT,
  BEV_EVENT_WRITING,
  BEV_FINISHED,
  BEV_NEED_MORE,
  BEV_NORMAL,
  BEV_OK,
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS,
} from './constants.ts';
import type { BuffereventFilterCallback } from './filter.ts';
import { EV_RATE_LIMIT_MAX, EvTokenBucketCfg } from './token_bucket_cfg.ts';

checkDescriptors();

/** A `struct linger` that has close(2) reset the connection. */
const RESET_ON_CLOSE = new Uint8Array(Int32Array.of(1, 0).buffer);

onEachBackend((makeBase) => {
  for (const options of [0, BEV_OPT_DEFER_CALLBACKS]) {
    test(`F02 events from underneath reach the filter with their errno, options ${String(options)}`, () => {
      using pair = new Pair();
      using base = makeBase();
      using below = Bufferevent.socketNew(base, pair.a, 0);
      using filter = Bufferevent.filterNew(below, null, null, options, null, null);
      const calls = noteEvents(filter);
      pair.close(pair.b);
      filter.write('x');
      passUntil(base, () => calls.length > 0);
      assert.deepEqual(calls, [BEV_EVENT_WRITING | BEV_EVENT_ERROR, EPIPE]);
    });
  }

  test('F02 the end of the file comes after what was there', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    using filter = Bufferevent.filterNew(below, null, null, 0, null, null);
    const log = watch(filter);
    filter.enable(EV_READ);
    filter.setWatermark(EV_READ, 0, 4);
    put(pair.b, 'abcdef');
    shutdown(pair.b, SHUT_WR);
    for (let i = 0; i < 5; i++) pass(base);
    assert.deepEqual(log, ['read 4']);
    filter.getInput().drain(4);
    passUntil(base, () => log.length === 3);
    const eof = BEV_EVENT_READING | BEV_EVENT_EOF;
    assert.deepEqual(log, ['read 4', 'read 2', `event 0x${eof.toString(16)}`]);
  });

  test('F05 after the end of the file the input filter is told to finish', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    const modes: number[] = [];
    using filter = Bufferevent.filterNew<null>(
      below,
      (source, destination, _limit, mode) => {
        modes.push(mode);
        if (mode !== BEV_FINISHED) return BEV_NEED_MORE;
        destination.addBuffer(source);
        return BEV_OK;
      },
      null,
      0,
      null,
      null,
    );
    const log = watch(filter);
    filter.enable(EV_READ);
    put(pair.b, 'half a line');
    shutdown(pair.b, SHUT_WR);
    passUntil(base, () => log.length > 1);
    assert.deepEqual(modes, [BEV_NORMAL, BEV_FINISHED]);
    assert.deepEqual(log, ['read 11', 'event 0x11']);
    for (let i = 0; i < 3; i++) pass(base);
    assert.equal(log.length, 2);
  });

  for (const options of [0, BEV_OPT_DEFER_CALLBACKS]) {
    test(`F02 the end comes after all bytes, however slowly they are taken, options ${String(options)}`, () => {
      fc.assert(
        fc.property(
          fc.record({
            isPair: fc.boolean(),
            filters: fc.integer({ min: 1, max: 3 }),
            total: fc.nat(300),
            high: fc.integer({ min: 1, max: 40 }),
            taken: fc.integer({ min: 1, max: 50 }),
            isReset: fc.boolean(),
          }),
          ({ isPair, filters, total, high, taken, isReset }) => {
            using tcp = new TcpPair();
            using base = makeBase();
            const [writer, lowest] = isPair
              ? Bufferevent.pairNew(base, 0)
              : [null, Bufferevent.socketNew(base, tcp.server, 0)];
            let bev = lowest;
            for (let i = 0; i < filters; i++) {
              bev = Bufferevent.filterNew(
                bev,
                null,
                null,
                options | BEV_OPT_CLOSE_ON_FREE,
                null,
                null,
              );
            }
            bev.setWatermark(EV_READ, 0, high);
            const into = Buffer.alloc(taken);
            let got = 0;
            const ends: number[] = [];
            bev.setCb(
              (self) => (got += self.read(into)),
              null,
              (self, what) => ends.push(what, got + self.getInput().getLength()),
              null,
            );
            bev.enable(EV_READ);
            const bytes = Buffer.alloc(total);
            if (writer === null) {
              assert.equal(write(tcp.client, bytes), total);
              // What came before is underneath already when the connection is reset.
              if (isReset) {
                passUntil(base, () => lowest.getInput().getLength() + got > 0 || total === 0);
                assert.equal(setsockopt(tcp.client, SOL_SOCKET, SO_LINGER, RESET_ON_CLOSE), 0);
              }
              tcp.close(tcp.client);
            } else {
              writer.write(bytes);
              assert.equal(writer.flush(EV_WRITE, BEV_FINISHED), 0);
            }
            // The callback leaves what it cannot take: somebody takes that, or the rest would wait.
            waitUntil(base, () => {
              got += bev.read(into);
              return ends.length > 0;
            });
            const [what = 0, before] = ends;
            assert.equal(ends.length, 2);
            assert.equal(what & BEV_EVENT_READING, BEV_EVENT_READING);
            assert.equal(before, total);
            bev.free();
            writer?.free();
          },
        ),
        { numRuns: 50 },
      );
    });
  }

  test('F02 the end waits with the bytes for a filter that does not read', () => {
    using base = makeBase();
    const [writer, below] = Bufferevent.pairNew(base, 0);
    const filter = Bufferevent.filterNew(below, null, null, BEV_OPT_CLOSE_ON_FREE, null, null);
    const log = watch(filter);
    writer.write('abc');
    writer.flush(EV_WRITE, BEV_FINISHED);
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, []);
    filter.enable(EV_READ);
    passUntil(base, () => log.length > 1);
    assert.deepEqual(log, ['read 3', 'event 0x11']);
    filter.free();
    writer.free();
  });

  test('F02 the write callback comes when all is gone underneath, too: then the filter may be freed', () => {
    using pair = new Pair();
    using base = makeBase();
    const total = 4 << 20;
    const below = Bufferevent.socketNew(base, pair.release(pair.a), BEV_OPT_CLOSE_ON_FREE);
    const filter = Bufferevent.filterNew(below, null, null, BEV_OPT_CLOSE_ON_FREE, null, null);
    let calls = 0;
    filter.setCb(
      null,
      (bev) => {
        calls++;
        if (bev.getOutput().getLength() === 0) bev.free();
      },
      null,
      null,
    );
    filter.write(Buffer.alloc(total));
    for (let i = 0; i < 3; i++) pass(base);
    // The kernel is full, and the filter's own output has long been empty.
    assert.equal(filter.getOutput().getLength(), 0);
    assert.equal(calls, 0);
    let got = 0;
    passUntil(base, () => {
      const text = get(pair.b);
      got += text?.length ?? 0;
      return text === '';
    });
    assert.equal(got, total);
    assert.equal(calls, 1);
  });

  test('F02 a filter that swallows everything gets its write callback', () => {
    using pair = new Pair();
    using base = makeBase();
    const below = Bufferevent.socketNew(base, pair.a, 0);
    const swallow: BuffereventFilterCallback<null> = (source) => {
      source.drain(-1);
      return BEV_OK;
    };
    const filter = Bufferevent.filterNew(below, null, swallow, BEV_OPT_CLOSE_ON_FREE, null, null);
    const log = watch(filter);
    filter.write('gone');
    passUntil(base, () => log.length > 0);
    assert.deepEqual(log, ['write 0']);
    filter.free();
  });

  test('F02 a filter may be freed by its own callbacks, with what is underneath', () => {
    using pair = new Pair();
    using base = makeBase();
    const below = Bufferevent.socketNew(base, pair.a, 0);
    const filter = Bufferevent.filterNew(below, null, null, BEV_OPT_CLOSE_ON_FREE, null, null);
    let calls = 0;
    filter.setCb(
      (bev) => {
        calls++;
        bev.free();
      },
      null,
      () => calls++,
      null,
    );
    filter.enable(EV_READ);
    put(pair.b, 'x');
    shutdown(pair.b, SHUT_WR);
    for (let i = 0; i < 3; i++) pass(base);
    assert.equal(calls, 1);
    assert.throws(() => below.getInput(), /used after free/);
    assert.equal(pass(base), 1);
  });

  test('F02 freed first underneath, the filter keeps quiet', () => {
    using pair = new Pair();
    using base = makeBase();
    const below = Bufferevent.socketNew(base, pair.a, 0);
    const filter = Bufferevent.filterNew(below, null, null, BEV_OPT_CLOSE_ON_FREE, null, null);
    const log = watch(filter);
    filter.enable(EV_READ);
    below.free();
    assert.equal(filter.write('x'), 0);
    assert.equal(filter.getOutput().getLength(), 1);
    assert.equal(filter.getFd(), -1);
    filter.disable(EV_READ);
    filter.enable(EV_READ);
    pass(base);
    assert.deepEqual(log, []);
    filter.free();
  });

  test('F02 a write callback that always writes does not keep the others waiting', () => {
    using pair = new Pair();
    using other = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    using filter = Bufferevent.filterNew(below, null, null, 0, null, null);
    let calls = 0;
    filter.setCb(
      null,
      (bev) => {
        calls++;
        bev.write('x');
      },
      null,
      null,
    );
    filter.write('x');
    using reader = Bufferevent.socketNew(base, other.a, 0);
    const log = watch(reader);
    reader.enable(EV_READ);
    put(other.b, 'hi');
    passUntil(base, () => log.length > 0);
    assert.ok(calls <= 4);
  });

  for (const kind of ['a socket', 'a pair']) {
    test(`W06 a filter on ${kind} times out in each direction, once`, () => {
      using pair = new Pair();
      using base = makeBase();
      const [below, peer] =
        kind === 'a socket'
          ? [Bufferevent.socketNew(base, pair.a, 0), null]
          : Bufferevent.pairNew(base, 0);
      // What cannot go on from the filter: the one underneath is full with one byte.
      below.setWatermark(EV_WRITE, 0, 1);
      below.disable(EV_WRITE);
      const filter = Bufferevent.filterNew(below, null, null, BEV_OPT_CLOSE_ON_FREE, null, null);
      below.disable(EV_WRITE);
      const start = performance.now();
      const calls: [number, number][] = [];
      filter.setCb(null, null, (_bev, what) => calls.push([what, performance.now() - start]), null);
      filter.setTimeouts(0.15, 0.1);
      filter.enable(EV_READ);
      filter.write('xy');
      assert.equal(filter.getOutput().getLength(), 1);
      runFor(base, 0.35);
      const writing = BEV_EVENT_WRITING | BEV_EVENT_TIMEOUT;
      const reading = BEV_EVENT_READING | BEV_EVENT_TIMEOUT;
      assert.deepEqual(
        calls.map(([what]) => what),
        [writing, reading],
      );
      assert.ok(calls[0] !== undefined && calls[0][1] >= 99);
      assert.ok(calls[1] !== undefined && calls[1][1] >= 149);
      assert.equal(filter.getEnabled(), 0);
      filter.free();
      peer?.free();
    });
  }

  const timedOut = BEV_EVENT_WRITING | BEV_EVENT_TIMEOUT;
  const total = 4 << 20;

  /** Two bufferevents with nobody who reads behind the first, and what frees them. */
  function stuck(base: EventBase, fd: number, kind: string): [Bufferevent, () => void] {
    if (kind === 'a socket') {
      const bev = Bufferevent.socketNew(base, fd, 0);
      return [bev, () => bev.free()];
    }
    const [bev, partner] = Bufferevent.pairNew(base, 0);
    return [
      bev,
      () => {
        bev.free();
        partner.free();
      },
    ];
  }

  for (const kind of ['a socket', 'a pair']) {
    for (const filters of [1, 2]) {
      const over = `${String(filters)} over ${kind}`;

      test(`W06 what waits underneath for a peer that does not read times out: filters, ${over}`, () => {
        using pair = new Pair();
        using base = makeBase();
        const [lowest, free] = stuck(base, pair.a, kind);
        let filter = lowest;
        for (let i = 0; i < filters; i++) {
          filter = Bufferevent.filterNew(filter, null, null, 0, null, null);
        }
        const log = watch(filter);
        filter.setTimeouts(0, 0.05);
        filter.enable(EV_WRITE);
        filter.write(Buffer.alloc(total));
        assert.equal(filter.getOutput().getLength(), 0);
        waitUntil(base, () => log.length > 0);
        assert.deepEqual(log, [`event 0x${timedOut.toString(16)}`]);
        assert.equal(filter.getEnabled(), 0);
        // Enabled again it has its time again.
        filter.enable(EV_WRITE);
        waitUntil(base, () => log.length > 1);
        filter.free();
        free();
      });

      test(`W06 writing ever more to a peer that does not read times out, too: filters, ${over}`, () => {
        using pair = new Pair();
        using base = makeBase();
        const [lowest, free] = stuck(base, pair.a, kind);
        let filter = lowest;
        for (let i = 0; i < filters; i++) {
          filter = Bufferevent.filterNew(filter, null, null, 0, null, null);
        }
        const log = watch(filter);
        filter.setTimeouts(0, 0.2);
        filter.write(Buffer.alloc(total));
        using more = new Event(base, -1, EV_PERSIST, () => filter.write('more'), null);
        more.add(0.02);
        waitUntil(base, () => log.length > 0);
        assert.deepEqual(log, [`event 0x${timedOut.toString(16)}`]);
        filter.free();
        free();
      });
    }
  }

  test('W06 the time of what waits underneath starts anew when some of it goes', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    using filter = Bufferevent.filterNew(below, null, null, 0, null, null);
    const calls: number[] = [];
    filter.setCb(null, null, (_bev, what) => calls.push(what), null);
    filter.setTimeouts(0, 0.2);
    filter.write(Buffer.alloc(total));
    // Somebody reads for a while, more often than it times out, then no more.
    const start = performance.now();
    using reader = new Event(base, -1, EV_PERSIST, () => get(pair.b), null);
    reader.add(0.02);
    let left = below.getOutput().getLength();
    let passAt = start;
    let movedAt = start;
    waitUntil(base, () => {
      const length = below.getOutput().getLength();
      if (length < left) movedAt = passAt;
      left = length;
      passAt = performance.now();
      if (passAt - start > 400) reader.del();
      return calls.length > 0;
    });
    assert.deepEqual(calls, [timedOut]);
    const waited = performance.now() - movedAt;
    assert.ok(waited >= 199, String(waited));
  });

  test('W06 output that is gone from a filter and underneath has no time', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    const swallowLater: BuffereventFilterCallback<null> = (source, _destination, _limit, mode) => {
      if (mode === BEV_NORMAL) return BEV_NEED_MORE;
      source.drain(-1);
      return BEV_OK;
    };
    using between = Bufferevent.filterNew(below, null, swallowLater, 0, null, null);
    using filter = Bufferevent.filterNew(between, null, null, 0, null, null);
    const log = watch(filter);
    filter.setTimeouts(0, 0.05);
    filter.write('swallowed');
    assert.equal(between.flush(EV_WRITE, BEV_FINISHED), 1);
    runFor(base, 0.1);
    assert.ok(log.every((line) => line.startsWith('write')));
    // As with what is lost with the one underneath.
    filter.write('lost');
    between.free();
    log.length = 0;
    runFor(base, 0.1);
    assert.deepEqual(log, []);
  });

  test('W06 what a rate limit holds up underneath is not late', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    using filter = Bufferevent.filterNew(below, null, null, 0, null, null);
    const log = watch(filter);
    filter.setTimeouts(0, 0.05);
    const max = EV_RATE_LIMIT_MAX;
    const limit = new EvTokenBucketCfg(max, max, 1, 1, 3600);
    below.setRateLimit(limit);
    below.decrementWriteLimit(2);
    filter.write(Buffer.alloc(total));
    runFor(base, 0.15);
    assert.deepEqual(log, []);
    // Nobody reads, though: that is late.
    below.setRateLimit(null);
    waitUntil(base, () => log.length > 0);
    assert.deepEqual(log, [`event 0x${timedOut.toString(16)}`]);
  });
});
