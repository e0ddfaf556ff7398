import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import type { EventBase } from '../event/event_base.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { passUntil, pass } from '../testing/loop.ts';
import { Pair } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import { BEV_FLUSH, BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS } from './constants.ts';

checkDescriptors();

/** What a test does to one of two ends, outside the loop or in the next callback of that end. */
interface Action {
  readonly isFirst: boolean;
  readonly inCallback: boolean;
  readonly kind: string;
  readonly size: number;
}

const actions = fc.array(
  fc.record({
    isFirst: fc.boolean(),
    inCallback: fc.boolean(),
    kind: fc.constantFrom(
      'write',
      'drain',
      'enable read',
      'disable read',
      'enable write',
      'disable write',
      'watermark',
      'single',
      'flush',
      'trigger',
      'pass',
    ),
    size: fc.integer({ min: 0, max: 60_000 }),
  }),
  { maxLength: 40 },
);

/** One end: counts upwards in what it writes, and checks that its peer does. */
class End {
  readonly bev: Bufferevent;
  written = 0;
  received = 0;
  /** Actions for its next callback. */
  readonly waiting: Action[] = [];

  constructor(bev: Bufferevent) {
    this.bev = bev;
    const onCallback = (): void => this.act(this.waiting.shift());
    bev.setCb(onCallback, onCallback, () => assert.fail('no event was to come'), null);
  }

  /** The byte at a position of any end's output. */
  static byteAt(position: number): number {
    return (position * 7 + (position >> 8)) & 0xff;
  }

  act(action: Action | undefined): void {
    if (action === undefined) return;
    const { bev } = this;
    const { size } = action;
    switch (action.kind) {
      case 'write':
        bev.write(Uint8Array.from({ length: size }, (_, i) => End.byteAt(this.written + i)));
        this.written += size;
        break;
      case 'drain':
        this.take(size);
        break;
      case 'enable read':
        bev.enable(EV_READ);
        break;
      case 'disable read':
        bev.disable(EV_READ);
        break;
      case 'enable write':
        bev.enable(EV_WRITE);
        break;
      case 'disable write':
        bev.disable(EV_WRITE);
        break;
      case 'watermark':
        bev.setWatermark(EV_READ, size % 3, size % 5000);
        break;
      case 'single':
        bev.setMaxSingleRead((size % 3000) + 1);
        bev.setMaxSingleWrite((size % 2000) + 1);
        break;
      case 'flush':
        bev.flush(EV_WRITE, BEV_FLUSH);
        break;
      case 'trigger':
        bev.trigger(EV_READ | EV_WRITE, size % 2 === 0 ? 0 : BEV_OPT_DEFER_CALLBACKS);
        break;
      default:
        break;
    }
  }

  /** Takes bytes out of the input, which must be those that come next. */
  take(size: number): void {
    const bytes = Buffer.alloc(Math.min(size, this.bev.getInput().getLength()));
    this.bev.read(bytes);
    for (const byte of bytes) {
      assert.equal(byte, End.byteAt(this.received));
      this.received++;
    }
  }

  /** Lets everything come and go. */
  open(): void {
    this.bev.setWatermark(EV_READ, 0, 0);
    this.bev.setMaxSingleRead(0);
    this.bev.setMaxSingleWrite(0);
    this.bev.enable(EV_READ | EV_WRITE);
  }
}

function play(base: EventBase, bevs: readonly [Bufferevent, Bufferevent], all: Action[]): void {
  const [first, second] = [new End(bevs[0]), new End(bevs[1])];
  for (const action of all) {
    const end = action.isFirst ? first : second;
    if (action.kind === 'pass') pass(base);
    else if (action.inCallback) end.waiting.push(action);
    else end.act(action);
    // What the high watermark lets in may be there already when the watermark comes.
    if (action.kind !== 'watermark') continue;
    pass(base);
  }
  for (const end of [first, second]) {
    end.waiting.length = 0;
    end.open();
  }
  passUntil(base, () => {
    first.take(Infinity);
    second.take(Infinity);
    return first.received === second.written && second.received === first.written;
  });
  for (const end of [first, second]) {
    assert.equal(end.bev.getOutput().getLength(), 0);
    end.bev.free();
  }
  pass(base);
  // Freed, they leave nothing in the base.
  assert.equal(pass(base), 1);
}

onEachBackend((makeBase) => {
  for (const options of [0, BEV_OPT_DEFER_CALLBACKS]) {
    const suffix = `options ${String(options)}`;

    test(`whatever is done to two sockets, no byte is lost or out of order, ${suffix}`, () => {
      fc.assert(
        fc.property(actions, (all) => {
          using pair = new Pair();
          using base = makeBase();
          const a = Bufferevent.socketNew(base, pair.a, options);
          const b = Bufferevent.socketNew(base, pair.b, options);
          play(base, [a, b], all);
        }),
        { numRuns: 100 },
      );
    });

    test(`whatever is done to filters, no byte is lost or out of order, ${suffix}`, () => {
      fc.assert(
        fc.property(actions, fc.constantFrom(0, 2000, 5000), (all, high) => {
          using pair = new Pair();
          using base = makeBase();
          const owned = options | BEV_OPT_CLOSE_ON_FREE;
          const ends = [pair.a, pair.b].map((fd) => {
            const below = Bufferevent.socketNew(base, fd, 0);
            below.setWatermark(EV_WRITE, 0, high);
            return Bufferevent.filterNew(below, null, null, owned, null, null);
          });
          const [a, b] = ends;
          assert.ok(a !== undefined && b !== undefined);
          play(base, [a, b], all);
        }),
        { numRuns: 100 },
      );
    });
  }

  test('whatever is done to a pair, no byte is lost or out of order', () => {
    fc.assert(
      fc.property(actions, (all) => {
        using base = makeBase();
        play(base, Bufferevent.pairNew(base, 0), all);
      }),
      { numRuns: 100 },
    );
  });
});
