import type { Chain } from './chain.ts';

/**
 * The memory of an operation that the kernel has yet to end: kept as it is until `letGo()`.
 *
 * @internal
 */
export class MemoryHold {
  /** How many bytes. */
  length = 0;
  readonly #chains: Chain[] = [];
  /** The memory itself, which the chain forgets when its evbuffer does. */
  readonly #data: Buffer[] = [];
  readonly #addresses: number[] = [];
  readonly #lengths: number[] = [];

  /** Of how many pieces. */
  get pieces(): number {
    return this.#chains.length;
  }

  /** Where a piece begins. */
  addressAt(index: number): number {
    return this.#addresses[index] ?? 0;
  }

  /** How many bytes it is. */
  lengthAt(index: number): number {
    return this.#lengths[index] ?? 0;
  }

  /** Adds bytes at the front of a chain. */
  add(chain: Chain, count: number): void {
    this.#addresses.push(chain.address);
    this.#lengths.push(count);
    this.#data.push(chain.data);
    this.#chains.push(chain);
    chain.hold();
    this.length += count;
  }

  /** The operation has ended. */
  letGo(): void {
    for (const chain of this.#chains) chain.letGo();
    this.#chains.length = 0;
    this.#data.length = 0;
    this.#addresses.length = 0;
    this.#lengths.length = 0;
    this.length = 0;
  }
}
