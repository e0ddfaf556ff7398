import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Evbuffer } from '../buffer/evbuffer.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { F_GETFD, fcntl } from '../sys/descriptor.ts';
import { onEachBackend } from '../testing/backends.ts';
import { watch } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { passUntil, pass } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import {
  BEV_ERROR,
  BEV_FINISHED,
  BEV_FLUSH,
  BEV_NEED_MORE,
  BEV_NORMAL,
  BEV_OK,
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS,
} from './constants.ts';
import type { BuffereventFilterCallback } from './filter.ts';

checkDescriptors();

const X = 'x'.charCodeAt(0);

/** Puts an x before each byte. */
const addX: BuffereventFilterCallback<unknown> = (source, destination) => {
  const bytes = Buffer.alloc(source.getLength());
  source.remove(bytes);
  for (const byte of bytes) destination.add(Buffer.of(X, byte));
  return BEV_OK;
};

/** Takes the x before each byte off, 1,000 bytes at a time. */
const stripX: BuffereventFilterCallback<unknown> = (source, destination) => {
  const two = Buffer.alloc(2);
  for (let i = 0; i < 1000; i++) {
    if (source.getLength() < 2) return i === 0 ? BEV_NEED_MORE : BEV_OK;
    source.remove(two);
    assert.equal(two[0], X);
    destination.add(two.subarray(1));
  }
  return BEV_OK;
};

/** The pass-through filter's other end, for tests that only look at one side. */
function filtered(underlying: Bufferevent, options = 0): [Bufferevent, string[]] {
  const filter = Bufferevent.filterNew(underlying, null, null, options, null, null);
  return [filter, watch(filter)];
}

