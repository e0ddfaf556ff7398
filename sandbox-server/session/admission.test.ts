import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import * as fc from 'fast-check';
import { Capacity } from '../capacity.ts';
import { Admission, type Admitted, type Applicant, type Rank } from './admission.ts';

const GiB = 1024 ** 3;
const MINUTE = 60_000;
const LONGEST = 10 * MINUTE;

let now: number;
let memory: number;

/** Somebody who writes down what becomes of them. */
class Somebody implements Applicant {
  readonly memory = 64 * 1024 * 1024;
  present = true;
  ending = false;
  yieldsSince: number | undefined;
  #hasPlace = false;
  readonly told: Rank[] = [];
  readonly measures: boolean;

  constructor(measures = false) {
    this.measures = measures;
  }

  isEnding(): boolean {
    return this.ending;
  }

  hasPlace(): boolean {
    return this.#hasPlace;
  }

  begin(): void {
    this.#hasPlace = true;
  }

  tell(rank: Rank): void {
    this.told.push(rank);
  }

  yield(): void {
    this.ending = true;
  }
}

/** A house with so many places. */
class House {
  readonly capacity: Capacity;
  readonly admission: Admission;

  constructor(places: number, queue = 10) {
    this.capacity = new Capacity(places, { memory: () => memory, descriptors: () => 1000 });
    this.admission = new Admission(this.capacity, queue, LONGEST, () => now);
  }

  /** Somebody asks for a place. */
  come(measures = false): Somebody {
    const one = new Somebody(measures);
    this.ask(one);
    return one;
  }

  ask(one: Somebody): Admitted {
    return this.admission.ask(one);
  }

  /** Somebody’s run is over, or they leave the queue. */
  go(one: Somebody): void {
    one.ending = true;
    if (one.hasPlace()) this.admission.release(one);
    else assert.ok(this.admission.leave(one));
  }
}

/** Time passes. */
function pass(milliseconds: number): void {
  now += milliseconds;
  mock.timers.tick(milliseconds);
}

beforeEach(() => {
  mock.timers.enable({ apis: ['setInterval'] });
  [now, memory] = [0, 8 * GiB];
});
afterEach(() => mock.timers.reset());

test('while there is a place nobody waits; then they are let in one by one, as they came', () => {
  const house = new House(2);
  const [ann, ben, cleo, dan] = [house.come(), house.come(), house.come(), house.come()];
  assert.ok(ann.hasPlace() && ben.hasPlace() && !cleo.hasPlace() && !dan.hasPlace());
  assert.deepEqual(cleo.told, [{ ahead: 0, wait: undefined }]);
  assert.deepEqual(dan.told, [{ ahead: 1, wait: undefined }]);
  house.go(ben);
  assert.ok(cleo.hasPlace() && !dan.hasPlace());
  house.go(ann);
  assert.ok(dan.hasPlace());
  assert.equal(house.admission.waiting, 0);
  assert.equal(house.capacity.used, 2);
});

test('a queue has an end, and says so', () => {
  const house = new House(1, 1);
  house.come();
  house.come();
  const late = house.ask(new Somebody());
  assert.deepEqual(late, {
    full: 'All places are taken: one run is going on. 1 more run waits for a place, and the queue is no longer than that.',
  });
  const closed = new House(1, 0);
  closed.come();
  const refused = { full: 'All places are taken: one run is going on.' };
  assert.deepEqual(closed.ask(new Somebody()), refused);
});

test('whoever is away lets others go before, and is next when they are back', () => {
  const house = new House(1);
  const [ann, ben, cleo] = [house.come(), house.come(), house.come()];
  ben.present = false;
  house.go(ann);
  assert.ok(!ben.hasPlace() && cleo.hasPlace());
  const dan = house.come();
  ben.present = true;
  house.go(cleo);
  assert.ok(ben.hasPlace() && !dan.hasPlace());
});

test('where all who wait are away, a place is for whoever comes', () => {
  const house = new House(1);
  const [ann, ben] = [house.come(), house.come()];
  ben.present = false;
  house.go(ann);
  const cleo = house.come();
  assert.ok(cleo.hasPlace());
  house.go(cleo);
  ben.present = true;
  pass(1000);
  assert.ok(ben.hasPlace());
});

test('those who wait hear that they have moved up, but not at every step', () => {
  const house = new House(1);
  house.come();
  const before = Array.from({ length: 9 }, () => house.come());
  const last = before.at(-1);
  for (const one of before.slice(0, -1)) {
    pass(1000);
    house.go(one);
  }
  pass(5000);
  assert.ok(last && last.told.length <= 4, JSON.stringify(last?.told));
  assert.deepEqual(last.told.at(-1), { ahead: 0, wait: undefined });
});

test('how long it takes is told as soon as something tells it', () => {
  const house = new House(1);
  for (let run = 0; run < 4; run++) {
    const one = house.come();
    pass(2 * MINUTE);
    house.go(one);
  }
  house.come();
  const [ben, cleo] = [house.come(), house.come()];
  assert.deepEqual(ben.told, [{ ahead: 0, wait: 120 }]);
  assert.deepEqual(cleo.told, [{ ahead: 1, wait: 240 }]);
});

