import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_READ } from '../core/flags.ts';
import { EVLOOP_ONCE } from '../core/loop.ts';
import { onEachBackend } from '../testing/backends.ts';
import { watched } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { inLoop, passUntil, waitUntil, pass } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import { BuffereventRateLimitGroup } from './rate_limit_group.ts';
import { EV_RATE_LIMIT_MAX, EvTokenBucketCfg } from './token_bucket_cfg.ts';

checkDescriptors();

/** Limits that no tick refills during a test. */
function still(rate: number, burst = rate): EvTokenBucketCfg {
  return new EvTokenBucketCfg(rate, burst, rate, burst, 1e6);
}

/** How long a tick of {@link ticking} is, in milliseconds. */
const TICK = 100;

/** Limits whose ticks are a tenth of a second. */
function ticking(rate: number, burst = rate): EvTokenBucketCfg {
  return new EvTokenBucketCfg(rate, burst, rate, burst, TICK / 1000);
}

/** How many ticks have begun since then: not each after its length, but whenever the clock has a multiple of it. */
function ticksSince(start: number): number {
  return Math.floor(performance.now() / TICK) - Math.floor(start / TICK);
}

onEachBackend((makeBase) => {
  test('R02 the first read takes one rate; each tick lets as much pass', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    const sizes: number[] = [];
    let total = 0;
    let ticksBefore = 0;
    bev.setCb(
      (self) => {
        const length = self.getInput().getLength();
        if (sizes.length === 0) ticksBefore = ticksSince(start);
        sizes.push(length);
        total += length;
        self.getInput().drain(length);
      },
      null,
      null,
      null,
    );
    put(pair.b, 'x'.repeat(20_000));
    const start = performance.now();
    bev.setRateLimit(ticking(1000, 2000));
    bev.enable(EV_READ);
    waitUntil(base, () => total >= 6000);
    const ticks = ticksSince(start);
    const [first = 0] = sizes;
    assert.ok(first >= 1000 && first <= 1000 * (1 + ticksBefore), `${first}, ${ticksBefore} ticks`);
    // A tick that was late brings two rates at once, up to the burst.
    assert.ok(sizes.every((size) => size <= 2000));
    assert.ok(total <= 1000 * (1 + ticks));
  });

  test('R02 what is written is limited the same way, and nothing is lost', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    bev.setRateLimit(ticking(1000));
    const bytes = Array.from({ length: 3500 }, (_, i) => String(i % 10)).join('');
    const start = performance.now();
    inLoop(base, () => void bev.write(bytes));
    assert.equal(get(pair.b), bytes.slice(0, 1000));
    assert.equal(pass(base), 0);
    let received = bytes.slice(0, 1000);
    waitUntil(base, () => {
      received += get(pair.b) ?? '';
      return received.length === bytes.length;
    });
    assert.equal(received, bytes);
    // Three ticks had to begin, of which the first may have been near.
    assert.ok(performance.now() - start >= 199);
  });

  test('R04 null lifts the limit, also while it is used up', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.setRateLimit(still(10));
    bev.enable(EV_READ);
    put(pair.b, 'x'.repeat(25));
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, ['read 10']);
    assert.equal(bev.getReadLimit(), 0);
    assert.equal(bev.getMaxToRead(), 0);
    bev.setRateLimit(null);
    assert.equal(bev.getTokenBucketCfg(), null);
    passUntil(base, () => log.length === 2);
    assert.deepEqual(log, ['read 10', 'read 25']);
    bev.free();
  });

  test('R04 getters tell the limits, all of them together for the next pass', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    assert.equal(bev.getReadLimit(), EV_RATE_LIMIT_MAX);
    assert.equal(bev.getWriteLimit(), EV_RATE_LIMIT_MAX);
    assert.equal(bev.getMaxToRead(), 65_536);
    assert.equal(bev.getMaxToWrite(), 65_536);
    assert.equal(bev.getTokenBucketCfg(), null);
    const cfg = still(100_000);
    bev.setRateLimit(cfg);
    assert.equal(bev.getTokenBucketCfg(), cfg);
    assert.equal(bev.getReadLimit(), 100_000);
    assert.equal(bev.getMaxToRead(), 65_536);
    bev.decrementWriteLimit(99_990);
    assert.equal(bev.getWriteLimit(), 10);
    assert.equal(bev.getMaxToWrite(), 10);
  });

  test('R04 decremented below 0 nothing moves until the limit is above it again', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.setRateLimit(still(100));
    bev.enable(EV_READ);
    bev.decrementReadLimit(150);
    bev.decrementWriteLimit(100);
    assert.equal(bev.getReadLimit(), -50);
    put(pair.b, 'abc');
    bev.write('xyz');
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, []);
    assert.equal(get(pair.b), null);
    bev.decrementReadLimit(-50);
    bev.decrementWriteLimit(-1);
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, []);
    assert.equal(get(pair.b), 'x');
    bev.decrementReadLimit(-1);
    passUntil(base, () => log.length > 0);
    assert.deepEqual(log, ['read 1']);
    bev.free();
  });

  test('R04 a limit that is used up is refilled by a tick', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.setRateLimit(ticking(100));
    bev.enable(EV_READ);
    const start = performance.now();
    bev.decrementReadLimit(250);
    put(pair.b, 'abc');
    waitUntil(base, () => log.length > 0);
    // From -150 it takes two ticks to more than nothing, the first of which may be near.
    assert.ok(performance.now() - start >= 99);
    assert.deepEqual(log, ['read 3']);
    bev.free();
  });

  test('R04 while a limit is used up the loop sleeps', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.setRateLimit(new EvTokenBucketCfg(10, 10, 10, 10, 0.3));
    bev.enable(EV_READ);
    put(pair.b, 'x'.repeat(30));
    const start = performance.now();
    passUntil(base, () => log.length > 0);
    base.loop(EVLOOP_ONCE);
    // A loop that does not sleep is back at once; the tick is 300 ms from when the limit was used up.
    assert.ok(performance.now() - start >= 299);
    bev.free();
  });

  test('R03 a group shares its limit, and none of its members goes without', () => {
    const members = 30;
    const rate = 30_000;
    using base = makeBase();
    using group = new BuffereventRateLimitGroup(base, ticking(rate));
    using stack = new DisposableStack();
    const totals = new Array<number>(members).fill(0);
    for (let i = 0; i < members; i++) {
      const pair = stack.use(new Pair());
      const bev = stack.use(Bufferevent.socketNew(base, pair.a, 0));
      bev.setCb(
        (self) => {
          const length = self.getInput().getLength();
          totals[i] = (totals[i] ?? 0) + length;
          self.getInput().drain(length);
        },
        null,
        null,
        null,
      );
      bev.addToRateLimitGroup(group);
      bev.enable(EV_READ);
      put(pair.b, 'x'.repeat(50_000));
    }
    const start = performance.now();
    waitUntil(base, () => group.getTotals().read >= rate * 6);
    const total = totals.reduce((sum, count) => sum + count, 0);
    assert.deepEqual(group.getTotals(), { read: total, written: 0 });
    // A share for each may be more than what is left: the limit goes below 0 by less than one more.
    assert.ok(total <= rate * (1 + ticksSince(start)) + members * 64);
    const mean = total / members;
    const deviation = Math.sqrt(
      totals.reduce((sum, count) => sum + (count - mean) ** 2, 0) / members,
    );
    assert.ok(deviation <= mean / 2, `deviation ${String(deviation)} of ${String(mean)}`);
    stack.dispose();
  });

  test('R03 a member has the lower of its own limit and its share', () => {
    using pair = new Pair();
    using base = makeBase();
    using group = new BuffereventRateLimitGroup(base, still(1000));
    const [bev, log] = watched(base, pair.a);
    const [other] = watched(base, pair.b);
    bev.addToRateLimitGroup(group);
    assert.equal(bev.getMaxToRead(), 1000);
    other.addToRateLimitGroup(group);
    assert.equal(bev.getMaxToRead(), 500);
    bev.setRateLimit(still(300));
    assert.equal(bev.getMaxToRead(), 300);
    bev.enable(EV_READ);
    other.write('x'.repeat(400));
    passUntil(base, () => log.length > 0);
    assert.deepEqual(log, ['read 300']);
    assert.equal(group.getReadLimit(), 700);
    assert.equal(group.getWriteLimit(), 600);
    assert.deepEqual(group.getTotals(), { read: 300, written: 400 });
    group.resetTotals();
    assert.deepEqual(group.getTotals(), { read: 0, written: 0 });
    bev.free();
    other.free();
  });

  test('R03 a drained group stops all members, refilled it lets them go on', () => {
    using pair = new Pair();
    using base = makeBase();
    using group = new BuffereventRateLimitGroup(base, still(1000));
    const [bev, log] = watched(base, pair.a);
    bev.enable(EV_READ);
    bev.addToRateLimitGroup(group);
    group.decrementRead(1500);
    assert.equal(group.getReadLimit(), -500);
    assert.equal(bev.getMaxToRead(), 0);
    put(pair.b, 'abc');
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, []);
    group.decrementRead(-600);
    passUntil(base, () => log.length > 0);
    assert.deepEqual(log, ['read 3']);
    group.decrementWrite(1000);
    bev.write('xyz');
    for (let i = 0; i < 3; i++) pass(base);
    assert.equal(get(pair.b), null);
    group.setCfg(ticking(1000));
    waitUntil(base, () => get(pair.b) === 'xyz');
    bev.free();
  });

  test('R03 who leaves a group, or is freed, waits for it no longer', () => {
    using pair = new Pair();
    using base = makeBase();
    const group = new BuffereventRateLimitGroup(base, still(1000));
    const [bev, log] = watched(base, pair.a);
    bev.enable(EV_READ);
    bev.addToRateLimitGroup(group);
    group.decrementRead(1000);
    put(pair.b, 'abc');
    assert.throws(() => group.free(), /has members/);
    assert.equal(bev.removeFromRateLimitGroup(), 0);
    passUntil(base, () => log.length > 0);
    bev.addToRateLimitGroup(group);
    bev.free();
    group.free();
    assert.throws(() => group.getReadLimit(), /used after free/);
    assert.equal(pass(base), 1);
  });

  test('R05 a share is never smaller than the least, unless the rate is', () => {
    using base = makeBase();
    using group = new BuffereventRateLimitGroup(base, still(1000));
    using stack = new DisposableStack();
    using bev = Bufferevent.socketNew(base, -1, 0);
    bev.addToRateLimitGroup(group);
    for (let i = 1; i < 20; i++) {
      stack.use(Bufferevent.socketNew(base, -1, 0)).addToRateLimitGroup(group);
    }
    assert.equal(bev.getMaxToRead(), 64);
    group.setMinShare(0);
    assert.equal(bev.getMaxToRead(), 50);
    group.setMinShare(5000);
    assert.equal(bev.getMaxToRead(), 1000);
    assert.throws(() => group.setMinShare(-1), RangeError);
    stack.dispose();
    bev.removeFromRateLimitGroup();
  });
});
