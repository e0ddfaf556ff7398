import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_PERSIST, EV_READ, EV_TIMEOUT } from '../core/flags.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { inLoop, pass, waitUntil } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Event, evtimerNew } from './event.ts';

checkDescriptors();

function spin(ms: number): void {
  const start = performance.now();
  while (performance.now() - start < ms);
}

onEachBackend((makeBase) => {
  test('E51 a timer runs once, not before its time', () => {
    using base = makeBase();
    const start = performance.now();
    const calls: number[] = [];
    evtimerNew(base, (_fd, what) => calls.push(what, performance.now() - start), null).add(0.05);
    assert.equal(base.dispatch(), 1);
    const [what, at = 0] = calls;
    assert.equal(calls.length, 2);
    assert.equal(what, EV_TIMEOUT);
    assert.ok(at >= 50 && at < 20_000, String(at));
  });

  test('E52 a persistent timer of 10 ms runs again and again', () => {
    using base = makeBase();
    const start = performance.now();
    let runs = 0;
    const timer: Event<null> = new Event(
      base,
      -1,
      EV_PERSIST,
      () => {
        if (++runs === 6) timer.del();
      },
      null,
    );
    timer.add(0.01);
    assert.equal(base.dispatch(), 1);
    assert.equal(runs, 6);
    assert.ok(performance.now() - start >= 60);
  });

  test('E53 rounds that were missed while nobody ran the loop are not made up for', () => {
    using base = makeBase();
    let runs = 0;
    using timer = new Event(base, -1, EV_PERSIST, () => runs++, null);
    timer.add(10);
    timer.add(0.02);
    spin(70);
    const before = performance.now();
    pass(base);
    assert.equal(runs, 1);
    // Due again an interval after the pass, not as soon as may be.
    assert.ok(timer.deadline >= before + 20, String(timer.deadline - before));
  });

  test('E54 a persistent timer does not drift and does not make up for missed rounds', () => {
    using base = makeBase();
    /** When it is due next, and how late it is by then, as each call finds it. */
    const rounds: { next: number; at: number }[] = [];
    const timer: Event<null> = new Event(
      base,
      -1,
      EV_PERSIST,
      () => {
        const next = timer.deadline;
        rounds.push({ next, at: performance.now() });
        // More than the next round passes.
        if (rounds.length === 1) while (performance.now() < next + 30);
        if (rounds.length === 6) timer.del();
      },
      null,
    );
    timer.add(0.02);
    let due = timer.deadline;
    assert.equal(base.dispatch(), 1);
    for (const { next, at } of rounds) {
      // An interval after it was due; if that was missed altogether, after now. A busy machine can miss
      // more than the one round that is missed here for sure.
      if (at < due + 20) assert.equal(next, due + 20);
      else assert.ok(next === due + 20 || next >= due + 40, `${String(next)} after ${String(due)}`);
      due = next;
    }
    const [first, second] = rounds;
    assert.ok((second?.next ?? 0) >= (first?.next ?? 0) + 50, JSON.stringify(rounds));
  });

  test('E55 a persistent timer that is activated early starts again from there', () => {
    using base = makeBase();
    const calls: number[] = [];
    using timer = new Event(base, -1, EV_PERSIST, (_fd, what) => calls.push(what), null);
    timer.add(100);
    const first = timer.deadline;
    spin(2);
    timer.active(EV_READ);
    const before = performance.now();
    pass(base);
    assert.deepEqual(calls, [EV_READ]);
    assert.ok(timer.deadline >= before + 100_000, String(timer.deadline - first));
  });

  test('E56 reading restarts the timeout of a persistent event', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: number[] = [];
    using event = new Event(
      base,
      pair.a,
      EV_READ | EV_PERSIST,
      (fd, what) => {
        calls.push(what);
        if ((what & EV_READ) !== 0) get(fd);
      },
      null,
    );
    event.add(100);
    for (let i = 0; i < 3; i++) {
      spin(2);
      const before = performance.now();
      put(pair.b, 'x');
      pass(base);
      assert.ok(event.deadline >= before + 100_000);
    }
    assert.deepEqual(calls.splice(0), [EV_READ, EV_READ, EV_READ]);
    // Nothing comes: the time is up, and starts again.
    event.add(0.001);
    waitUntil(base, () => calls.length >= 2);
    assert.deepEqual(calls.slice(0, 2), [EV_TIMEOUT, EV_TIMEOUT]);
    assert.equal(event.pending(EV_TIMEOUT), EV_TIMEOUT);
  });

  test('E57 a new timeout replaces the old one, none keeps it, a due one is taken back', () => {
    using base = makeBase();
    const ran: string[] = [];
    using event = evtimerNew(base, () => ran.push('event'), null);
    using first = evtimerNew(
      base,
      () => {
        ran.push('first');
        event.add(0.03);
      },
      null,
    );
    event.add(100);
    event.add(0);
    event.add();
    // Due in the same pass, but its callback runs after the one that puts it off.
    first.active(EV_TIMEOUT);
    pass(base);
    assert.deepEqual(ran, ['first']);
    assert.equal(event.pending(EV_TIMEOUT), EV_TIMEOUT);
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(ran, ['first', 'event']);
  });

  test('E57 removeTimer takes the timeout away and leaves the descriptor watched', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: number[] = [];
    using event = new Event(base, pair.a, EV_READ, (_fd, what) => calls.push(what), null);
    event.removeTimer();
    event.add(0.01);
    event.removeTimer();
    assert.equal(event.pending(EV_READ | EV_TIMEOUT), EV_READ);
    spin(15);
    pass(base);
    assert.deepEqual(calls, []);
    put(pair.b, 'x');
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(calls, [EV_READ]);
  });

  test('E57 removeTimer of a persistent event lasts', () => {
    using pair = new Pair();
    using base = makeBase();
    using event = new Event(base, pair.a, EV_READ | EV_PERSIST, (fd) => get(fd), null);
    event.add(10);
    event.removeTimer();
    put(pair.b, 'x');
    pass(base);
    assert.equal(event.pending(EV_READ | EV_TIMEOUT), EV_READ);
  });

  test('E58 due timers run in the order of their deadlines', () => {
    using base = makeBase();
    const order: number[] = [];
    // In one callback, whose clock stands still.
    inLoop(base, () => {
      for (const ms of [30, 10, 20, 10, 5]) {
        evtimerNew(base, () => order.push(ms), null).add(ms / 1000);
      }
    });
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(order, [5, 10, 10, 20, 30]);
  });

  test('E59 a timeout of 0 is due in the next pass, and timeouts are checked', () => {
    using base = makeBase();
    let runs = 0;
    const event: Event<null> = evtimerNew(
      base,
      () => {
        if (++runs < 3) event.add(0);
      },
      null,
    );
    event.add(0);
    pass(base);
    assert.equal(runs, 1);
    pass(base);
    assert.equal(runs, 2);
    for (const bad of [-1, NaN, Infinity]) assert.throws(() => event.add(bad), RangeError);
  });

  test('E59 a timeout of 0 counts only once, also for a persistent event', () => {
    using base = makeBase();
    let runs = 0;
    using event = new Event(base, -1, EV_PERSIST, () => runs++, null);
    event.add(0);
    pass(base);
    assert.equal(pass(base), 1);
    assert.equal(runs, 1);
    assert.equal(event.pending(EV_TIMEOUT), 0);
  });

  test('E60 activated and timed out before the loop: one call with both reasons', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: number[] = [];
    using event = new Event(base, pair.a, EV_READ, (_fd, what) => calls.push(what), null);
    event.add(0.005);
    const left = event.remaining() ?? 1;
    assert.ok(left <= 0.005, String(left));
    event.active(EV_READ);
    spin(10);
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(calls, [EV_READ | EV_TIMEOUT]);
  });

  test('E22 E61 a hundred persistent timers of two intervals each keep their own time', () => {
    using base = makeBase();
    const start = performance.now();
    const timers = Array.from({ length: 100 }, (_, i) => {
      const interval = i % 2 === 0 ? 20 : 40;
      const at: number[] = [];
      const timer: Event<null> = new Event(
        base,
        -1,
        EV_PERSIST,
        () => {
          at.push(performance.now() - start);
          if (at.length === 4) timer.del();
        },
        null,
      );
      timer.add(interval / 1000);
      return { interval, at };
    });
    assert.equal(base.dispatch(), 1);
    for (const { interval, at } of timers) {
      assert.equal(at.length, 4);
      for (const [i, time] of at.entries())
        assert.ok(time >= interval * (i + 1) - 0.5, at.join(' '));
    }
  });
});