test('the run in which nothing happened for the longest time makes room, and only for one who waits', () => {
  const house = new House(3);
  const [ann, ben, cleo] = [house.come(), house.come(), house.come()];
  ann.yieldsSince = 20;
  ben.yieldsSince = 10;
  pass(1000);
  assert.ok(!ann.isEnding() && !ben.isEnding());
  const dan = house.come();
  assert.ok(ben.isEnding() && !ann.isEnding() && !cleo.isEnding());
  pass(5000);
  assert.ok(!ann.isEnding());
  house.go(ben);
  assert.ok(dan.hasPlace());
  pass(5000);
  assert.ok(!ann.isEnding());
  const away = house.come();
  away.present = false;
  pass(1000);
  // She was there when she came.
  assert.ok(ann.isEnding() && !cleo.isEnding());
});

test('a run that becomes idle while others wait makes room too', () => {
  const house = new House(1);
  const [ann, ben] = [house.come(), house.come()];
  pass(MINUTE);
  ann.yieldsSince = now;
  pass(1000);
  assert.ok(ann.isEnding());
  house.go(ann);
  assert.ok(ben.hasPlace());
});

test('a shortage of the computer’s is refused, and those who wait are let in when it is over', () => {
  const house = new House(1);
  const ann = house.come();
  const ben = house.come();
  memory = GiB / 4;
  house.go(ann);
  assert.ok(!ben.hasPlace());
  pass(1000);
  assert.ok(!ben.hasPlace());
  memory = GiB;
  pass(1000);
  assert.ok(ben.hasPlace());
  house.go(ben);
  memory = GiB / 4;
  assert.deepEqual(house.ask(new Somebody()), { full: 'The server is short of memory.' });
});

test('who measures waits for whoever measures, is told so, and keeps no place from others', () => {
  const house = new House(3);
  const [ann, ben, cleo] = [house.come(true), house.come(true), house.come()];
  assert.ok(ann.hasPlace() && !ben.hasPlace() && cleo.hasPlace());
  assert.deepEqual(ben.told, [{ ahead: 0, wait: undefined, measuring: true }]);
  assert.ok(!house.admission.promised);
  const dan = house.come(true);
  house.go(ann);
  assert.ok(ben.hasPlace() && !dan.hasPlace());
  house.go(ben);
  assert.ok(dan.hasPlace());
  const closed = new House(3, 0);
  closed.come(true);
  assert.deepEqual(closed.ask(new Somebody(true)), {
    full: 'Another measurement is under way, and two at once would spoil each other.',
  });
});

test('nobody’s run is ended for a measurement that waits for another', () => {
  const house = new House(2);
  const [ann, ben] = [house.come(true), house.come()];
  ben.yieldsSince = 0;
  house.come(true);
  pass(1000);
  assert.ok(!ben.ending);
  house.go(ann);
});

test('a measurement in which nothing happens makes room for the next one, and only that does', () => {
  const house = new House(3);
  const [ann, ben] = [house.come(true), house.come()];
  ben.yieldsSince = 0;
  const cem = house.come(true);
  pass(1000);
  assert.ok(!ann.ending, 'something happens in it');
  ann.yieldsSince = now;
  cem.present = false;
  pass(1000);
  assert.ok(!ann.ending, 'nobody is there to take over');
  cem.present = true;
  pass(1000);
  assert.deepEqual([ann.ending, ben.ending], [true, false]);
  house.go(ann);
  assert.ok(cem.hasPlace());
});

test('whatever happens, nobody waits while there is a place, and nobody is overtaken who is there', () => {
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.constant('come' as const) },
    { weight: 2, arbitrary: fc.constant('end' as const) },
    { weight: 1, arbitrary: fc.constantFrom('leave' as const, 'lose' as const, 'back' as const) },
  );
  const step = fc.record({ action, which: fc.nat(1000) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 1, max: 4 }),
      (steps, places) => {
        const house = new House(places, 6);
        let waiting: Somebody[] = [];
        const running = new Set<Somebody>();
        const mayBegin = ({ present, measures }: Somebody): boolean =>
          present && !(measures && [...running].some((each) => each.measures));
        for (const { action: what, which } of steps) {
          const one = waiting[which % Math.max(1, waiting.length)];
          const run = [...running][which % Math.max(1, running.size)];
          if (what === 'come') {
            const somebody = new Somebody(which % 3 === 0);
            const admitted = house.ask(somebody);
            if (admitted === 'queued') waiting.push(somebody);
            else if (admitted === 'begun') running.add(somebody);
            else assert.equal(waiting.length, 6);
          } else if (what === 'end' && run) {
            running.delete(run);
            house.go(run);
          } else if (what === 'leave' && one) {
            waiting = waiting.filter((each) => each !== one);
            house.go(one);
          } else if (one && (what === 'lose' || what === 'back')) {
            one.present = what === 'back';
            if (what === 'back') house.admission.letIn();
          }
          const letIn = waiting.filter((each) => each.hasPlace());
          const still = waiting.filter((each) => !each.hasPlace());
          for (const each of letIn) {
            running.add(each);
            const before = still.filter((other) => waiting.indexOf(other) < waiting.indexOf(each));
            // Those who measure may have waited for one of those who were let in.
            assert.ok(before.every((other) => !mayBegin(other)));
          }
          waiting = still;
          assert.equal(house.capacity.used, running.size);
          assert.equal(house.admission.waiting, waiting.length);
          assert.equal(house.admission.promised, waiting.some(mayBegin));
          assert.ok([...running].filter(({ measures }) => measures).length <= 1);
          if (running.size < places) assert.ok(!waiting.some(mayBegin));
        }
      },
    ),
  );
});
