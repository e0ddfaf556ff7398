import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import { close } from '../sys/descriptor.ts';
import { EPIPE } from '../sys/errno.ts';
import { SHUT_WR, shutdown } from '../sys/socket.ts';
import { onEachBackend } from '../testing/backends.ts';
import { noteEvents, watch, watched } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { passUntil, pass } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import {
  BEV_EVENT_CONNECTED,
  BEV_EVENT_ERROR,
  BEV_EVENT_WRITING,
  BEV_OPT_DEFER_CALLBACKS,
  BEV_OPT_THREADSAFE,
  BEV_OPT_UNLOCK_CALLBACKS,
  BEV_TRIG_DEFER_CALLBACKS,
} from './constants.ts';

checkDescriptors();

onEachBackend((makeBase) => {
  test('D01 data and end: the read callback once, then the event callback, from the loop', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a, BEV_OPT_DEFER_CALLBACKS);
    bev.enable(EV_READ);
    put(pair.b, 'last words');
    shutdown(pair.b, SHUT_WR);
    for (let i = 0; i < 5; i++) pass(base);
    assert.deepEqual(log, ['read 10', 'event 0x11']);
    bev.free();
  });

  test('D01 never from within the work: other events of the pass run before', () => {
    using pair = new Pair();
    using other = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a, BEV_OPT_DEFER_CALLBACKS);
    // What is ready first, or has the lower number, runs first: this one runs after the bufferevent's.
    using after = new Event(base, other.a, EV_READ, () => log.push('another event'), null);
    bev.enable(EV_READ);
    after.add();
    put(pair.b, 'x');
    put(other.b, 'x');
    passUntil(base, () => log.length === 2);
    assert.deepEqual(log, ['another event', 'read 1']);
    bev.free();
  });

  test('D01 connected comes first, then read, write, the rest in one call', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a, BEV_OPT_DEFER_CALLBACKS);
    bev.triggerEvent(0x11, 0);
    bev.trigger(EV_WRITE, 0);
    bev.trigger(EV_READ, 0);
    bev.triggerEvent(0x40, 0);
    bev.triggerEvent(BEV_EVENT_CONNECTED, 0);
    assert.deepEqual(log, []);
    pass(base);
    assert.deepEqual(log, ['event 0x80', 'read 0', 'write 0', 'event 0x51']);
    assert.equal(pass(base), 1);
    bev.free();
  });

  test('D01 freed before its turn, it calls nothing; freed in one callback, not the next', () => {
    using pair = new Pair();
    using base = makeBase();
    const [first, log] = watched(base, pair.a, BEV_OPT_DEFER_CALLBACKS);
    first.trigger(EV_READ, 0);
    first.free();
    assert.equal(pass(base), 1);
    const second = Bufferevent.socketNew(base, pair.a, BEV_OPT_DEFER_CALLBACKS);
    watch(second, log);
    second.setCb(
      (self) => {
        log.push('freed');
        self.free();
      },
      () => log.push('write'),
      () => log.push('event'),
      null,
    );
    second.trigger(EV_READ | EV_WRITE, 0);
    second.triggerEvent(0x40, 0);
    pass(base);
    assert.deepEqual(log, ['freed']);
  });

  test('D01 a callback that throws does not keep the others from their turn', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, BEV_OPT_DEFER_CALLBACKS);
    const log: string[] = [];
    bev.setCb(
      () => {
        throw new Error('from the read callback');
      },
      () => log.push('write'),
      () => log.push('event'),
      null,
    );
    bev.trigger(EV_READ | EV_WRITE, 0);
    bev.triggerEvent(0x40, 0);
    assert.throws(() => pass(base), /from the read callback/);
    passUntil(base, () => log.length === 2);
    assert.deepEqual(log, ['write', 'event']);
  });

  test('D01 a callback that always asks for itself leaves room for the rest', () => {
    using pair = new Pair();
    using other = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    let calls = 0;
    bev.setCb(
      (self) => {
        calls++;
        self.trigger(EV_READ, BEV_TRIG_DEFER_CALLBACKS);
      },
      null,
      null,
      null,
    );
    bev.trigger(EV_READ, BEV_TRIG_DEFER_CALLBACKS);
    const [reader, log] = watched(base, other.a);
    reader.enable(EV_READ);
    put(other.b, 'hi');
    passUntil(base, () => log.length > 0);
    assert.ok(calls >= 1 && calls <= 3);
    reader.free();
  });

  test('D01 output of a deferred callback goes out when it returns', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, BEV_OPT_DEFER_CALLBACKS);
    bev.setCb((self) => self.getOutput().addBuffer(self.getInput()), null, null, null);
    bev.enable(EV_READ);
    put(pair.b, 'echo');
    pass(base);
    assert.equal(get(pair.b), 'echo');
  });

  test('D02 UNLOCK_CALLBACKS needs DEFER_CALLBACKS', () => {
    using pair = new Pair();
    using base = makeBase();
    const make = (options: number): Bufferevent => Bufferevent.socketNew(base, pair.a, options);
    assert.throws(() => make(BEV_OPT_UNLOCK_CALLBACKS), RangeError);
    assert.throws(() => make(BEV_OPT_UNLOCK_CALLBACKS | BEV_OPT_THREADSAFE), RangeError);
    assert.throws(() => make(0x10), RangeError);
    make(BEV_OPT_UNLOCK_CALLBACKS | BEV_OPT_DEFER_CALLBACKS | BEV_OPT_THREADSAFE).free();
  });

  test('D02 the event callback finds the errno of the event', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, BEV_OPT_DEFER_CALLBACKS);
    const calls = noteEvents(bev);
    pair.close(pair.b);
    // Of one descriptor's events the last added runs first, so this one runs between the failure and
    // the callback, and leaves another errno.
    let disturbed = 0;
    using disturb = new Event(base, pair.a, EV_READ, () => (disturbed = close(-1)), null);
    disturb.add();
    bev.write('x');
    passUntil(base, () => calls.length > 0);
    assert.equal(disturbed, -1);
    assert.deepEqual(calls, [BEV_EVENT_WRITING | BEV_EVENT_ERROR, EPIPE]);
  });
});
