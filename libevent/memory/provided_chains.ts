import { BufferRing } from '../sys/buffer_ring.ts';
import { addressOf } from '../sys/raw_io.ts';
import type { Uring } from '../sys/uring.ts';
import { Chain } from './chain.ts';
import type { ChainHome } from './chain.ts';
import type { ChainList } from './chain_list.ts';

/** Of so many buffers one is kept for what comes next, however much nobody drains. */
const RESERVE = 4;
/** Room between them, so that not all begin in the same lines of the processor's cache. */
const GAP = 64;

/**
 * Chains that a ring of io_uring(7) fills: each is a buffer that the kernel takes when bytes have
 * come. It goes to an evbuffer as it is, and back when the evbuffer has drained it.
 *
 * Who never drains must not keep the buffers from the others: when three quarters of them are out,
 * what comes is copied to memory of the evbuffer's own, as much as it takes, and the buffers go back
 * at once.
 *
 * @internal
 */
export class ProvidedChains implements ChainHome {
  readonly group: number;
  /** Bytes of each. */
  readonly size: number;
  readonly #memory: Buffer;
  readonly #address: number;
  readonly #chains: (Chain | null)[];
  readonly #isOut: Uint8Array;
  readonly #reserve: number;
  /** How many the kernel gets at once; the others are kept here, for the last that came back to go first. */
  readonly #most: number;
  readonly #kept: number[] = [];
  #given = 0;
  #ring: BufferRing | null = null;
  #inside: number;
  #isChanged = false;

  /**
   * @param group - the number that operations know them by
   * @param count - how many, a power of two
   * @param size - bytes of each
   * @param most - how many the kernel gets at once. It takes them in turn: fewer stay in the
   *   processor's cache
   */
  constructor(group: number, count: number, size: number, most = count) {
    this.group = group;
    this.size = size;
    this.#memory = Buffer.allocUnsafeSlow(count * (size + GAP));
    this.#address = addressOf(this.#memory);
    this.#chains = Array.from({ length: count }, () => null);
    this.#isOut = new Uint8Array(count);
    this.#most = most;
    this.#reserve = count / RESERVE;
    this.#inside = count;
  }

  /** How many are not out. */
  get inside(): number {
    return this.#inside;
  }

  /**
   * Lets a ring take those that are not out, and no other ring any more.
   *
   * @returns 0, or -1 and leaves errno
   */
  register(uring: Uring): number {
    const count = this.#chains.length;
    const ring = BufferRing.register(
      uring,
      this.group,
      this.#address,
      count,
      this.size,
      this.size + GAP,
    );
    if (ring === null) return -1;
    this.#ring = ring;
    this.#given = 0;
    this.#kept.length = 0;
    for (let place = 0; place < count; place++) {
      if (this.#isOut[place] === 0) this.#give(place);
    }
    this.publish();
    return 0;
  }

  /** The ring takes none any more. What is out stays good, and does not come back. */
  unregister(): void {
    this.#ring?.free();
    this.#ring = null;
  }

  /**
   * Puts bytes at the end of a list that the kernel has received.
   *
   * @param place - the number of the buffer that it took
   * @param count - how many bytes, at least 1
   */
  receive(list: ChainList, place: number, count: number): void {
    this.#given--;
    if (this.#inside <= this.#reserve) {
      const start = place * (this.size + GAP);
      list.append(this.#memory.subarray(start, start + count));
      this.#give(place);
      return;
    }
    this.#inside--;
    this.#isOut[place] = 1;
    const chain = this.#chains[place] ?? this.#make(place);
    chain.end = count;
    list.appendChain(chain);
  }

  /** Puts a buffer back of which nobody wants to know what is in it. */
  discard(place: number): void {
    this.#given--;
    this.#give(place);
  }

  giveBack(chain: Chain): void {
    const { place } = chain;
    // One that was shown by several has let its memory go.
    if (chain.capacity !== this.size) this.#chains[place] = null;
    chain.start = 0;
    chain.end = 0;
    chain.next = null;
    this.#isOut[place] = 0;
    this.#inside++;
    this.#give(place);
  }

  /** Shows the kernel what has come back. */
  publish(): void {
    while (this.#given < this.#most) {
      const place = this.#kept.pop();
      if (place === undefined) break;
      this.#give(place);
    }
    if (!this.#isChanged) return;
    this.#isChanged = false;
    this.#ring?.publish();
  }

  #give(place: number): void {
    if (this.#given >= this.#most) {
      this.#kept.push(place);
      return;
    }
    this.#given++;
    this.#isChanged = true;
    this.#ring?.give(place);
  }

  #make(place: number): Chain {
    const start = place * (this.size + GAP);
    const data = this.#memory.subarray(start, start + this.size);
    const chain = Chain.provided(data, this.#address + start, this, place);
    this.#chains[place] = chain;
    return chain;
  }
}
