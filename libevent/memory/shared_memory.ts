import { ChainOwner } from './chain_owner.ts';

/**
 * Memory that several chains show: nobody may write to it, and the last to let it go leaves it to
 * the garbage collector.
 *
 * @internal
 */
export class SharedMemory extends ChainOwner {
  protected released(): void {}
}
