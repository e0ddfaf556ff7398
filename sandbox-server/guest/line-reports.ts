/** What a client tells of the lines that it sends and receives: soon, but not of each if they come fast. */

/** The shortest time between two reports of one way, in milliseconds: a page draws no more. */
const EVERY = 20;

/** The end of a line. */
const NEWLINE = 0x0a;

/** Which way a line goes. */
export type Way = 'sent' | 'received';

interface Waiting {
  bytes: number;
  /** When the first of them went, in milliseconds since 1970. */
  time: number;
}

/** The reports of one client. */
export class LineReports {
  readonly #tell: (way: Way, bytes: number, time: number) => void;
  readonly #now: () => number;
  /** Bytes since the last end of a line. */
  readonly #begun: Record<Way, number> = { sent: 0, received: 0 };
  readonly #waiting = new Map<Way, Waiting>();
  readonly #timers = new Map<Way, NodeJS.Timeout>();

  /**
   * @param tell takes a report: so many bytes that end with the end of a line, and when
   * @param now in milliseconds since 1970
   */
  constructor(
    tell: (way: Way, bytes: number, time: number) => void,
    now = (): number => performance.timeOrigin + performance.now(),
  ) {
    this.#tell = tell;
    this.#now = now;
  }

  /** Takes bytes as they are sent, or as they have come. */
  take(way: Way, bytes: Uint8Array): void {
    const last = bytes.lastIndexOf(NEWLINE);
    if (last < 0) {
      this.#begun[way] += bytes.length;
      return;
    }
    const whole = this.#begun[way] + last + 1;
    this.#begun[way] = bytes.length - last - 1;
    const waiting = this.#waiting.get(way);
    if (waiting) waiting.bytes += whole;
    else this.#waiting.set(way, { bytes: whole, time: this.#now() });
    if (!this.#timers.has(way)) this.#report(way);
  }

  /** Tells what has not been told: the client is about to end. */
  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const [way, { bytes, time }] of this.#waiting) this.#tell(way, bytes, time);
    this.#waiting.clear();
  }

  #report(way: Way): void {
    this.#timers.delete(way);
    const waiting = this.#waiting.get(way);
    if (!waiting) return;
    this.#waiting.delete(way);
    this.#tell(way, waiting.bytes, waiting.time);
    const timer = setTimeout(() => this.#report(way), EVERY);
    // What is left is told at the end.
    timer.unref();
    this.#timers.set(way, timer);
  }
}
