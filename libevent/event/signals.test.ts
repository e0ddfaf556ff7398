import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT } from '../core/flags.ts';
import { EVLOOP_NONBLOCK, EVLOOP_NO_EXIT_ON_EMPTY } from '../core/loop.ts';
import { EINVAL, errno } from '../sys/errno.ts';
import {
  NSIG,
  SIGKILL,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
  Sigaction,
  raise,
  sigaction,
} from '../sys/signal.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Event, evsignalNew, evtimerNew } from './event.ts';

checkDescriptors();

function actionOf(signum: number): Sigaction {
  const action = new Sigaction();
  assert.equal(sigaction(signum, null, action), 0);
  return action;
}

onEachBackend((makeBase) => {
  test('E62 a signal that comes while the loop sits in the backend wakes it', async () => {
    using base = makeBase();
    using pair = new Pair();
    const calls: [number, number][] = [];
    using event = evsignalNew(
      base,
      SIGUSR1,
      (signum, what) => {
        calls.push([signum, what]);
        if (calls.length === 3) base.loopExit();
        else put(pair.a, 'next\n');
      },
      null,
    );
    assert.equal(event.add(), 0);
    // Who sends them waits until the one before was handled, or the system might make one of two.
    const script = 'for i in 1 2 3; do read line; sleep 0.05; kill -USR1 $PPID; done';
    const shell = spawn('sh', ['-c', script], { stdio: [pair.b, 'ignore', 'ignore'] });
    const closed = once(shell, 'close');
    put(pair.a, 'first\n');
    assert.equal(base.loop(EVLOOP_NO_EXIT_ON_EMPTY), 0);
    assert.deepEqual(
      calls,
      Array.from({ length: 3 }, () => [SIGUSR1, EV_SIGNAL]),
    );
    await closed;
  });

  test('E62 deleted and added again, raised before a loop that does not wait', () => {
    using base = makeBase();
    let calls = 0;
    using event = evsignalNew(base, SIGUSR1, () => calls++, null);
    event.add();
    event.del();
    event.add();
    assert.equal(event.pending(EV_SIGNAL), EV_SIGNAL);
    raise(SIGUSR1);
    assert.equal(base.loop(EVLOOP_NONBLOCK), 0);
    assert.equal(calls, 1);
    assert.equal(base.loop(EVLOOP_NONBLOCK), 0);
    assert.equal(calls, 1);
  });

  test('E62 E64 two events of one signal both run, the one added last first', () => {
    using base = makeBase();
    const ran: string[] = [];
    using first = evsignalNew(base, SIGUSR1, () => ran.push('S'), null);
    using second = evsignalNew(base, SIGUSR1, () => ran.push('2'), null);
    first.add();
    second.add();
    raise(SIGUSR1);
    pass(base);
    assert.equal(ran.join(''), '2S');
    second.del();
    raise(SIGUSR1);
    pass(base);
    assert.equal(ran.join(''), '2SS');
  });

  test('E63 two raises before the loop are two calls', () => {
    using base = makeBase();
    const calls: number[] = [];
    using event = evsignalNew(base, SIGUSR1, (_signum, what) => calls.push(what), null);
    event.add();
    raise(SIGUSR1);
    raise(SIGUSR1);
    pass(base);
    assert.deepEqual(calls, [EV_SIGNAL, EV_SIGNAL]);
  });

  test('E63 a thousand raises of two signals are all counted', () => {
    using base = makeBase();
    const counts = [0, 0];
    const on = (signum: number, index: number) =>
      evsignalNew(base, signum, () => (counts[index] = (counts[index] ?? 0) + 1), null);
    using first = on(SIGUSR1, 0);
    using second = on(SIGUSR2, 1);
    first.add();
    second.add();
    for (let i = 0; i < 3000; i++) raise(i % 3 === 0 ? SIGUSR2 : SIGUSR1);
    pass(base);
    assert.deepEqual(counts, [2000, 1000]);
  });

  test('a signal event without EV_PERSIST runs for what has come by then, and is gone', () => {
    using base = makeBase();
    let calls = 0;
    const before = actionOf(SIGUSR1).handler;
    using event = new Event(base, SIGUSR1, EV_SIGNAL, () => calls++, null);
    event.add();
    raise(SIGUSR1);
    raise(SIGUSR1);
    assert.equal(base.dispatch(), 1);
    assert.equal(calls, 2);
    assert.equal(event.pending(EV_SIGNAL), 0);
    assert.equal(actionOf(SIGUSR1).handler, before);
  });

  test('E67 a signal raised by its own callback is delivered again, 5 in all', () => {
    using base = makeBase();
    let calls = 0;
    const event: Event<null> = evsignalNew(
      base,
      SIGUSR1,
      () => {
        if (++calls < 5) raise(SIGUSR1);
        else event.del();
      },
      null,
    );
    event.add();
    raise(SIGUSR1);
    assert.equal(base.dispatch(), 1);
    assert.equal(calls, 5);
  });

  for (const how of ['free', 'del'] as const) {
    test(`E67 ${how} on the first of two raises: one call`, () => {
      using base = makeBase();
      let calls = 0;
      const event: Event<null> = evsignalNew(
        base,
        SIGUSR1,
        () => {
          calls++;
          event[how]();
        },
        null,
      );
      event.add();
      raise(SIGUSR1);
      raise(SIGUSR1);
      assert.equal(base.dispatch(), 1);
      assert.equal(calls, 1);
    });
  }

  test('E67 a signal event with a timeout runs by the timeout', () => {
    using base = makeBase();
    const calls: number[] = [];
    const event: Event<null> = evsignalNew(
      base,
      SIGUSR1,
      (_signum, what) => {
        calls.push(what);
        event.del();
      },
      null,
    );
    event.add(0.00001);
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(calls, [EV_TIMEOUT]);
  });

  test('E63 a signal and the timeout at once are one call, two signals are two', () => {
    using base = makeBase();
    const calls: number[] = [];
    using event = evsignalNew(base, SIGUSR1, (_signum, what) => calls.push(what), null);
    event.add();
    event.active(EV_SIGNAL);
    event.active(EV_TIMEOUT);
    pass(base);
    assert.deepEqual(calls.splice(0), [EV_SIGNAL | EV_TIMEOUT]);
    event.active(EV_SIGNAL);
    event.active(EV_SIGNAL);
    pass(base);
    assert.deepEqual(calls, [EV_SIGNAL, EV_SIGNAL]);
  });

  test('E36 what is no signal, or cannot be caught, is refused', () => {
    using base = makeBase();
    for (const signum of [-1, 0, NSIG, 99_999, SIGKILL]) {
      using event = new Event(base, signum, EV_SIGNAL, () => undefined, null);
      assert.equal(event.add(), -1);
      assert.equal(errno(), EINVAL);
      assert.equal(event.pending(EV_SIGNAL), 0);
    }
    assert.equal(base.dispatch(), 1);
  });

  test('E43 activeBySignal runs the events of that signal, unknown ones are ignored', () => {
    using base = makeBase();
    const ran: [number, number][] = [];
    const note = (signum: number, what: number): void => void ran.push([signum, what]);
    using first = evsignalNew(base, SIGUSR1, note, null);
    using second = evsignalNew(base, SIGUSR2, note, null);
    first.add();
    second.add();
    base.activeBySignal(SIGUSR2);
    base.activeBySignal(SIGWINCH);
    base.activeBySignal(-1);
    base.activeBySignal(99_999);
    pass(base);
    assert.deepEqual(ran, [[SIGUSR2, EV_SIGNAL]]);
  });

  test('E13 a callback that throws, or breaks the loop, loses none of the signals that came', () => {
    using base = makeBase();
    let calls = 0;
    using event = evsignalNew(
      base,
      SIGUSR1,
      () => {
        if (++calls === 1) throw new RangeError('first');
        if (calls === 2) base.loopBreak();
      },
      null,
    );
    event.add();
    for (let i = 0; i < 4; i++) raise(SIGUSR1);
    assert.throws(() => pass(base), /first/);
    assert.equal(calls, 1);
    pass(base);
    assert.equal(calls, 2);
    pass(base);
    assert.equal(calls, 4);
  });

  test('signals and descriptors in one base, urgent events first', () => {
    using pair = new Pair();
    using base = makeBase();
    base.priorityInit(3);
    const ran: string[] = [];
    using signal = evsignalNew(base, SIGUSR1, () => ran.push('signal'), null);
    using reader = new Event(
      base,
      pair.a,
      EV_READ | EV_PERSIST,
      (fd) => ran.push(String(get(fd))),
      0,
    );
    signal.prioritySet(2);
    signal.add();
    reader.add();
    put(pair.b, 'x');
    raise(SIGUSR1);
    pass(base);
    assert.deepEqual(ran, ['x', 'signal']);
  });

  test('a signal that Node handles and that interrupts the wait does not end the loop', async () => {
    const ignore = (): void => undefined;
    process.on('SIGWINCH', ignore);
    using base = makeBase();
    const script = 'for i in 1 2 3 4; do kill -WINCH $PPID; sleep 0.02; done; kill -USR1 $PPID';
    using event = evsignalNew(base, SIGUSR1, () => base.loopExit(), null);
    event.add();
    const shell = spawn('sh', ['-c', script], { stdio: 'ignore' });
    const closed = once(shell, 'close');
    using timer = evtimerNew(base, () => assert.fail('the signal did not come'), null);
    timer.add(60);
    assert.equal(base.dispatch(), 0);
    assert.equal(base.gotExit(), true);
    await closed;
    process.off('SIGWINCH', ignore);
  });
});
