import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_BASE_FLAG_NO_CACHE_TIME } from '../core/config.ts';
import { EV_PERSIST, EV_READ, EV_TIMEOUT, EV_WRITE } from '../core/flags.ts';
import { EVLOOP_NO_EXIT_ON_EMPTY, EVLOOP_NONBLOCK, EVLOOP_ONCE } from '../core/loop.ts';
import { loggedBy, onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { Pair } from '../testing/sockets.ts';
import { Event, evtimerNew } from './event.ts';
import type { EventBase } from './event_base.ts';

checkDescriptors();

/** An event for each letter, active in this order; each notes its letter when it runs. */
function activate(
  base: EventBase,
  letters: string,
  ran: string[],
  also?: Record<string, () => void>,
): void {
  for (const letter of letters) {
    const run = (): void => {
      ran.push(letter);
      also?.[letter]?.();
    };
    new Event(base, -1, 0, run, null).active(EV_TIMEOUT);
  }
}

function spin(ms: number): void {
  const start = performance.now();
  while (performance.now() - start < ms);
}

onEachBackend((makeBase) => {
  test('E06 a base can be freed with pending and active events', () => {
    using pair = new Pair();
    const base = makeBase();
    const fail = (): void => assert.fail('ran after free');
    const pending = new Event(base, pair.a, EV_READ | EV_PERSIST, fail, null);
    pending.add(1);
    new Event(base, -1, 0, fail, null).active(EV_TIMEOUT);
    new Event(base, -1, 0, fail, null).add(0);
    base.free();
    assert.throws(() => base.dispatch(), /EventBase used after free/);
    assert.throws(() => base.free(), /EventBase used after free/);
    assert.throws(() => pending.add(), /EventBase used after free/);
    assert.equal(pending.del(), 0);
    pending.free();
  });

  test('E10 the loop returns 1 without events and -1 from its own callback', () => {
    using base = makeBase();
    assert.equal(base.dispatch(), 1);
    let inner = 0;
    activate(base, 'a', [], { a: () => (inner = base.dispatch()) });
    const logged = loggedBy(() => assert.equal(base.dispatch(), 1));
    assert.equal(inner, -1);
    assert.equal(logged.length, 1);
  });

  test('E11 loopExit after a time; the earlier of two counts', () => {
    using base = makeBase();
    const start = performance.now();
    base.loopExit(30);
    base.loopExit(0.02);
    assert.equal(base.dispatch(), 0);
    const took = performance.now() - start;
    assert.ok(took >= 20 && took < 20_000, String(took));
    assert.equal(base.gotExit(), true);
    assert.equal(base.gotBreak(), false);
    assert.throws(() => base.loopExit(-1), RangeError);
    assert.throws(() => base.loopExit(NaN), RangeError);
  });

  test('E12 loopExit lets the other active callbacks run', () => {
    using base = makeBase();
    const ran: string[] = [];
    activate(base, 'Xab', ran, { X: () => base.loopExit() });
    using timer = new Event(base, -1, EV_PERSIST, () => undefined, null);
    timer.add(100);
    assert.equal(base.dispatch(), 0);
    assert.equal(ran.join(''), 'Xab');
    assert.equal(base.gotExit(), true);
  });

  test('E13 loopBreak leaves the other active callbacks to the next loop', () => {
    using base = makeBase();
    const ran: string[] = [];
    activate(base, 'Ba', ran, { B: () => base.loopBreak() });
    assert.equal(base.dispatch(), 0);
    assert.equal(ran.join(''), 'B');
    assert.equal(base.gotBreak(), true);
    assert.equal(base.gotExit(), false);
    assert.equal(base.dispatch(), 1);
    assert.equal(ran.join(''), 'Ba');
    assert.equal(base.gotBreak(), false);
  });

  test('E14 before the loop, loopBreak does nothing and loopExit lets one pass run', () => {
    using base = makeBase();
    const ran: string[] = [];
    base.loopBreak();
    activate(base, 'a', ran);
    assert.equal(base.dispatch(), 1);
    using pair = new Pair();
    using event = new Event(base, pair.a, EV_WRITE | EV_PERSIST, () => ran.push('b'), null);
    event.add();
    base.loopExit();
    assert.equal(base.dispatch(), 0);
    assert.equal(base.gotExit(), true);
    assert.equal(ran.join(''), 'ab');
  });

  test('E15 ONCE waits and runs until nothing is active, NONBLOCK does not wait', () => {
    using base = makeBase();
    const ran: string[] = [];
    using timer = evtimerNew(base, () => activate(base, 'bc', ran), null);
    // Long enough for a busy machine to come this far before it is over.
    const start = performance.now();
    timer.add(0.5);
    assert.equal(base.loop(EVLOOP_NONBLOCK), 0);
    assert.equal(base.loop(EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
    assert.deepEqual(ran, []);
    assert.equal(base.loop(EVLOOP_ONCE), 0);
    assert.ok(performance.now() - start >= 499);
    assert.equal(ran.join(''), 'bc');
  });

  test('E15 NONBLOCK alone goes on while callbacks make others active', () => {
    using base = makeBase();
    let runs = 0;
    const event: Event<null> = evtimerNew(
      base,
      () => {
        if (++runs < 4) base.activateLater(event, EV_TIMEOUT);
      },
      null,
    );
    event.active(EV_TIMEOUT);
    using timer = evtimerNew(base, () => undefined, null);
    timer.add(100);
    assert.equal(base.loop(EVLOOP_NONBLOCK), 0);
    assert.equal(runs, 4);
  });

  test('E15 ONCE does not go on for what is activated for later', () => {
    using base = makeBase();
    let runs = 0;
    using event = new Event(
      base,
      -1,
      0,
      () => {
        if (++runs < 4) base.activateLater(event, EV_TIMEOUT);
      },
      null,
    );
    event.active(EV_TIMEOUT);
    for (const expected of [1, 2, 3, 4]) {
      assert.equal(base.loop(EVLOOP_ONCE), 0);
      assert.equal(runs, expected);
    }
    assert.equal(base.loop(EVLOOP_ONCE), 1);
  });

  test('E16 NO_EXIT_ON_EMPTY stays without events until loopExit', () => {
    using base = makeBase();
    const start = performance.now();
    base.loopExit(0.02);
    assert.equal(base.loop(EVLOOP_NO_EXIT_ON_EMPTY), 0);
    assert.ok(performance.now() - start >= 20);
    assert.equal(base.loop(EVLOOP_NO_EXIT_ON_EMPTY | EVLOOP_NONBLOCK), 0);
    assert.equal(base.loop(EVLOOP_NONBLOCK), 1);
  });

  test('E17 after loopContinue what has become ready is there before the rest runs', () => {
    using pair = new Pair();
    using base = makeBase();
    const ran: string[] = [];
    using writable = new Event(base, pair.a, EV_WRITE, () => ran.push('w'), null);
    base.priorityInit(2);
    writable.prioritySet(0);
    const run = (letter: string, also?: () => void): void => {
      const callback = (): void => {
        ran.push(letter);
        also?.();
      };
      new Event(base, -1, 0, callback, null).active(EV_TIMEOUT);
    };
    run('a', () => {
      writable.add();
      base.loopContinue();
    });
    run('b');
    assert.equal(base.dispatch(), 1);
    assert.equal(ran.join(''), 'awb');
    base.loopContinue();
    run('c');
    assert.equal(base.dispatch(), 1);
    assert.equal(ran.join(''), 'awbc');
  });

  test('E21 the cached time is the same for all callbacks of a pass', () => {
    using base = makeBase();
    const times: number[] = [];
    const note = (): void => {
      times.push(base.gettimeofdayCached());
      spin(5);
    };
    for (let i = 0; i < 5; i++) evtimerNew(base, note, null).active(EV_TIMEOUT);
    assert.equal(base.dispatch(), 1);
    assert.equal(times.length, 5);
    assert.equal(new Set(times).size, 1);
    const before = Date.now() / 1000;
    const outside = base.gettimeofdayCached();
    assert.ok(outside >= before - 0.01 && outside <= Date.now() / 1000 + 0.01);
    assert.ok(outside > Number(times[0]));
  });

  test('E21 updateCacheTime moves the cached time on, outside the loop it does nothing', () => {
    using base = makeBase();
    const times: number[] = [];
    const note = (): void => {
      times.push(base.gettimeofdayCached());
      spin(12);
      base.updateCacheTime();
    };
    for (let i = 0; i < 3; i++) evtimerNew(base, note, null).active(EV_TIMEOUT);
    base.updateCacheTime();
    assert.equal(base.dispatch(), 1);
    const [first = 0, second = 0, third = 0] = times;
    assert.ok(second - first > 0.01 && third - second > 0.01, times.join(' '));
  });

  test('E21 with NO_CACHE_TIME the time goes on during a pass', () => {
    using base = makeBase((config) => config.setFlag(EVENT_BASE_FLAG_NO_CACHE_TIME));
    const times: number[] = [];
    const note = (): void => {
      times.push(base.gettimeofdayCached());
      spin(12);
    };
    for (let i = 0; i < 2; i++) evtimerNew(base, note, null).active(EV_TIMEOUT);
    assert.equal(base.dispatch(), 1);
    const [first = 0, second = 0] = times;
    assert.ok(second - first > 0.01, times.join(' '));
  });

  test('a callback that throws leaves the base usable and the rest to the next loop', () => {
    using base = makeBase();
    using pair = new Pair();
    const ran: string[] = [];
    activate(base, 'aXb', ran, {
      X: () => {
        throw new TypeError('from the callback');
      },
    });
    const run = (): void => {
      ran.push('w');
      throw new RangeError('again');
    };
    using persistent = new Event(base, pair.a, EV_WRITE | EV_PERSIST, run, null);
    assert.throws(() => base.dispatch(), /from the callback/);
    assert.equal(ran.join(''), 'aX');
    assert.equal(base.getRunningEvent(), null);
    persistent.add();
    assert.throws(() => base.dispatch(), RangeError);
    assert.equal(ran.join(''), 'aXbw');
    assert.equal(persistent.pending(EV_WRITE), EV_WRITE);
    persistent.del();
    assert.equal(base.dispatch(), 1);
  });

  test('free() from a callback is refused, and the loop goes on', () => {
    using base = makeBase();
    const ran: string[] = [];
    activate(base, 'ab', ran, { a: () => assert.throws(() => base.free(), /own loop/) });
    assert.equal(base.dispatch(), 1);
    assert.equal(ran.join(''), 'ab');
    assert.equal(pass(base), 1);
  });
});
