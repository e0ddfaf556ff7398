/**
 * The clock of whoever writes a feed, set right by ours. The two are of one computer, but a process counts from
 * the moment when it looked at the time, and one that is corrected later, or sleeps meanwhile, is wrong from then
 * on. What is known for sure: nothing can be heard of before it was. Pure; times are in milliseconds since 1970.
 */

/** A clock is judged by the promptest of so many records at least, and of those before them. */
export const JUDGED_BY = 64;
/**
 * They were heard over so long at least, in milliseconds: all that comes in one go when this process has been kept from
 * hearing is late, however many records that are.
 */
export const JUDGED_OVER = 2000;
/**
 * So late the promptest of many records comes only if the clock is behind: a program has written all that it has
 * done when it begins to wait. A first few can all be late, if it has not waited yet.
 */
const LATEST = 250;
const LATEST_AT_FIRST = 2000;

/** How far the clock is off, as far as records show it. */
export class FeedClock {
  /** How late the promptest record came, of the last ones and of those before; negative if it was told too early. */
  #last = Infinity;
  #before = Infinity;
  #count = 0;
  /** When the first of the last ones was heard. */
  #since: number | undefined;
  #isNew = true;

  /**
   * The time of a record by our clock. It is not in the future.
   * @param claimed when it was, by the other clock
   * @param heard when it was heard of, by ours
   */
  at(claimed: number, heard: number): number {
    this.#judge(heard - claimed, heard);
    const late = Math.min(this.#last, this.#before);
    const isOff = late < 0 || late > (this.#isNew ? LATEST_AT_FIRST : LATEST);
    return Math.min(isOff ? claimed + late : claimed, heard);
  }

  #judge(late: number, heard: number): void {
    this.#since ??= heard;
    this.#last = Math.min(this.#last, late);
    this.#count += 1;
    if (this.#count < JUDGED_BY || heard - this.#since < JUDGED_OVER) return;
    this.#before = this.#last;
    this.#last = Infinity;
    this.#count = 0;
    this.#since = undefined;
    this.#isNew = false;
  }
}
