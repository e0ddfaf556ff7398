import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EVENT_BASE_COUNT_ACTIVE, EVENT_BASE_COUNT_ADDED } from '../core/counts.ts';
import { IDLE } from '../core/event_record.ts';
import { EV_CLOSED, EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT, EV_WRITE } from '../core/flags.ts';
import { SIGURG, raise } from '../sys/signal.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { Pair, put } from '../testing/sockets.ts';
import { Event } from './event.ts';
import type { EventBase } from './event_base.ts';

checkDescriptors();

const EVENTS = 8;
const RUNS_IN_A_PASS = 50;
const ANY = EV_READ | EV_WRITE | EV_CLOSED | EV_SIGNAL | EV_TIMEOUT;
const COUNTED = EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_ADDED;

const KINDS = ['add', 'addTimed', 'del', 'free', 'active', 'removeTimer', 'priority'] as const;

/** What is done to which event, and in which pass from which callback: the Nth that runs. */
interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly target: number;
  readonly detail: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  target: fc.nat({ max: EVENTS - 1 }),
  detail: fc.nat({ max: 3 }),
});

/**
 * Events that do arbitrary things to each other from their callbacks, and a model of each: whether
 * it may run, and when it certainly may not.
 */
class World {
  readonly base: EventBase;
  readonly events: Event<number>[] = [];
  readonly runs: number[] = [];
  readonly #freed = new Set<number>();
  /** Events that wait for something or are active; no other may run. */
  readonly #wanted = new Set<number>();
  readonly #script: Step[][];
  #left = 0;

  constructor(base: EventBase, pair: Pair, script: Step[][]) {
    this.base = base;
    this.#script = script;
    const kinds = [
      [pair.a, EV_READ],
      [pair.a, EV_READ | EV_PERSIST],
      [pair.a, EV_WRITE],
      [pair.b, EV_READ | EV_WRITE | EV_PERSIST],
      [SIGURG, EV_SIGNAL],
      [SIGURG, EV_SIGNAL | EV_PERSIST],
      [-1, 0],
      [-1, EV_PERSIST],
    ] as const;
    for (const [i, [fd, what]] of kinds.entries()) {
      this.events.push(new Event<number>(base, fd, what, (_fd, why, n) => this.#run(n, why), i));
      this.runs.push(0);
    }
  }

  #run(number: number, why: number): void {
    assert.ok(!this.#freed.has(number), `event ${String(number)} ran after free()`);
    assert.ok(this.#wanted.has(number), `event ${String(number)} ran without waiting`);
    assert.notEqual(why, 0);
    const event = this.events[number];
    assert.equal(this.base.getRunningEvent(), event);
    // An event of a signal has a call for each time that came.
    if (event?.pending(ANY) === 0 && event.fd !== SIGURG) this.#wanted.delete(number);
    this.runs[number] = (this.runs[number] ?? 0) + 1;
    for (const one of this.#script.shift() ?? []) this.apply(one);
    if (--this.#left <= 0) this.base.loopBreak();
  }

  apply({ kind, target, detail }: Step): void {
    const event = this.events[target];
    assert.ok(event);
    if (this.#freed.has(target)) {
      assert.throws(() => event.del(), /used after free/);
      return;
    }
    if (kind === 'add' || kind === 'addTimed') {
      assert.equal(kind === 'add' ? event.add() : event.add(detail === 0 ? 0 : 1000), 0);
      if (event.pending(ANY) !== 0) this.#wanted.add(target);
    } else if (kind === 'active') {
      event.active([EV_READ, EV_WRITE, EV_TIMEOUT, EV_SIGNAL][detail] ?? EV_READ);
      this.#wanted.add(target);
    } else if (kind === 'removeTimer') {
      event.removeTimer();
    } else if (kind === 'priority') {
      assert.equal(event.prioritySet(detail % 3), event.state === IDLE ? 0 : -1);
    } else {
      if (kind === 'del') {
        assert.equal(event.del(), 0);
        assert.equal(event.pending(ANY), 0);
      } else {
        event.free();
        this.#freed.add(target);
      }
      this.#wanted.delete(target);
    }
  }

  /** Sends the signal, if an event waits for it: nobody else here does. */
  raise(): void {
    const waits = (_base: EventBase, event: Event<unknown>): number =>
      Number(event.fd === SIGURG && event.inserted);
    if (this.base.foreachEvent(waits, null) === 1) raise(SIGURG);
  }

  /** Runs what is ready. Urgent events that are always ready keep others waiting for ever. */
  pass(): void {
    this.#left = RUNS_IN_A_PASS;
    pass(this.base);
    for (const number of this.#wanted) {
      if (this.events[number]?.pending(ANY) === 0) this.#wanted.delete(number);
    }
  }

  /** Frees what is left; then nothing of it may be left in the base. */
  end(): void {
    for (const [i, event] of this.events.entries()) {
      if (this.#freed.has(i)) continue;
      event.free();
      this.#freed.add(i);
    }
    assert.equal(this.base.getNumEvents(COUNTED), 0);
    assert.equal(
      this.base.foreachEvent(() => 1, null),
      0,
    );
    assert.equal(this.base.dispatch(), 1);
  }
}

onEachBackend((makeBase) => {
  test('events that add, delete, free and activate each other at random run only while wanted', () => {
    const script = fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), script, (before, callbacks) => {
        using pair = new Pair();
        using base = makeBase();
        base.priorityInit(3);
        put(pair.b, 'x');
        const world = new World(base, pair, [...callbacks]);
        for (const one of before) world.apply(one);
        for (let round = 0; round < 6; round++) {
          world.raise();
          world.pass();
        }
        world.end();
      }),
      { numRuns: 150 },
    );
  });
});
