import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT, EV_WRITE } from '../core/flags.ts';
import { EINVAL, errno } from '../sys/errno.ts';
import { SIGUSR1 } from '../sys/signal.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Event, eventSelfCbarg, evsignalNew, evtimerNew } from './event.ts';
import { EventBase } from './event_base.ts';

checkDescriptors();

test('E18 eventSelfCbarg hands a callback its own event, which is the running one', () => {
  using base = new EventBase();
  let calls = 0;
  const event = new Event(
    base,
    -1,
    EV_PERSIST,
    (_fd, _what, self) => {
      calls++;
      assert.equal(self, event);
      assert.equal(base.getRunningEvent(), event);
      self.del();
    },
    eventSelfCbarg(),
  );
  assert.equal(base.getRunningEvent(), null);
  event.add(0);
  assert.equal(base.dispatch(), 1);
  assert.equal(calls, 1);
  assert.equal(base.getRunningEvent(), null);
  assert.equal(event.getCallbackArg(), event);
});

test('E42 getAssignment and the getters return what an event was made with', () => {
  using pair = new Pair();
  using base = new EventBase();
  const callback = (_fd: number, _what: number, arg: string): string => arg;
  using event = new Event(base, pair.a, EV_READ | EV_PERSIST, callback, 'arg');
  assert.deepEqual(Object.keys(event.getAssignment()), ['base', 'fd', 'events', 'callback', 'arg']);
  const assignment = event.getAssignment();
  assert.equal(assignment.base, base);
  assert.equal(assignment.fd, pair.a);
  assert.equal(assignment.events, EV_READ | EV_PERSIST);
  assert.equal(assignment.callback, callback);
  assert.equal(assignment.arg, 'arg');
  assert.equal(event.getBase(), base);
  assert.equal(event.getFd(), pair.a);
  assert.equal(event.getEvents(), EV_READ | EV_PERSIST);
  assert.equal(event.getCallback(), callback);
  assert.equal(event.getCallbackArg(), 'arg');
  assert.equal(event.getPriority(), 0);
});

test('the forms for timers and signals, and their use after free()', () => {
  using base = new EventBase();
  let runs = 0;
  const timer = evtimerNew(
    base,
    (fd, what) => (runs += fd === -1 && what === EV_TIMEOUT ? 1 : 0),
    0,
  );
  assert.equal(timer.getEvents(), 0);
  timer.add(0);
  assert.equal(base.dispatch(), 1);
  assert.equal(runs, 1);
  using signal = evsignalNew(base, SIGUSR1, () => undefined, null);
  assert.equal(signal.getEvents(), EV_SIGNAL | EV_PERSIST);
  assert.equal(signal.getFd(), SIGUSR1);
  assert.equal(timer.initialized(), true);
  timer.free();
  assert.equal(timer.initialized(), false);
  const uses = [
    () => timer.add(),
    () => timer.del(),
    () => timer.free(),
    () => timer.pending(EV_READ),
    () => timer.remaining(),
    () => timer.active(EV_READ),
    () => timer.removeTimer(),
    () => timer.prioritySet(0),
    () => timer.getAssignment(),
    () => timer.getCallback(),
    () => timer.getCallbackArg(),
    () => timer.getEvents(),
    () => timer.getPriority(),
  ];
  for (const use of uses) assert.throws(use, /Event used after free/);
});

test('E37 a signal and a descriptor do not go together', () => {
  using base = new EventBase();
  for (const what of [EV_READ, EV_WRITE]) {
    assert.throws(() => new Event(base, 1, EV_SIGNAL | what, () => undefined, null), RangeError);
  }
});

