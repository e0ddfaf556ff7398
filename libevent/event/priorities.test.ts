import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_PERSIST, EV_TIMEOUT, EV_WRITE } from '../core/flags.ts';
import { EINVAL, errno } from '../sys/errno.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { Pair } from '../testing/sockets.ts';
import { Event } from './event.ts';
import type { EventBase } from './event_base.ts';

checkDescriptors();

/** An event of a priority that is not added anywhere. */
function makeEvent(base: EventBase, priority: number, run: () => void): Event<null> {
  const event = new Event(base, -1, 0, run, null);
  assert.equal(event.prioritySet(priority), 0);
  return event;
}

onEachBackend((makeBase) => {
  test('E68 the number of priorities, and the priority an event begins with', () => {
    using base = makeBase();
    assert.equal(base.getNpriorities(), 1);
    for (const bad of [0, 256, -1, 1.5]) {
      assert.equal(base.priorityInit(bad), -1);
      assert.equal(errno(), EINVAL);
    }
    assert.equal(base.priorityInit(255), 0);
    assert.equal(base.priorityInit(5), 0);
    assert.equal(base.getNpriorities(), 5);
    const event = new Event(base, -1, 0, () => undefined, null);
    assert.equal(event.getPriority(), 2);
    for (const bad of [5, -1, 0.5]) {
      assert.equal(event.prioritySet(bad), -1);
      assert.equal(errno(), EINVAL);
    }
    assert.equal(event.prioritySet(4), 0);
    assert.equal(event.getPriority(), 4);
    event.active(EV_TIMEOUT);
    assert.equal(event.prioritySet(1), -1);
    assert.equal(base.priorityInit(3), -1);
    assert.equal(base.dispatch(), 1);
    assert.equal(event.prioritySet(1), 0);
  });

  // What each of two events that are always ready gets to run, until the first ran three times.
  for (const [count, high, low, expected] of [
    [1, 0, 0, [3, 3]],
    [2, 0, 1, [3, 1]],
    [3, 0, 2, [3, 0]],
  ] as const) {
    test(`E69 ${count} priorities: the urgent event runs 3 times, the other ${expected[1]}`, () => {
      using base = makeBase();
      base.priorityInit(count);
      const counts = [0, 0];
      const run = (index: number) => (): void => {
        const calls = (counts[index] = (counts[index] ?? 0) + 1);
        if (calls === 3) base.loopExit();
        else events[index]?.add(0);
      };
      const events = [high, low].map((priority, i) => makeEvent(base, priority, run(i)));
      for (const event of events) event.add(0);
      assert.equal(base.dispatch(), 0);
      assert.deepEqual(counts, expected);
    });
  }

  test('E70 active events run by priority, also one that a callback activates', () => {
    using base = makeBase();
    base.priorityInit(3);
    const ran: string[] = [];
    const note = (letter: string, priority: number) =>
      makeEvent(base, priority, () => ran.push(letter));
    note('l', 2).active(EV_TIMEOUT);
    note('m', 1).active(EV_TIMEOUT);
    note('h', 0).active(EV_TIMEOUT);
    assert.equal(base.dispatch(), 1);
    assert.equal(ran.splice(0).join(''), 'hml');
    const urgent = note('2', 0);
    const first = makeEvent(base, 1, () => {
      ran.push('0');
      urgent.active(EV_TIMEOUT);
    });
    first.active(EV_TIMEOUT);
    note('1', 1).active(EV_TIMEOUT);
    assert.equal(base.dispatch(), 1);
    assert.equal(ran.join(''), '021');
  });

  for (const [limit, interval, callbacks] of [
    ['callbacks', null, 2],
    ['time', 0, -1],
  ] as const) {
    test(`E71 with a limit of ${limit} the less urgent events make room for urgent ones`, () => {
      using pair = new Pair();
      using base = makeBase((config) => config.setMaxDispatchInterval(interval, callbacks, 1));
      base.priorityInit(2);
      const ran: string[] = [];
      using urgent = new Event(base, pair.a, EV_WRITE, () => ran.push('u'), null);
      urgent.prioritySet(0);
      for (const letter of 'abcd') {
        makeEvent(base, 1, () => {
          ran.push(letter);
          // Ready at once, which only asking the backend again can find out.
          if (letter === 'a') urgent.add();
        }).active(EV_TIMEOUT);
      }
      assert.equal(base.dispatch(), 1);
      assert.equal(ran.join(''), limit === 'time' ? 'aubcd' : 'abucd');
    });
  }

  test('E71 without a limit, or for more urgent events than it is for, all run first', () => {
    using pair = new Pair();
    for (const minPriority of [1, 2]) {
      using base = makeBase((config) => {
        if (minPriority === 2) config.setMaxDispatchInterval(null, 1, minPriority);
      });
      base.priorityInit(3);
      const ran: string[] = [];
      using urgent = new Event(base, pair.a, EV_WRITE, () => ran.push('u'), null);
      urgent.prioritySet(0);
      for (const letter of 'abc') {
        makeEvent(base, 1, () => {
          ran.push(letter);
          if (letter === 'a') urgent.add();
        }).active(EV_TIMEOUT);
      }
      assert.equal(base.dispatch(), 1);
      assert.equal(ran.join(''), 'abcu');
    }
  });

  test('an event keeps running when its base has fewer priorities than it was made for', () => {
    using base = makeBase();
    base.priorityInit(10);
    let runs = 0;
    using event = new Event(base, -1, EV_PERSIST, () => runs++, null);
    assert.equal(event.prioritySet(9), 0);
    base.priorityInit(2);
    event.active(EV_TIMEOUT);
    event.del();
    event.active(EV_TIMEOUT);
    assert.equal(base.dispatch(), 1);
    assert.equal(runs, 1);
  });
});
