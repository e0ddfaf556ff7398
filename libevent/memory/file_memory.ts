import { ChainOwner } from './chain_owner.ts';

/**
 * Memory that is filled when somebody looks at it, and can be sent without that: a file's.
 *
 * @internal
 */
export abstract class FileMemory extends ChainOwner {
  /** All of the bytes. */
  abstract contents(): Buffer;
  /** Whether `send()` may be tried. */
  abstract readonly canSend: boolean;
  /**
   * Sends bytes to a descriptor.
   *
   * @param start - where they begin
   * @returns how many were taken, or -1 and leaves errno; or -2 if that cannot be done from here
   */
  abstract send(fd: number, start: number, count: number): number;
}