/** Has a bufferevent take everything out of its input in each read callback, and note how much. */
function takeAll(bev: Bufferevent): number[] {
  const seen: number[] = [];
  bev.setCb(
    (self) => {
      seen.push(self.getInput().getLength());
      self.getInput().drain(-1);
    },
    null,
    null,
    null,
  );
  return seen;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

onEachBackend((makeBase) => {
  for (const kind of ['sockets', 'a pair']) {
    test(`F01 8,333 bytes through filters on ${kind}, changed on the way and changed back`, () => {
      using pair = new Pair();
      using base = makeBase();
      const [below, peer] =
        kind === 'sockets'
          ? [Bufferevent.socketNew(base, pair.a, 0), Bufferevent.socketNew(base, pair.b, 0)]
          : Bufferevent.pairNew(base, 0);
      const options = BEV_OPT_CLOSE_ON_FREE;
      const from = Bufferevent.filterNew(below, null, addX, options, null, null);
      const to = Bufferevent.filterNew(peer, stripX, null, options, null, null);
      using received = new Evbuffer();
      const bytes = Buffer.from(Uint8Array.from({ length: 8333 }, (_, i) => i & 0xff));
      let written = 0;
      from.setCb(null, () => written++, null, null);
      to.setCb((bev) => bev.readBuffer(received), null, null, null);
      to.enable(EV_READ);
      from.write(bytes);
      passUntil(base, () => received.getLength() === bytes.length && written > 0);
      assert.equal(received.pullup(-1)?.equals(bytes), true);
      from.free();
      to.free();
      pass(base);
      // The filters owned what was underneath, and that did not own its descriptors.
      assert.throws(() => below.getFd(), /used after free/);
      assert.throws(() => peer.getFd(), /used after free/);
    });
  }

  test('F01 what the output filter itself writes does not call it from within itself', () => {
    using pair = new Pair();
    using base = makeBase();
    const below = Bufferevent.socketNew(base, pair.a, 0);
    let depth = 0;
    let calls = 0;
    const filter: Bufferevent = Bufferevent.filterNew(
      below,
      null,
      (source, destination) => {
        assert.equal(depth, 0);
        depth++;
        calls++;
        if (calls === 1) filter.write(' and more');
        destination.addBuffer(source);
        depth--;
        return BEV_OK;
      },
      BEV_OPT_CLOSE_ON_FREE,
      null,
      null,
    );
    filter.write('some');
    passUntil(base, () => below.getOutput().getLength() === 0);
    assert.equal(get(pair.b), 'some and more');
    filter.free();
  });

  test('F02 null filters pass through; the descriptor is the one underneath', () => {
    using pair = new Pair();
    using base = makeBase();
    const below = Bufferevent.socketNew(base, pair.release(pair.a), BEV_OPT_CLOSE_ON_FREE);
    const [filter, log] = filtered(below, BEV_OPT_CLOSE_ON_FREE);
    assert.equal(filter.getUnderlying(), below);
    assert.equal(filter.getFd(), pair.a);
    assert.equal(filter.getPartner(), null);
    assert.equal(filter.baseSet(base), -1);
    assert.equal(filter.prioritySet(0), -1);
    filter.enable(EV_READ);
    put(pair.b, 'in');
    filter.write('out');
    passUntil(base, () => log.length === 2);
    assert.deepEqual(log.toSorted(), ['read 2', 'write 0']);
    assert.equal(get(pair.b), 'out');
    filter.free();
    pass(base);
    assert.equal(fcntl(pair.a, F_GETFD), -1);
  });

  test('F02 freed without CLOSE_ON_FREE it gives back what was underneath, reading', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    const freed: string[] = [];
    const filter = Bufferevent.filterNew(below, null, null, 0, (ctx) => freed.push(ctx), 'ctx');
    filter.free();
    assert.deepEqual(freed, ['ctx']);
    assert.throws(() => filter.free(), /used after free/);
    assert.deepEqual(below.getCb(), { readCb: null, writeCb: null, eventCb: null, arg: null });
    const log = watch(below);
    put(pair.b, 'abc');
    passUntil(base, () => log.length > 0);
    assert.deepEqual(log, ['read 3']);
  });

  test('F03 a filter reads when it is enabled, and stops what is underneath until then', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    const [filter, log] = filtered(below);
    put(pair.b, 'abc');
    pass(base);
    assert.equal(below.getInput().getLength(), 0);
    assert.deepEqual(log, []);
    filter.enable(EV_READ);
    passUntil(base, () => log.length > 0);
    filter.disable(EV_READ);
    put(pair.b, 'def');
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, ['read 3']);
    filter.free();
  });

  test('F03 what was read underneath before there was a filter is not stuck', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    below.enable(EV_READ);
    put(pair.b, 'before');
    passUntil(base, () => below.getInput().getLength() === 6);
    const [filter, log] = filtered(below);
    filter.enable(EV_READ);
    assert.deepEqual(log, []);
    passUntil(base, () => log.length > 0);
    assert.deepEqual(log, ['read 6']);
    filter.free();
  });

  for (const options of [0, BEV_OPT_DEFER_CALLBACKS]) {
    test(`F04 4,116 bytes through a high watermark of 4,096: nothing is stuck, options ${String(options)}`, () => {
      using base = makeBase();
      const [writer, below] = Bufferevent.pairNew(base, options);
      let isHeadDue = true;
      /** Puts 20 bytes before all others, so that more waits underneath than goes in at once. */
      const addHead: BuffereventFilterCallback<null> = (source, destination, limit) => {
        const head = isHeadDue ? 20 : 0;
        isHeadDue = false;
        destination.add(Buffer.alloc(head));
        source.removeBuffer(destination, limit < 0 ? -1 : limit - head);
        return BEV_OK;
      };
      const filter = Bufferevent.filterNew(below, addHead, null, options, null, null);
      const seen = takeAll(filter);
      for (const bev of [writer, below, filter]) bev.setWatermark(EV_READ, 0, 4096);
      filter.enable(EV_READ);
      writer.write(Buffer.alloc(4096));
      passUntil(base, () => sum(seen) === 4116);
      assert.ok(seen.every((length) => length <= 4096));
      for (const bev of [filter, writer, below]) bev.free();
    });

    test(`F04 what was read underneath at once comes in pieces of the high watermark, options ${String(options)}`, () => {
      using pair = new Pair();
      using base = makeBase();
      using below = Bufferevent.socketNew(base, pair.a, 0);
      const filter = Bufferevent.filterNew(below, null, null, options, null, null);
      const seen = takeAll(filter);
      filter.setWatermark(EV_READ, 0, 10);
      filter.enable(EV_READ);
      put(pair.b, 'x'.repeat(995));
      passUntil(base, () => sum(seen) === 995);
      assert.deepEqual(seen, [...Array<number>(99).fill(10), 5]);
      filter.free();
    });
  }

  for (const options of [0, BEV_OPT_DEFER_CALLBACKS]) {
    for (const how of ['in the read callback', 'later']) {
      test(`F04 what a filter keeps in its ctx is not stuck, taken ${how}, options ${String(options)}`, () => {
        using pair = new Pair();
        using base = makeBase();
        using below = Bufferevent.socketNew(base, pair.a, 0);
        using kept = new Evbuffer();
        /** Takes everything, as zlib does, and hands on as much as it may. */
        const keep: BuffereventFilterCallback<Evbuffer> = (
          source,
          destination,
          limit,
          _mode,
          ctx,
        ) => {
          ctx.addBuffer(source);
          ctx.removeBuffer(destination, limit < 0 ? ctx.getLength() : limit);
          return BEV_OK;
        };
        using filter = Bufferevent.filterNew(below, keep, null, options, null, kept);
        const seen = how === 'later' ? [] : takeAll(filter);
        if (how === 'later') {
          filter.setCb((self) => seen.push(self.getInput().getLength()), null, null, null);
        }
        filter.setWatermark(EV_READ, 0, 10);
        filter.enable(EV_READ);
        put(pair.b, 'x'.repeat(1000));
        passUntil(base, () => {
          if (how === 'later') filter.getInput().drain(-1);
          return sum(seen) === 1000;
        });
        for (let i = 0; i < 3; i++) {
          pass(base);
          filter.getInput().drain(-1);
        }
        // Nor is there a call with nothing, when the filter has been asked for more and has none.
        assert.deepEqual(seen, Array<number>(100).fill(10));
      });
    }
  }

  test('F05 the filter is told how much may go in: the high watermark less what is there', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    const limits: number[] = [];
    const filter = Bufferevent.filterNew<null>(
      below,
      (source, destination, limit) => {
        limits.push(limit);
        return source.removeBuffer(destination, Math.min(6, limit)) > 0 ? BEV_OK : BEV_ERROR;
      },
      null,
      0,
      null,
      null,
    );
    filter.setWatermark(EV_READ, 0, 10);
    filter.enable(EV_READ);
    put(pair.b, 'x'.repeat(13));
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(limits, [10, 4]);
    filter.setWatermark(EV_READ, 0, 0);
    passUntil(base, () => filter.getInput().getLength() === 13);
    assert.deepEqual(limits, [10, 4, -1]);
    filter.free();
  });

  for (const [name, result] of [
    ['NEED_MORE', BEV_NEED_MORE],
    ['ERROR', BEV_ERROR],
  ] as const) {
    test(`F05 BEV_${name} stops the filtering until there is more`, () => {
      using pair = new Pair();
      using base = makeBase();
      using below = Bufferevent.socketNew(base, pair.a, 0);
      let calls = 0;
      const filter = Bufferevent.filterNew<null>(
        below,
        (source, destination) => {
          calls++;
          if (source.getLength() < 4) return result;
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
      put(pair.b, 'ab');
      for (let i = 0; i < 3; i++) pass(base);
      assert.equal(calls, 1);
      assert.deepEqual(log, []);
      put(pair.b, 'cd');
      passUntil(base, () => log.length > 0);
      assert.equal(calls, 2);
      assert.deepEqual(log, ['read 4']);
      filter.free();
    });
  }

  test('F05 flush hands the mode to the filters, and lets go what they kept back', () => {
    using pair = new Pair();
    using base = makeBase();
    using below = Bufferevent.socketNew(base, pair.a, 0);
    const modes: number[] = [];
    const keepBack: BuffereventFilterCallback<null> = (source, destination, _limit, mode) => {
      modes.push(mode);
      if (mode === BEV_NORMAL) return BEV_NEED_MORE;
      destination.addBuffer(source);
      return BEV_OK;
    };
    const filter = Bufferevent.filterNew(below, keepBack, keepBack, 0, null, null);
    filter.enable(EV_READ);
    filter.write('out');
    put(pair.b, 'in');
    passUntil(base, () => modes.length === 2);
    assert.equal(filter.getOutput().getLength(), 3);
    assert.equal(filter.getInput().getLength(), 0);
    assert.equal(filter.flush(EV_WRITE, BEV_FLUSH), 1);
    assert.equal(filter.getOutput().getLength(), 0);
    assert.equal(filter.flush(EV_READ, BEV_FINISHED), 1);
    assert.equal(filter.getInput().getLength(), 2);
    assert.deepEqual(modes, [BEV_NORMAL, BEV_NORMAL, BEV_FLUSH, BEV_FINISHED]);
    passUntil(base, () => below.getOutput().getLength() === 0);
    assert.equal(get(pair.b), 'out');
    filter.free();
  });
});
