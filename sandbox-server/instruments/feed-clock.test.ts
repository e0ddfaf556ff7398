import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FeedClock, JUDGED_BY, JUDGED_OVER } from './feed-clock.ts';

/** How late, in milliseconds, what is written is heard. */
const DELAYS = [0.5, 3, 1, 40, 0.2];

/** How long between two records, in milliseconds: as many as a clock is judged by take as long as that takes. */
const APART = JUDGED_OVER / JUDGED_BY;

/**
 * Hears records, one after the other.
 * @param off how far the clock is ahead, or, below 0, behind
 * @returns how far each record’s time is from the right one
 */
function hear(clock: FeedClock, off: number, records: number, from = 1e6): number[] {
  return Array.from({ length: records }, (_, index) => {
    const time = from + index * APART;
    return clock.at(time + off, time + (DELAYS[index % DELAYS.length] ?? 0)) - time;
  });
}

suite('a clock', () => {
  test('that is right is left as it is', () => {
    for (const wrong of hear(new FeedClock(), 0, 5 * JUDGED_BY)) assert.equal(wrong, 0);
  });

  test('that is ahead is set right, and nothing was before it was heard of', () => {
    for (const off of [1, 200, 1999, 1e9]) {
      const wrong = hear(new FeedClock(), off, 5 * JUDGED_BY);
      // The promptest tells how far: it came 0.2 ms after it was written.
      for (const each of wrong.slice(5)) assert.ok(Math.abs(each - 0.2) < 1e-6, `${off}: ${each}`);
      wrong.forEach((each, index) => assert.ok(each <= (DELAYS[index % DELAYS.length] ?? 0)));
    }
  });

  test('that is behind is set right: far behind at once, a little when many records have come', () => {
    for (const wrong of hear(new FeedClock(), -1e6, 5 * JUDGED_BY).slice(5)) {
      assert.ok(Math.abs(wrong - 0.2) < 1e-6);
    }
    const wrongs = hear(new FeedClock(), -1000, 5 * JUDGED_BY);
    assert.equal(wrongs[0], -1000, 'it may have been late');
    for (const wrong of wrongs.slice(JUDGED_BY + 1)) {
      assert.ok(Math.abs(wrong - 0.2) < 1e-6);
    }
  });

  test('that is right is left as it is when all of a while is heard late, however much that is', () => {
    for (const records of [JUDGED_BY, 10 * JUDGED_BY]) {
      const clock = new FeedClock();
      hear(clock, 0, 3 * JUDGED_BY);
      // Half a second in which nobody heard, and then all of it.
      const began = 2e6;
      for (let index = 0; index < records; index += 1) {
        const time = began + (index / records) * 400;
        assert.equal(clock.at(time, began + 500), time);
      }
      for (const wrong of hear(clock, 0, 3 * JUDGED_BY, began + 600)) assert.equal(wrong, 0);
    }
  });

  test('that is corrected in the middle is set right again', () => {
    const clock = new FeedClock();
    hear(clock, 0, 3 * JUDGED_BY);
    for (const [off, from] of [
      [1000, 2e6],
      [-1000, 3e6],
    ] as const) {
      const wrong = hear(clock, off, 5 * JUDGED_BY, from).slice(3 * JUDGED_BY);
      for (const each of wrong) assert.ok(Math.abs(each - 0.2) < 1e-6, String(each));
    }
  });
});
