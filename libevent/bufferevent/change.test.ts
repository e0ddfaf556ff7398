import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { onEachBackend } from '../testing/backends.ts';
import { watched } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { passUntil, pass } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import { BEV_TRIG_DEFER_CALLBACKS, BEV_TRIG_IGNORE_WATERMARKS } from './constants.ts';

checkDescriptors();

onEachBackend((makeBase) => {
  test('S13 without a descriptor nothing moves, and what is enabled stays so', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.enable(EV_READ);
    assert.equal(bev.setFd(-1), 0);
    assert.equal(bev.getFd(), -1);
    assert.equal(bev.getEnabled(), EV_READ | EV_WRITE);
    put(pair.b, 'abc');
    bev.write('xyz');
    assert.equal(pass(base), 1);
    assert.deepEqual(log, []);
    assert.equal(bev.setFd(pair.a), 0);
    assert.equal(bev.getFd(), pair.a);
    pass(base);
    assert.equal(get(pair.b), 'xyz');
    assert.deepEqual(log.toSorted(), ['read 3', 'write 0']);
    assert.throws(() => bev.setFd(-2), RangeError);
    bev.free();
  });

  test('S13 setFd moves to another socket and leaves the old one open', () => {
    using old = new Pair();
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, old.a);
    bev.enable(EV_READ);
    bev.setFd(pair.a);
    put(old.b, 'old');
    put(pair.b, 'new!');
    passUntil(base, () => log.includes('read 4'));
    assert.equal(get(old.a), 'old');
    bev.free();
  });

  test('S13 prioritySet takes the priorities that the base has', () => {
    using base = makeBase();
    base.priorityInit(3);
    using pairs = new DisposableStack();
    const order: number[] = [];
    for (const priority of [2, 0, 1]) {
      const pair = pairs.use(new Pair());
      const bev = pairs.use(Bufferevent.socketNew(base, pair.a, 0));
      bev.setCb(() => order.push(priority), null, null, null);
      assert.equal(bev.getPriority(), 1);
      assert.equal(bev.prioritySet(3), -1);
      assert.equal(bev.prioritySet(-1), -1);
      assert.equal(bev.prioritySet(priority), 0);
      assert.equal(bev.getPriority(), priority);
      bev.enable(EV_READ);
      put(pair.b, 'x');
    }
    passUntil(base, () => order.length === 3);
    assert.deepEqual(order, [0, 1, 2]);
  });

  test('S13 baseSet moves to another base, with what it waits for', () => {
    using pair = new Pair();
    using first = makeBase();
    using second = makeBase();
    const [bev, log] = watched(first, pair.a);
    bev.enable(EV_READ);
    bev.trigger(EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
    assert.equal(bev.baseSet(second), 0);
    assert.equal(bev.getBase(), second);
    put(pair.b, 'abc');
    assert.equal(pass(first), 1);
    assert.deepEqual(log, []);
    passUntil(second, () => log.length === 2);
    assert.deepEqual(log.toSorted(), ['read 3', 'write 0']);
    bev.free();
  });

  test('S14 trigger calls when the watermarks are met, or whatever they say', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.setWatermark(EV_READ, 5, 0);
    bev.trigger(EV_READ, 0);
    assert.deepEqual(log, []);
    bev.trigger(EV_READ | EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
    assert.deepEqual(log, ['read 0', 'write 0']);
    bev.setWatermark(EV_READ, 0, 0);
    bev.trigger(EV_READ, 0);
    assert.deepEqual(log, ['read 0', 'write 0', 'read 0']);
    bev.free();
  });

  test('S14 a deferred trigger calls from the loop, once for several', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    const options = BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS;
    bev.triggerEvent(0x40, BEV_TRIG_DEFER_CALLBACKS);
    bev.triggerEvent(0x01, BEV_TRIG_DEFER_CALLBACKS);
    bev.trigger(EV_WRITE, options);
    bev.trigger(EV_READ, options);
    bev.trigger(EV_READ, options);
    assert.deepEqual(log, []);
    pass(base);
    assert.deepEqual(log, ['read 0', 'write 0', 'event 0x41']);
    assert.equal(pass(base), 1);
    bev.triggerEvent(0x40, 0);
    assert.deepEqual(log.slice(3), ['event 0x40']);
    bev.free();
  });
});
