import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT } from '../core/flags.ts';
import { SIGUSR1, SIGUSR2, raise } from '../sys/signal.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { inLoop, pass, waitUntil } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Event, evsignalNew, evtimerNew } from './event.ts';

// Where events do on purpose what C libevent 2.1.12 does not. CONFORMANCE.md says what that does
// instead; testing/departures.c shows it.

checkDescriptors();

/** A time that does not come while a test runs. */
const LONG = 1000;

/** Lets time go by until an event is due, without running the loop. */
function letDue(event: { remaining(): number | null }): void {
  while ((event.remaining() ?? 0) > 0);
}

onEachBackend((makeBase) => {
  test('E21 a timeout counts from the start of the pass, the wait for it from the present', () => {
    using base = makeBase();
    using timer = evtimerNew(base, () => undefined, null);
    const left: (number | null)[] = [];
    inLoop(base, () => {
      const start = performance.now();
      while (performance.now() - start < 5);
      timer.add(0.004);
      left.push(timer.remaining());
      base.updateCacheTime();
      timer.add(LONG);
      left.push(timer.remaining());
    });
    const [late, whole] = left;
    assert.ok((late ?? 0) < 0, String(late));
    assert.ok((whole ?? 0) > 0, String(whole));
  });

  test('E31 of the events of one descriptor the order stays when one of them times out', () => {
    using pair = new Pair();
    using base = makeBase();
    const ran: string[] = [];
    const on = (name: string) =>
      new Event(
        base,
        pair.a,
        EV_READ | EV_PERSIST,
        (_fd, what) => ran.push(what === EV_TIMEOUT ? `${name} times out` : name),
        null,
      );
    using first = on('first');
    using second = on('second');
    first.add(0.001);
    second.add();
    letDue(first);
    pass(base);
    assert.deepEqual(ran.splice(0), ['first times out']);
    // A timeout that does not come now, to have one reason only.
    first.add(LONG);
    put(pair.b, 'x');
    pass(base);
    assert.deepEqual(ran, ['second', 'first']);
  });

  test('E43 activeByFd for reading and for the time runs for each what it waits for', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: [string, number][] = [];
    const on = (name: string) =>
      new Event(base, pair.a, EV_READ, (_fd, what) => calls.push([name, what]), null);
    using plain = on('plain');
    using timed = on('timed');
    plain.add();
    timed.add(LONG);
    base.activeByFd(pair.a, EV_READ | EV_TIMEOUT);
    pass(base);
    assert.deepEqual(calls, [
      ['timed', EV_READ | EV_TIMEOUT],
      ['plain', EV_READ],
    ]);
  });

  test('E45 an event that was activated and then added is watched', () => {
    using pair = new Pair();
    using base = makeBase();
    let calls = 0;
    using event = new Event(base, pair.a, EV_READ | EV_PERSIST, () => calls++, null);
    event.active(EV_READ);
    event.add();
    pass(base);
    assert.equal(calls, 1);
    assert.equal(event.pending(EV_READ), EV_READ);
    put(pair.b, 'x');
    pass(base);
    assert.equal(calls, 2);
  });

  test('E46 a signal event that is activated twice before it runs loses no call', () => {
    using base = makeBase();
    let calls = 0;
    using event = evsignalNew(base, SIGUSR2, () => calls++, null);
    event.add();
    event.active(EV_SIGNAL, 2);
    event.active(EV_SIGNAL, 3);
    pass(base);
    assert.equal(calls, 5);
  });

  test('E57 add() after del() brings no old timeout back', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: number[] = [];
    using event = new Event(base, pair.a, EV_READ | EV_PERSIST, (_fd, what) => calls.push(what), 0);
    event.add(LONG);
    event.del();
    event.add();
    assert.equal(event.pending(EV_TIMEOUT), 0);
    put(pair.b, 'x');
    pass(base);
    assert.deepEqual(calls, [EV_READ]);
    assert.equal(event.pending(EV_TIMEOUT), 0);
  });

  test('E57 removeTimer of a persistent timer that is about to run is the last of its time', () => {
    using base = makeBase();
    let calls = 0;
    using timer = new Event(base, -1, EV_PERSIST, () => calls++, null);
    using remover = evtimerNew(base, () => timer.removeTimer(), null);
    remover.add(0.001);
    timer.add(0.0011);
    letDue(timer);
    pass(base);
    assert.equal(calls, 1);
    assert.equal(timer.pending(EV_TIMEOUT), 0);
    assert.equal(base.dispatch(), 1);
  });

  test('E58 timers that are due at the same time run in the order in which they were added', () => {
    using base = makeBase();
    const ran: number[] = [];
    const timers = Array.from({ length: 50 }, (_, i) => evtimerNew(base, () => ran.push(i), null));
    // In one callback: its clock stands still.
    inLoop(base, () => {
      for (const timer of timers) timer.add(0.001);
      // Added again, it is the last.
      timers[20]?.add(0.001);
      timers[30]?.del();
    });
    assert.equal(base.dispatch(), 1);
    const order = [...timers.keys()].filter((i) => i !== 20 && i !== 30);
    assert.deepEqual(ran, [...order, 20]);
  });

  test('E59 a persistent event with a timeout of 0 is still watched when the time was up', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: number[] = [];
    using event = new Event(base, pair.a, EV_READ | EV_PERSIST, (_fd, what) => calls.push(what), 0);
    event.add(0);
    pass(base);
    assert.equal(event.pending(EV_READ | EV_TIMEOUT), EV_READ);
    put(pair.b, 'x');
    pass(base);
    assert.deepEqual(calls, [EV_TIMEOUT, EV_READ]);
    assert.equal(get(pair.a), 'x');
  });

  test('E67 a persistent signal event with a timeout runs after each, and goes on', () => {
    using base = makeBase();
    const calls: number[] = [];
    using event = evsignalNew(base, SIGUSR1, (_signum, what) => calls.push(what), null);
    event.add(0.001);
    waitUntil(base, () => calls.length >= 2);
    assert.ok(calls.every((what) => what === EV_TIMEOUT));
    assert.equal(event.pending(EV_SIGNAL | EV_TIMEOUT), EV_SIGNAL | EV_TIMEOUT);
    event.add(LONG);
    raise(SIGUSR1);
    calls.length = 0;
    pass(base);
    assert.deepEqual(calls, [EV_SIGNAL]);
  });
});
