import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EVENT_BASE_COUNT_ACTIVE,
  EVENT_BASE_COUNT_ADDED,
  EVENT_BASE_COUNT_VIRTUAL,
} from '../core/counts.ts';
import { EV_PERSIST, EV_READ } from '../core/flags.ts';
import { SIGUSR1 } from '../sys/signal.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { Pair } from '../testing/sockets.ts';
import { Event, evsignalNew, evtimerNew } from './event.ts';

checkDescriptors();

const ALL = EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_VIRTUAL | EVENT_BASE_COUNT_ADDED;

onEachBackend((makeBase) => {
  test('E19 getNumEvents counts each thing an event waits for, and once more while active', () => {
    using pair = new Pair();
    using base = makeBase();
    const counts = () =>
      [EVENT_BASE_COUNT_ACTIVE, EVENT_BASE_COUNT_VIRTUAL, EVENT_BASE_COUNT_ADDED, ALL].map((what) =>
        base.getNumEvents(what),
      );
    using event = new Event(base, pair.a, EV_READ, () => undefined, null);
    event.add(100);
    assert.deepEqual(counts(), [0, 0, 2, 2]);
    event.active(EV_READ);
    assert.deepEqual(counts(), [1, 0, 3, 4]);
    assert.equal(base.getNumEvents(EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_ADDED), 4);
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(counts(), [0, 0, 0, 0]);
  });

  test('E19 the pipe that signals come by is not counted', () => {
    using base = makeBase();
    using signal = evsignalNew(base, SIGUSR1, () => undefined, null);
    signal.add();
    assert.equal(base.getNumEvents(ALL), 1);
    signal.del();
    assert.equal(base.getNumEvents(ALL), 0);
    assert.equal(base.dispatch(), 1);
  });

  test('E19 getMaxEvents remembers the most there were, until it is told to forget', () => {
    using pair = new Pair();
    using base = makeBase();
    const most = (what: number) => base.getMaxEvents(what, false);
    using first = new Event(base, pair.a, EV_READ, () => undefined, null);
    using second = new Event(base, pair.a, EV_READ, () => undefined, null);
    first.add(100);
    second.add(100);
    second.del();
    assert.equal(most(EVENT_BASE_COUNT_ACTIVE), 0);
    assert.equal(most(EVENT_BASE_COUNT_ADDED), 4);
    first.active(EV_READ);
    assert.equal(most(ALL), 5);
    assert.equal(base.dispatch(), 1);
    assert.equal(base.getMaxEvents(ALL, true), 5);
    assert.equal(most(ALL), 0);
  });

  test('E19 what keeps the loop running without an event is counted as virtual', () => {
    using base = makeBase();
    base.addVirtual();
    assert.equal(base.getNumEvents(EVENT_BASE_COUNT_VIRTUAL), 1);
    evtimerNew(base, () => base.delVirtual(), null).add(0);
    assert.equal(base.dispatch(), 1);
    assert.equal(base.getMaxEvents(EVENT_BASE_COUNT_VIRTUAL, false), 1);
    assert.equal(base.getNumEvents(EVENT_BASE_COUNT_VIRTUAL), 0);
  });

  test('E20 foreachEvent visits each event once and stops at a result that is not 0', () => {
    using pair = new Pair();
    using base = makeBase();
    const run = (): void => undefined;
    const io = new Event(base, pair.a, EV_READ | EV_PERSIST, run, null);
    const timer = evtimerNew(base, run, null);
    const signal = evsignalNew(base, SIGUSR1, run, null);
    const active = new Event(base, -1, 0, run, null);
    const idle = new Event(base, -1, 0, run, null);
    assert.equal(
      base.foreachEvent(() => 7, null),
      0,
    );
    io.add(100);
    io.active(EV_READ);
    timer.add(100);
    signal.add();
    active.active(EV_READ);
    const seen = new Set<unknown>();
    let visits = 0;
    const result = base.foreachEvent((itsBase, event, arg) => {
      assert.equal(itsBase, base);
      assert.equal(arg, 'arg');
      seen.add(event);
      visits++;
      return 0;
    }, 'arg');
    assert.equal(result, 0);
    assert.deepEqual(seen, new Set([io, signal, timer, active]));
    assert.equal(visits, 4);
    assert.equal(
      base.foreachEvent((_base, event) => (event === signal ? 101 : 0), null),
      101,
    );
    // Each visit deletes another event: whatever the order, at most half of them are visited.
    let deletions = 0;
    base.foreachEvent((_base, event) => {
      const other = [io, signal, timer, active].find((one) => one !== event && one.del() === 0);
      assert.ok(other);
      for (const one of [io, signal, timer, active]) if (one !== event) one.del();
      deletions++;
      return 0;
    }, null);
    assert.equal(deletions, 1);
    for (const event of [io, signal, timer, active, idle]) event.free();
  });

  test('E22 dump lists what waits and what is about to run', () => {
    using pair = new Pair();
    using base = makeBase();
    const run = (): void => undefined;
    using io = new Event(base, pair.a, EV_READ | EV_PERSIST, run, null);
    using timer = evtimerNew(base, run, null);
    using signal = evsignalNew(base, SIGUSR1, run, null);
    assert.equal(base.dump(), 'Inserted events:\nActive events:\n');
    io.add();
    timer.add(100);
    signal.add();
    io.active(EV_READ);
    const lines = base.dump().trimEnd().split('\n');
    const active = lines.indexOf('Active events:');
    assert.equal(lines[0], 'Inserted events:');
    assert.equal(active, 4);
    const waiting = lines.slice(1, active);
    assert.ok(waiting.includes(`  [fd ${String(pair.a)}] Read Persist`));
    assert.ok(waiting.includes(`  [sig ${String(SIGUSR1)}] Signal Persist`));
    assert.ok(waiting.some((line) => /^ {2}\[fd -1\] Timeout=(99\.\d{3}|100\.000)$/.test(line)));
    assert.deepEqual(lines.slice(active + 1), [`  [fd ${String(pair.a)}, priority=0] Read active`]);
  });
});
