/** What a chain holds at least. A larger one costs idle connections memory, a smaller one calls. */
export const SMALLEST_CHAIN = 4096;
/** What one read takes at most. */
export const LARGEST_READ = 16384;

/**
 * One piece of an evbuffer: some memory, and which part of it holds bytes.
 *
 * @internal
 */
export class Chain {
  /** The memory. */
  readonly data: Buffer;
  /** Where the bytes begin. */
  start = 0;
  /** Where the bytes end, and the room after them begins. */
  end = 0;
  /** The chain that holds the bytes after these, or null. */
  next: Chain | null = null;

  /** @param capacity - how many bytes it is to hold, SMALLEST_CHAIN at least */
  constructor(capacity: number) {
    // Never from Node's shared pool, and not filled with zeros: the bytes from `end` on are never
    // shown to anyone.
    this.data = Buffer.allocUnsafeSlow(Math.max(capacity, SMALLEST_CHAIN));
  }

  /** How many bytes it holds. */
  get length(): number {
    return this.end - this.start;
  }

  /** How many bytes more there is room for after them. */
  get room(): number {
    return this.data.length - this.end;
  }

  /** Forgets the bytes. */
  reset(): void {
    this.start = 0;
    this.end = 0;
    this.next = null;
  }
}
