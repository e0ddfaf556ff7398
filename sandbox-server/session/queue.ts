/** A queue of those who wait for a place: first come, first served. Pure. */

/** Who waits, in the order in which they came. */
export class Queue<T> implements Iterable<T> {
  readonly #most: number;
  readonly #waiting: T[] = [];

  /** @param most how many may wait */
  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get full(): boolean {
    return this.#waiting.length >= this.#most;
  }

  /** Takes the last place in the queue. @returns false when it is full */
  join(one: T): boolean {
    if (this.full) return false;
    this.#waiting.push(one);
    return true;
  }

  /** Leaves the queue, from wherever in it. @returns whether they were in it */
  leave(one: T): boolean {
    const index = this.#waiting.indexOf(one);
    if (index >= 0) this.#waiting.splice(index, 1);
    return index >= 0;
  }

  /** Whose turn it is: the first who is there. Those before them keep their places in the queue. */
  first(isThere: (one: T) => boolean): T | undefined {
    return this.#waiting.find(isThere);
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#waiting.values();
  }
}
