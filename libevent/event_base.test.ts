import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Event } from './event.ts';
import { EVLOOP_NONBLOCK, EVLOOP_ONCE, EventBase } from './event_base.ts';
import { EV_PERSIST, EV_READ, EV_TIMEOUT, EV_WRITE } from './event_node.ts';
import { EV_FEATURE_EARLY_CLOSE, EV_FEATURE_ET, EV_FEATURE_O1 } from './eventop.ts';
import { checkDescriptors, get, Pair, pass, put } from './testing.ts';

checkDescriptors();

/** An event for each letter, active in this order; each notes its letter when it runs. */
function activate(
  base: EventBase,
  letters: string,
  ran: string[],
  also?: Record<string, () => void>,
) {
  for (const letter of letters) {
    const event = new Event(
      base,
      -1,
      0,
      () => {
        ran.push(letter);
        also?.[letter]?.();
      },
      null,
    );
    event.active(EV_TIMEOUT);
  }
}

test('E03 E07 the backend is epoll', () => {
  using base = new EventBase();
  assert.equal(base.getMethod(), 'epoll');
  assert.equal(base.getFeatures(), EV_FEATURE_ET | EV_FEATURE_O1 | EV_FEATURE_EARLY_CLOSE);
});

test('E06 a base can be freed with pending and active events', () => {
  using pair = new Pair();
  const base = new EventBase();
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
  using base = new EventBase();
  assert.equal(base.dispatch(), 1);
  let inner = 0;
  activate(base, 'a', [], { a: () => (inner = base.dispatch()) });
  assert.equal(base.dispatch(), 1);
  assert.equal(inner, -1);
});

test('E11 loopExit after a time; the earlier of two counts', () => {
  using base = new EventBase();
  const start = performance.now();
  base.loopExit(30);
  base.loopExit(0.02);
  assert.equal(base.dispatch(), 0);
  const took = performance.now() - start;
  assert.ok(took >= 20 && took < 20_000);
  assert.equal(base.gotExit(), true);
  assert.equal(base.gotBreak(), false);
  assert.throws(() => base.loopExit(-1), RangeError);
  assert.throws(() => base.loopExit(NaN), RangeError);
});

test('E12 loopExit lets the other active callbacks run', () => {
  using base = new EventBase();
  const ran: string[] = [];
  activate(base, 'Xab', ran, { X: () => base.loopExit() });
  using timer = new Event(base, -1, EV_PERSIST, () => undefined, null);
  timer.add(100);
  assert.equal(base.dispatch(), 0);
  assert.equal(ran.join(''), 'Xab');
  assert.equal(base.gotExit(), true);
});

