/**
 * The two halves of a sequence that survives the loss of its connection. The sender keeps each frame
 * until the receiver has acknowledged it; the receiver takes each number once, in order. Pure, and the
 * same in both directions.
 */

/** What is sent and kept. */
type Frame = string | Uint8Array;

/** What it costs to keep a frame beyond its own bytes, roughly. */
const KEPT = 128;
/** Frames of this cost are acknowledged at once; fewer wait for the next heartbeat. */
const OWED_AT_MOST = 64 * 1024;

/** What a frame costs to keep, in bytes. */
export function costOf({ length }: Frame): number {
  return length + KEPT;
}

/** What one end has sent and the other has not acknowledged. */
export class Sent<F extends Frame = Frame> {
  readonly #kept = new Map<number, F>();
  #oldest = 0;
  #next = 0;
  #cost = 0;

  /** What the frames that are kept cost, in bytes. */
  get cost(): number {
    return this.#cost;
  }

  /** The frames that are kept, in their order. */
  get kept(): Iterable<F> {
    return this.#kept.values();
  }

  /** Gives the next number, and keeps the frame that is made with it. */
  keep<G extends F>(make: (seq: number) => G): G {
    const frame = make(this.#next);
    this.#kept.set(this.#next++, frame);
    this.#cost += costOf(frame);
    return frame;
  }

  /**
   * The other end has all frames before this number.
   * @returns false when that can’t be: they were never sent, or it had said before that it has more
   */
  acknowledge(received: number): boolean {
    if (received > this.#next || received < this.#oldest) return false;
    for (; this.#oldest < received; this.#oldest++) {
      const frame = this.#kept.get(this.#oldest);
      if (frame !== undefined) this.#cost -= costOf(frame);
      this.#kept.delete(this.#oldest);
    }
    return true;
  }
}

/** What one end has received. */
export class Received {
  #next = 0;
  /** What was acknowledged last. */
  #told = 0;
  /** What the frames since then cost to keep. */
  #owed = 0;

  /** The number of the next frame: how many have been received. */
  get next(): number {
    return this.#next;
  }

  /**
   * Takes a frame’s number.
   * @returns false when it is not the next one
   */
  take(seq: number, cost: number): boolean {
    if (seq !== this.#next) return false;
    this.#next += 1;
    this.#owed += cost;
    return true;
  }

  /** Whether the sender keeps frames that have arrived. */
  get pending(): boolean {
    return this.#told < this.#next;
  }

  /** Whether it keeps so much of them that it should be told at once. */
  get owes(): boolean {
    return this.#owed >= OWED_AT_MOST;
  }

  /** The sender is told. @returns what it is told: {@link next} */
  acknowledge(): number {
    this.#owed = 0;
    this.#told = this.#next;
    return this.#next;
  }
}
