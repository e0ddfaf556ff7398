import { EvbufferBytes } from './evbuffer_bytes.ts';

/**
 * The part of an evbuffer that hands out room for bytes to come.
 *
 * @internal
 */
export abstract class EvbufferRoom extends EvbufferBytes {
  /**
   * Makes room at the end, in one piece, so that bytes up to that number are added without another
   * allocation: `evbuffer_expand()`.
   *
   * @param size - how many bytes
   * @returns 0, or -1 if there is no such amount of memory
   */
  expand(size: number): number {
    this.check();
    if (Number.isNaN(size) || size < 0) return -1;
    if ((this.chains.last?.room ?? 0) >= size) return 0;
    return this.#reserve(size) ? 0 : -1;
  }

  /**
   * Shows room at the end, to be filled and then added by `commitSpace()`, so that nothing is
   * copied: `evbuffer_reserve_space()`. Only the last reservation counts, and only until bytes are
   * added in another way.
   *
   * @param size - how many bytes of room there are to be at least
   * @param vectors - where the pieces of room go, in the place of what it holds
   * @param most - how many pieces are wanted at most; with 2, room that is left after the last
   *   bytes is used too
   * @returns how many pieces there are, or -1 if the end is frozen, no piece is wanted, or there is
   *   no such amount of memory
   */
  reserveSpace(size: number, vectors: Uint8Array[], most = 2): number {
    this.check();
    vectors.length = 0;
    if (this.endFrozen || most < 1 || Number.isNaN(size) || size < 0) return -1;
    const tail = this.chains.last;
    const room = tail?.room ?? 0;
    const isEnough = room > 0 && room >= size;
    const usesTail = room > 0 && (isEnough || most > 1);
    if (!isEnough && !this.#reserve(Math.max(size - (usesTail ? room : 0), 1))) return -1;
    if (tail !== null && usesTail) vectors.push(tail.data.subarray(tail.end));
    const { reserved } = this.chains;
    if (!isEnough && reserved !== null) vectors.push(reserved.data.subarray(0));
    return vectors.length;
  }

  /**
   * Adds bytes that were put in reserved room: `evbuffer_commit_space()`.
   *
   * @param vectors - the pieces that `reserveSpace()` gave, each as it was or cut short at its end
   *   (`subarray(0, filled)`); pieces at the end may be left out
   * @returns 0, or -1 if the end is frozen or a piece is not of the last reservation
   */
  commitSpace(vectors: readonly Uint8Array[]): number {
    this.check();
    if (this.endFrozen) return -1;
    const tail = this.chains.last;
    const { reserved } = this.chains;
    let index = 0;
    const first = vectors[0];
    if (first !== undefined && tail !== null && isRoom(first, tail.data, tail.end)) index = 1;
    const next = vectors[index];
    if (next !== undefined && !(reserved !== null && isRoom(next, reserved.data, 0))) return -1;
    if (vectors.length > index + (next === undefined ? 0 : 1)) return -1;
    const added = (index === 1 ? (first?.length ?? 0) : 0) + (next?.length ?? 0);
    if (index === 1 && tail !== null) this.chains.commit(tail, first?.length ?? 0);
    if (next !== undefined && reserved !== null) this.chains.commit(reserved, next.length);
    this.changed(added, 0);
    return 0;
  }

  #reserve(size: number): boolean {
    try {
      this.chains.reserve(Math.ceil(size));
      return true;
    } catch (error) {
      // What Node says to a size that it cannot allocate.
      if (error instanceof RangeError) return false;
      throw error;
    }
  }
}

function isRoom(piece: Uint8Array, data: Buffer, offset: number): boolean {
  const begins = piece.buffer === data.buffer && piece.byteOffset === data.byteOffset + offset;
  return begins && piece.length <= data.length - offset;
}