test('E13 loopBreak leaves the other active callbacks to the next loop', () => {
  using base = new EventBase();
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
  using base = new EventBase();
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
  using base = new EventBase();
  using timer = new Event(base, -1, 0, () => activate(base, 'bc', ran), null);
  const ran: string[] = [];
  timer.add(0.02);
  assert.equal(base.loop(EVLOOP_NONBLOCK), 0);
  assert.equal(base.loop(EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
  assert.deepEqual(ran, []);
  const start = performance.now();
  assert.equal(base.loop(EVLOOP_ONCE), 0);
  assert.ok(performance.now() - start >= 15);
  assert.equal(ran.join(''), 'bc');
});

test('E47 events run in the order in which they became active', () => {
  using base = new EventBase();
  const ran: string[] = [];
  activate(base, 'abc', ran, { a: () => activate(base, 'd', ran) });
  pass(base);
  assert.equal(ran.join(''), 'abcd');
});

test('E48 what is activated for later waits for the next pass and starves no I/O', () => {
  using pair = new Pair();
  using base = new EventBase();
  const ran: string[] = [];
  const again: Event<null> = new Event(
    base,
    -1,
    0,
    () => {
      ran.push('later');
      base.activateLater(again, EV_TIMEOUT);
    },
    null,
  );
  using read = new Event(
    base,
    pair.a,
    EV_READ | EV_PERSIST,
    (fd) => ran.push(`read ${get(fd)}`),
    null,
  );
  read.add();
  base.activateLater(again, EV_TIMEOUT);
  pass(base);
  put(pair.b, 'x');
  pass(base);
  assert.deepEqual(ran, ['later', 'later', 'read x']);
});

test('a callback that throws leaves the base usable and the rest to the next loop', () => {
  using base = new EventBase();
  using pair = new Pair();
  const ran: string[] = [];
  activate(base, 'aXb', ran, {
    X: () => {
      throw new TypeError('from the callback');
    },
  });
  using persistent = new Event(
    base,
    pair.a,
    EV_WRITE | EV_PERSIST,
    () => {
      ran.push('w');
      throw new RangeError('again');
    },
    null,
  );
  assert.throws(() => base.dispatch(), /from the callback/);
  assert.equal(ran.join(''), 'aX');
  persistent.add();
  assert.throws(() => base.dispatch(), RangeError);
  assert.equal(ran.join(''), 'aXbw');
  assert.equal(persistent.pending(EV_WRITE), EV_WRITE);
  persistent.del();
  assert.equal(base.dispatch(), 1);
});

test('free() from a callback is refused, and the loop goes on', () => {
  using base = new EventBase();
  const ran: string[] = [];
  activate(base, 'ab', ran, { a: () => assert.throws(() => base.free(), /own loop/) });
  assert.equal(base.dispatch(), 1);
  assert.equal(ran.join(''), 'ab');
});

test('E52 E53 E54 a persistent timer does not drift and does not make up for missed rounds', () => {
  using base = new EventBase();
  const at: number[] = [];
  const start = performance.now();
  const spin = (until: number): void => {
    while (performance.now() - start < until);
  };
  const timer: Event<null> = new Event(
    base,
    -1,
    EV_PERSIST,
    () => {
      at.push(performance.now() - start);
      if (at.length === 1) spin(75);
      if (at.length === 4) timer.del();
    },
    null,
  );
  timer.add(0.02);
  assert.equal(base.dispatch(), 1);
  assert.equal(at.length, 4);
  const due = [20, 75, 95, 115];
  for (const [i, time] of at.entries()) assert.ok(time >= (due[i] ?? 0) - 0.5, at.join(' '));
});

test('E55 E56 reading restarts the timeout of a persistent event', () => {
  using pair = new Pair();
  using base = new EventBase();
  const calls: number[] = [];
  using event = new Event(
    base,
    pair.a,
    EV_READ | EV_PERSIST,
    (fd, what) => {
      calls.push(what);
      if ((what & EV_READ) !== 0) get(fd);
      else base.loopBreak();
    },
    null,
  );
  event.add(0.04);
  let sent = 0;
  const sender: Event<null> = new Event(
    base,
    -1,
    EV_PERSIST,
    () => {
      put(pair.b, 'x');
      if (++sent === 4) sender.del();
    },
    null,
  );
  sender.add(0.015);
  base.dispatch();
  assert.equal(calls.at(-1), EV_TIMEOUT);
  assert.ok(calls.filter((what) => what === EV_READ).length >= 1);
  assert.equal(event.pending(EV_TIMEOUT), EV_TIMEOUT);
});

test('E57 a new timeout replaces the old one, none keeps it, a due one is taken back', () => {
  using base = new EventBase();
  const ran: string[] = [];
  using event = new Event(base, -1, 0, () => ran.push('event'), null);
  using first = new Event(
    base,
    -1,
    0,
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

test('E58 due timers run in the order of their deadlines', () => {
  using base = new EventBase();
  const order: number[] = [];
  for (const ms of [30, 10, 20, 10, 5]) {
    new Event(base, -1, 0, () => order.push(ms), null).add(ms / 1000);
  }
  assert.equal(base.dispatch(), 1);
  assert.deepEqual(order, [5, 10, 10, 20, 30]);
});

test('E59 a timeout of 0 is due in the next pass, and timeouts are checked', () => {
  using base = new EventBase();
  let runs = 0;
  const event: Event<null> = new Event(
    base,
    -1,
    0,
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

test('a signal that interrupts the wait does not end the loop', async () => {
  const ignore = (): void => undefined;
  process.on('SIGWINCH', ignore);
  using base = new EventBase();
  const script = `for i in 1 2 3 4; do kill -WINCH ${String(process.pid)}; sleep 0.05; done`;
  const shell = spawn('sh', ['-c', script], { stdio: 'ignore' });
  const closed = once(shell, 'close');
  base.loopExit(0.5);
  assert.equal(base.dispatch(), 0);
  assert.equal(base.gotExit(), true);
  await closed;
  process.off('SIGWINCH', ignore);
});
