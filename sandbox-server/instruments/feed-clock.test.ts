import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FeedClock, JUDGED_BY } from './feed-clock.ts';

/** How late, in milliseconds, what is written is heard. */
const DELAYS = [0.5, 3, 1, 40, 0.2];

/**
 * Hears records, one each millisecond.
 * @param off how far the clock is ahead, or, below 0, behind
 * @returns how far each record’s time is from the right one
 */
function hear(clock: FeedClock, off: number, records: number, from = 1e6): number[] {
  return Array.from({ length: records }, (_, index) => {
    const time = from + index;
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
    for (const wrong of wrongs.slice(JUDGED_BY)) {
      assert.ok(Math.abs(wrong - 0.2) < 1e-6);
    }
  });

  test('that is corrected in the middle is set right again', () => {
    const clock = new FeedClock();
    hear(clock, 0, 3 * JUDGED_BY);
    for (const off of [1000, -1000]) {
      const wrong = hear(clock, off, 5 * JUDGED_BY, 2e6).slice(3 * JUDGED_BY);
      for (const each of wrong) assert.ok(Math.abs(each - 0.2) < 1e-6, String(each));
    }
  });
});
