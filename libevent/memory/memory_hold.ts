import type { IoVector } from '../sys/iovec.ts';
import type { Chain } from './chain.ts';

/** A piece after the first. */
interface Held {
  readonly chain: Chain;
  readonly data: Buffer;
  readonly address: number;
  readonly length: number;
}

const NOTHING: readonly Held[] = [];

/**
 * The memory of an operation that the kernel has yet to end: kept as it is until `letGo()`.
 *
 * @internal
 */
export class MemoryHold {
  /** How many bytes. */
  length = 0;
  /** Of how many pieces. */
  pieces = 0;
  /** Where the first piece begins. */
  address = 0;
  // Most are one piece, which has no array: pushing to several for each message would cost as much as
  // everything else that is done with it.
  #chain: Chain | null = null;
  /** The memory itself, which the chain forgets when its evbuffer does. */
  #data: Buffer | null = null;
  readonly #more: Held[] = [];

  /** Adds bytes at the front of a chain. */
  add(chain: Chain, count: number): void {
    if (this.#chain === null) {
      this.address = chain.address;
      this.#chain = chain;
      this.#data = chain.data;
    } else {
      this.#more.push({ chain, data: chain.data, address: chain.address, length: count });
    }
    this.pieces++;
    this.length += count;
    chain.hold();
  }

  /** Puts all pieces in a vector. */
  fill(vector: IoVector): void {
    const others = this.#more.reduce((sum, { length }) => sum + length, 0);
    vector.pushAddress(this.address, this.length - others);
    for (const { address, length } of this.#more) vector.pushAddress(address, length);
  }

  /** The operation has ended. */
  letGo(): void {
    const chain = this.#chain;
    if (chain === null) return;
    const more = this.#more.length === 0 ? NOTHING : this.#more.splice(0);
    this.#chain = null;
    this.#data = null;
    this.pieces = 0;
    this.length = 0;
    chain.letGo();
    for (const held of more) held.chain.letGo();
  }

  /** Whether it keeps some memory. */
  get isHolding(): boolean {
    return this.#data !== null;
  }
}
