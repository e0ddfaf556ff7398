import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Background, busyFrom } from './background.ts';

/** How often is read, in milliseconds. */
const INTERVAL = 100;

/** A session that uses what the test says. Time passes when the test says so. */
class Session {
  readonly #background = new Background();
  #now = 0;
  #used = 0;

  /**
   * @param share of one processor
   * @returns how long it was behind the others in this time, in milliseconds
   */
  uses(share: number, milliseconds: number): number {
    let behind = 0;
    for (let passed = 0; passed < milliseconds; passed += INTERVAL) {
      this.#now += INTERVAL;
      this.#used += share * INTERVAL;
      const had = this.#background.read(this.#used, this.#now);
      if (this.#background.decide(busyFrom([had], 2), this.#now)) behind += INTERVAL;
    }
    return behind;
  }
}

test('a session that works now and then, or all the time a little, is like the others', () => {
  const session = new Session();
  for (let burst = 0; burst < 20; burst++) {
    assert.equal(session.uses(1, INTERVAL) + session.uses(0.1, 3 * INTERVAL), 0);
  }
  assert.equal(session.uses(0.5, 60_000), 0);
});

test('one that keeps a processor busy is behind at once, and for as long as it does', () => {
  const session = new Session();
  session.uses(0.1, 5000);
  session.uses(1, 300);
  assert.equal(session.uses(1, 60_000), 60_000);
  assert.ok(session.uses(0, 20_000) < 6000);
  assert.equal(session.uses(0.1, 10_000), 0);
});

test('one that is busy whenever it is let is let less and less often', () => {
  const session = new Session();
  const stays = [];
  session.uses(1, 1000);
  for (let turn = 0; turn < 8; turn++) {
    let stay = 0;
    // Behind the others it gets next to nothing.
    while (session.uses(0.01, INTERVAL) > 0) stay += INTERVAL;
    stays.push(stay);
    assert.ok(session.uses(1, 1000) > 0);
  }
  for (const [turn, stay] of stays.entries()) {
    const earlier = stays[turn - 1] ?? 0;
    assert.ok(stay >= Math.min(60_000, 1.8 * earlier), String(stays));
    assert.ok(stay <= 65_000, String(stays));
  }
});

test('one that has been calm for long begins anew', () => {
  const session = new Session();
  session.uses(1, 1000);
  const stay = session.uses(0, 100_000);
  session.uses(1, 1000);
  assert.equal(session.uses(0, 100_000), stay);
});

test('those that divide the processors among them are busy, however many they are', () => {
  assert.equal(busyFrom([], 2), 0.75);
  assert.equal(busyFrom([1, 0.9, 0.1, 0.01], 2), 0.75);
  for (const count of [3, 4, 8]) {
    const each = 2 / count;
    // Below that it is a house of many who each do a little.
    if (each > 0.25) assert.ok(busyFrom(Array<number>(count).fill(each), 2) < each);
  }
  assert.equal(busyFrom(Array<number>(100).fill(0.02), 2), 0.75);
});
