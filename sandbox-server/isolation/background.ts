/**
 * When a session goes behind the others: it keeps a processor busy, and they would wait for their turn at
 * each line. It has all that nobody else wants, so on a quiet computer it is as fast as ever.
 */

/** A session is busy that had more than this share of one processor. */
const BUSY = 0.75;
/** Over so long, in milliseconds. A start without a warm sandbox is as busy, and waits for the lines of others. */
const WINDOW = 200;
/**
 * How long one stays behind that is busy no longer, in milliseconds. Behind others a program has little
 * of a processor and looks calm, so that whoever proves busy again stays twice as long each time.
 */
const STAY = { first: 2000, longest: 64_000 };
/** So long after it came back, a session that is busy is so for the first time, in milliseconds. */
const FORGOTTEN = 60_000;

/** Decides it for one session. */
export class Background {
  readonly #readings: { readonly at: number; readonly used: number }[] = [];
  #stay = STAY.first;
  #until = -Infinity;

  /**
   * Takes a reading.
   * @param used what its processes have had of all processors since it began, in milliseconds
   * @param now milliseconds since some moment
   * @returns whether it belongs behind the others from now on
   */
  read(used: number, now: number): boolean {
    const readings = this.#readings;
    readings.push({ at: now, used });
    while (readings[1] && now - readings[1].at >= WINDOW) readings.shift();
    const [first = { at: now, used }] = readings;
    const isBusy = used - first.used > BUSY * Math.max(WINDOW, now - first.at);
    if (isBusy) {
      const wasBehind = now < this.#until;
      if (!wasBehind) {
        const again = now - this.#until < FORGOTTEN;
        this.#stay = again ? Math.min(2 * this.#stay, STAY.longest) : STAY.first;
      }
      this.#until = now + this.#stay;
    }
    return now < this.#until;
  }
}
