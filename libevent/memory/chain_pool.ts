import { IoVector } from '../sys/iovec.ts';
import { Chain } from './chain.ts';

/** What a chain holds at least. A larger one costs idle connections memory, a smaller one calls. */
export const SMALLEST_CHAIN = 4096;
/** What a chain holds at most that is kept for use again; also the most that one read takes. */
export const LARGEST_CHAIN = 65536;

const SMALLEST_SHIFT = 12;
const CLASSES = 5;

/** 0 for up to 4 KiB, 1 for up to 8, … 4 for up to 64, and above that 5 or more. */
function classOf(size: number): number {
  if (size <= SMALLEST_CHAIN) return 0;
  if (size > LARGEST_CHAIN) return CLASSES;
  return 32 - Math.clz32((size - 1) >>> SMALLEST_SHIFT);
}

/**
 * Chains that were emptied, for whoever needs the next: steady traffic allocates nothing. Evbuffers
 * that share a pool also share the memory that the processor's cache still knows, and none of them
 * keeps any while it is empty.
 *
 * @internal
 */
export class ChainPool {
  readonly #limit: number;
  readonly #free: (Chain | null)[] = [null, null, null, null, null];
  #held = 0;
  #vector: IoVector | null = null;

  /** @param limit - the most bytes it keeps */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A vector for the next call; it is to be empty again afterwards. */
  get vector(): IoVector {
    return (this.#vector ??= new IoVector());
  }

  /** An empty chain of at least `size` bytes. */
  take(size: number): Chain {
    const index = classOf(size);
    if (index >= CLASSES) return Chain.allocate(size);
    const chain = this.#free[index];
    if (chain === null || chain === undefined) return Chain.allocate(SMALLEST_CHAIN << index);
    this.#free[index] = chain.next;
    chain.next = null;
    this.#held -= chain.capacity;
    return chain;
  }

  /** Takes back a chain with memory of its own, or sends it home if it has one. */
  give(chain: Chain): void {
    if (chain.isHeld || chain.home !== null) {
      chain.goHome();
      return;
    }
    const { capacity } = chain;
    const index = classOf(capacity);
    if (index >= CLASSES || capacity !== SMALLEST_CHAIN << index) return;
    if (this.#held + capacity > this.#limit) return;
    chain.start = 0;
    chain.end = 0;
    chain.next = this.#free[index] ?? null;
    this.#free[index] = chain;
    this.#held += capacity;
  }

  /**
   * Gets a chain from another pool, if this one has none and the other has: what reads gives its
   * chains away, and what writes is left with them.
   */
  balance(other: ChainPool): void {
    if (other === this || this.#held > 0 || other.#held === 0) return;
    for (let index = 0; index < CLASSES; index++) {
      const chain = other.#free[index];
      if (chain === null || chain === undefined) continue;
      this.give(other.take(chain.capacity));
      return;
    }
  }

  /** Forgets what it keeps. */
  clear(): void {
    this.#free.fill(null);
    this.#held = 0;
    this.#vector = null;
  }
}
