/**
 * When a session goes behind the others: it keeps a processor busy, and they would wait for their turn at
 * each line. It has all that nobody else wants, so on a quiet computer it is as fast as ever.
 */

/** A session is busy that had more than this share of one processor. */
const BUSY = 0.75;
/** One that had more than this is among those that divide the processors. */
const CONTENDS = 0.25;
/** Over so long, in milliseconds. A start without a warm sandbox is as busy, and waits for the lines of others. */
const WINDOW = 200;
/**
 * How long one stays behind that is busy no longer, in milliseconds. Behind others a program has little
 * of a processor and looks calm, so that whoever proves busy again stays twice as long each time.
 */
const STAY = { first: 2000, longest: 64_000 };
/** So long after it came back, a session that is busy is so for the first time, in milliseconds. */
const FORGOTTEN = 60_000;

/**
 * From which share of one processor on a session is busy: less where so many run that none can have it.
 * @param shares what each session had
 * @param processors how many there are
 */
export function busyFrom(shares: readonly number[], processors: number): number {
  const contenders = shares.filter((share) => share > CONTENDS).length;
  return contenders > processors ? (BUSY * processors) / contenders : BUSY;
}

/** Decides it for one session. */
export class Background {
  readonly #readings: { readonly at: number; readonly used: number }[] = [];
  #share = 0;
  #stay = STAY.first;
  #until = -Infinity;

  /**
   * Takes a reading.
   * @param used what its processes have had of all processors since it began, in milliseconds
   * @param now milliseconds since some moment
   * @returns its share of one processor lately
   */
  read(used: number, now: number): number {
    const readings = this.#readings;
    readings.push({ at: now, used });
    while (readings[1] && now - readings[1].at >= WINDOW) readings.shift();
    const [first = { at: now, used }] = readings;
    this.#share = (used - first.used) / Math.max(WINDOW, now - first.at);
    return this.#share;
  }

  /**
   * Whether it belongs behind the others from now on.
   * @param from the share from which on it is busy, see {@link busyFrom}
   * @param now as in {@link read}
   */
  decide(from: number, now: number): boolean {
    if (this.#share > from) {
      const isBehind = now < this.#until;
      if (!isBehind) {
        const again = now - this.#until < FORGOTTEN;
        this.#stay = again ? Math.min(2 * this.#stay, STAY.longest) : STAY.first;
      }
      this.#until = now + this.#stay;
    }
    return now < this.#until;
  }
}
