import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { EVLOOP_NONBLOCK } from '../core/loop.ts';
import {
  SIGCONT,
  SIGURG,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
  SIG_IGN,
  Sigaction,
  raise,
  sigaction,
} from '../sys/signal.ts';
import { loggedBy, onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { evsignalNew } from './event.ts';

checkDescriptors();

function actionOf(signum: number): Sigaction {
  const action = new Sigaction();
  assert.equal(sigaction(signum, null, action), 0);
  return action;
}

onEachBackend((makeBase) => {
  test('E65 after del, and after the base, the process does again what it did before', () => {
    const ignored = new Sigaction(SIG_IGN);
    const before = new Sigaction();
    assert.equal(sigaction(SIGUSR2, ignored, before), 0);
    const base = makeBase();
    const event = evsignalNew(base, SIGUSR2, () => undefined, null);
    event.add();
    assert.notEqual(actionOf(SIGUSR2).handler, SIG_IGN);
    event.del();
    assert.equal(actionOf(SIGUSR2).handler, SIG_IGN);
    event.add();
    base.free();
    assert.equal(actionOf(SIGUSR2).handler, SIG_IGN);
    assert.equal(event.del(), 0);
    assert.equal(sigaction(SIGUSR2, before, null), 0);
  });

  test('E65 a signal after del does nothing to the base', () => {
    using base = makeBase();
    using event = evsignalNew(base, SIGCONT, () => assert.fail('ran after del'), null);
    event.add();
    event.del();
    raise(SIGCONT);
    assert.equal(base.loop(EVLOOP_NONBLOCK), 1);
  });

  test('E65 a signal that came and was deleted before the loop runs nothing', () => {
    using base = makeBase();
    using event = evsignalNew(base, SIGUSR1, () => assert.fail('ran after del'), null);
    event.add();
    raise(SIGUSR1);
    event.del();
    base.loopExit();
    assert.equal(base.dispatch(), 0);
  });

  test('E65 Node gets its signals back, and a handler of Node that came later stays', async () => {
    const base = makeBase();
    let seen = 0;
    let calls = 0;
    const handler = (): void => {
      seen++;
    };
    process.on('SIGURG', handler);
    const event = evsignalNew(base, SIGURG, () => calls++, null);
    event.add();
    raise(SIGURG);
    pass(base);
    assert.deepEqual([calls, seen], [1, 0]);
    event.del();
    const got = once(process, 'SIGURG');
    raise(SIGURG);
    await got;
    assert.deepEqual([calls, seen], [1, 1]);
    process.off('SIGURG', handler);
    const winch = evsignalNew(base, SIGWINCH, () => calls++, null);
    winch.add();
    process.on('SIGWINCH', handler);
    winch.del();
    const late = once(process, 'SIGWINCH');
    raise(SIGWINCH);
    await late;
    assert.deepEqual([calls, seen], [1, 2]);
    process.off('SIGWINCH', handler);
    base.free();
  });

  test('E66 of two bases with one signal the last to add it gets it, with a warning', () => {
    for (const last of [0, 1]) {
      const bases = [makeBase(), makeBase()];
      const calls = [0, 0];
      const events = bases.map((base, i) =>
        evsignalNew(base, SIGUSR1, () => (calls[i] = (calls[i] ?? 0) + 1), null),
      );
      const logged = loggedBy(() => {
        events[1 - last]?.add();
        events[last]?.add();
      });
      assert.equal(logged.length, 1);
      assert.match(String(logged[0]), /^2 signal \d+ is added to a second event base/);
      raise(SIGUSR1);
      for (const base of bases) base.loop(EVLOOP_NONBLOCK);
      assert.deepEqual(calls, last === 0 ? [1, 0] : [0, 1]);
      // When it gives the signal up, the other one has it again.
      events[last]?.del();
      raise(SIGUSR1);
      for (const base of bases) base.loop(EVLOOP_NONBLOCK);
      assert.deepEqual(calls, [1, 1]);
      for (const base of bases) base.free();
    }
  });

  test('E66 two bases with different signals each get theirs', () => {
    using one = makeBase();
    using other = makeBase();
    const ran: string[] = [];
    using first = evsignalNew(one, SIGUSR1, () => ran.push('one'), null);
    using second = evsignalNew(other, SIGUSR2, () => ran.push('other'), null);
    first.add();
    second.add();
    raise(SIGUSR2);
    raise(SIGUSR1);
    pass(one);
    assert.deepEqual(ran, ['one']);
    pass(other);
    assert.deepEqual(ran, ['one', 'other']);
  });
});