onEachBackend((makeBase) => {
  test('E45 active twice is one call with both reasons, none if it was deleted before', () => {
    using base = makeBase();
    const calls: number[] = [];
    using event = new Event(base, -1, EV_PERSIST, (_fd, what) => calls.push(what), null);
    event.active(EV_READ);
    event.active(EV_WRITE);
    assert.equal(event.pending(EV_READ | EV_WRITE), EV_READ | EV_WRITE);
    pass(base);
    assert.deepEqual(calls, [EV_READ | EV_WRITE]);
    event.active(EV_READ);
    event.del();
    pass(base);
    assert.equal(calls.length, 1);
  });

  test('E46 how often it was activated matters for signals only', () => {
    using base = makeBase();
    let plain = 0;
    let signal = 0;
    new Event(base, -1, 0, () => plain++, null).active(EV_READ, 5);
    new Event(base, SIGUSR1, EV_SIGNAL, () => signal++, null).active(EV_SIGNAL, 5);
    pass(base);
    assert.deepEqual([plain, signal], [1, 5]);
  });

  test('E47 events run in the order in which they became active', () => {
    using base = makeBase();
    const ran: string[] = [];
    const note = (letter: string) => new Event(base, -1, 0, () => ran.push(letter), null);
    const last = note('d');
    const first = new Event(
      base,
      -1,
      0,
      () => {
        ran.push('a');
        last.active(EV_READ);
      },
      null,
    );
    first.active(EV_READ);
    note('b').active(EV_WRITE);
    note('c').active(EV_TIMEOUT);
    pass(base);
    assert.equal(ran.join(''), 'abcd');
  });

  test('E48 an event that activates itself for later does not keep I/O waiting', () => {
    using pair = new Pair();
    using base = makeBase();
    const counts = { write: 0, read: 0, activate: 0 };
    const on = (fd: number, what: number, run: () => void) =>
      new Event(base, fd, what | EV_PERSIST, run, null);
    using writer = on(pair.a, EV_WRITE, () => {
      counts.write++;
      put(pair.a, 'x');
    });
    using reader = on(pair.b, EV_READ, () => {
      if (get(pair.b) !== null && ++counts.read === 150) base.loopExit();
    });
    using again = on(-1, 0, () => {
      counts.activate++;
      base.activateLater(again, EV_READ);
    });
    base.activateLater(again, EV_READ);
    writer.add();
    reader.add();
    assert.equal(base.dispatch(), 0);
    assert.equal(counts.read, 150);
    assert.ok(counts.write >= 150 && counts.activate >= 150, JSON.stringify(counts));
    assert.ok(Math.abs(counts.write - counts.activate) <= 1, JSON.stringify(counts));
  });

  test('E48 what waits for the next pass runs in this one if it is activated', () => {
    using base = makeBase();
    const ran: number[] = [];
    using event = new Event(base, -1, 0, (_fd, what) => ran.push(what), null);
    base.activateLater(event, EV_READ);
    base.activateLater(event, EV_TIMEOUT);
    event.active(EV_WRITE);
    pass(base);
    assert.deepEqual(ran, [EV_READ | EV_TIMEOUT | EV_WRITE]);
    assert.equal(base.dispatch(), 1);
  });

  test('E49 once calls back once for reading, for a time, and at once', () => {
    using pair = new Pair();
    using base = makeBase();
    const ran: string[] = [];
    const note = (_fd: number, what: number, name: string): void =>
      void ran.push(`${name} ${String(what)}`);
    assert.equal(base.once(pair.a, EV_READ, note, 'read'), 0);
    assert.equal(base.once(-1, EV_TIMEOUT, note, 'none'), 0);
    assert.equal(base.once(-1, EV_TIMEOUT, note, 'zero', 0), 0);
    pass(base);
    assert.deepEqual(ran.splice(0), [`none ${String(EV_TIMEOUT)}`, `zero ${String(EV_TIMEOUT)}`]);
    assert.equal(base.once(-1, EV_TIMEOUT, note, 'timed', 0.02), 0);
    put(pair.b, 'x');
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(ran.sort(), [`read ${String(EV_READ)}`, `timed ${String(EV_TIMEOUT)}`]);
  });

  test('E49 once refuses signals, persistence and nothing to wait for', () => {
    using pair = new Pair();
    using base = makeBase();
    for (const [fd, what] of [
      [SIGUSR1, EV_SIGNAL],
      [pair.a, EV_READ | EV_PERSIST],
      [-1, 0],
    ] as const) {
      assert.equal(
        base.once(fd, what, () => assert.fail('ran'), null),
        -1,
      );
      assert.equal(errno(), EINVAL);
    }
    assert.throws(() => base.once(-1, EV_TIMEOUT, () => undefined, null, -1), RangeError);
    assert.equal(base.dispatch(), 1);
  });

  test('E49 what once was to call and did not goes with the base', () => {
    using pair = new Pair();
    const base = makeBase();
    const fail = (): void => assert.fail('ran after free');
    assert.equal(base.once(pair.a, EV_READ, fail, null), 0);
    assert.equal(base.once(-1, EV_TIMEOUT, fail, null, 100), 0);
    assert.equal(base.once(-1, EV_TIMEOUT, fail, null), 0);
    base.free();
  });

  test('a callback may delete and free events that are active with it', () => {
    using pair = new Pair();
    using base = makeBase();
    const order: string[] = [];
    const victim = new Event(base, pair.a, EV_WRITE, () => order.push('victim'), null);
    const killer: Event<null> = new Event(
      base,
      pair.a,
      EV_WRITE,
      () => {
        order.push('killer');
        victim.free();
        killer.free();
      },
      null,
    );
    victim.add();
    killer.add();
    pass(base);
    assert.deepEqual(order, ['killer']);
    assert.equal(pass(base), 1);
  });

  test('a callback may close the descriptor of another event and free it', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: string[] = [];
    const other = new Event(base, pair.b, EV_READ | EV_PERSIST, () => calls.push('other'), null);
    using event = new Event(
      base,
      pair.a,
      EV_WRITE,
      () => {
        other.free();
        pair.close(pair.b);
        calls.push('event');
      },
      null,
    );
    other.add();
    event.add();
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(calls, ['event']);
  });
});
