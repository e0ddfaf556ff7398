import { SystemError } from '../core/errors.ts';
import { Chain } from '../memory/chain.ts';
import { SharedMemory } from '../memory/shared_memory.ts';
import { setErrno } from '../sys/errno.ts';
import { countOf } from './evbuffer_bytes.ts';
import { EvbufferRoom } from './evbuffer_room.ts';
import { EVBUF_FS_CLOSE_ON_FREE, EvbufferFileSegment } from './file_segment.ts';
import { ReferencedMemory } from './referenced_memory.ts';
import type { EvbufferCleanupCallback } from './referenced_memory.ts';

/**
 * The part of an evbuffer that moves bytes without copying them: from other buffers, from the
 * program's own memory, from files.
 *
 * @internal
 */
export abstract class EvbufferMoving extends EvbufferRoom {
  /**
   * Moves all bytes of another buffer to the end, without copying: `evbuffer_add_buffer()`. (A few
   * bytes that fit after many are copied: cheaper than the memory they would hold on to.)
   *
   * @param source - empty afterwards; if it is this buffer, nothing happens
   * @returns 0, or -1 if this buffer's end or the other's front is frozen, unless there is nothing
   *   to move
   */
  addBuffer(source: EvbufferMoving): number {
    this.check();
    source.check();
    const moved = source.chains.length;
    if (moved === 0 || source === this) return 0;
    if (this.endFrozen || source.frontFrozen) return -1;
    this.chains.moveAll(source.chains);
    this.#tellMoved(source, moved);
    return 0;
  }

  /**
   * Moves all bytes of another buffer to the front, without copying: `evbuffer_prepend_buffer()`.
   *
   * @param source - empty afterwards; if it is this buffer, nothing happens
   * @returns 0, or -1 if one of the two is frozen at its front, unless there is nothing to move
   */
  prependBuffer(source: EvbufferMoving): number {
    this.check();
    source.check();
    const moved = source.chains.length;
    if (moved === 0 || source === this) return 0;
    if (this.frontFrozen || source.frontFrozen) return -1;
    this.chains.moveAllToFront(source.chains);
    this.#tellMoved(source, moved);
    return 0;
  }

  /**
   * Moves bytes from the front to the end of another buffer: `evbuffer_remove_buffer()`. Whole
   * chains are moved, only what is needed of the last one is copied.
   *
   * @param destination - if it is this buffer, nothing happens
   * @param count - the most bytes to move, -1 for all
   * @returns how many were moved, or -1 if this buffer's front or the other's end is frozen
   * @throws RangeError for something that is no number of bytes
   */
  removeBuffer(destination: EvbufferMoving, count: number): number {
    this.check();
    destination.check();
    const moved = countOf(count, this.chains.length);
    if (count === 0 || destination === this) return 0;
    if (destination.endFrozen || this.frontFrozen) return -1;
    if (moved === this.chains.length) {
      destination.addBuffer(this);
      return moved;
    }
    destination.chains.moveSome(this.chains, moved);
    try {
      destination.changed(moved, 0);
    } finally {
      this.changed(0, moved);
    }
    return moved;
  }

  /**
   * Shows all bytes of another buffer at the end of this one too, without copying:
   * `evbuffer_add_buffer_reference()`. The other keeps them; draining one leaves them in the other.
   *
   * @returns 0, or -1 if this buffer's end is frozen, if it is the other, or if the other holds
   *   bytes that came to it in this way or from a file; 0 if the other is empty
   */
  addBufferReference(source: EvbufferMoving): number {
    this.check();
    source.check();
    const added = source.chains.length;
    if (added === 0) return 0;
    if (this.endFrozen || source === this) return -1;
    for (let chain = source.chains.first; chain !== null; chain = chain.next) {
      if (!chain.isShareable) return -1;
    }
    for (let chain = source.chains.first; chain !== null; chain = chain.next) {
      this.chains.appendChain(chain.share());
    }
    this.changed(added, 0);
    return 0;
  }

  /**
   * Adds bytes that stay where they are: `evbuffer_add_reference()`. They must not be changed until
   * they are needed no more.
   *
   * @param data - the bytes
   * @param cleanup - called once when no buffer needs them any more, or null
   * @param extra - handed to it
   * @returns 0, or -1 if the end is frozen; then `cleanup` is not called
   */
  addReference<T>(data: Uint8Array, cleanup: EvbufferCleanupCallback<T> | null, extra: T): number {
    return this.addReferenceWithOffset(data, 0, data.length, cleanup, extra);
  }

  /**
   * Adds part of some memory that stays where it is: `evbuffer_add_reference_with_offset()`.
   *
   * @param data - what the cleanup callback is given, as a whole
   * @param offset - where the bytes to add begin
   * @param length - how many they are
   * @param cleanup - called once when no buffer needs them any more, or null
   * @param extra - handed to it
   * @returns 0, or -1 if the end is frozen; then `cleanup` is not called
   * @throws RangeError if the part does not lie within the memory
   */
  addReferenceWithOffset<T>(
    data: Uint8Array,
    offset: number,
    length: number,
    cleanup: EvbufferCleanupCallback<T> | null,
    extra: T,
  ): number {
    this.check();
    const end = offset + length;
    if (
      !Number.isInteger(offset) ||
      !Number.isInteger(end) ||
      offset < 0 ||
      length < 0 ||
      end > data.length
    ) {
      throw new RangeError(
        `${String(length)} bytes from ${String(offset)} do not lie within ${String(data.length)} bytes`,
      );
    }
    if (this.endFrozen) return -1;
    if (length === 0) {
      cleanup?.(data, data.length, extra);
      return 0;
    }
    const owner =
      cleanup === null ? new SharedMemory() : new ReferencedMemory(data, cleanup, extra);
    this.chains.appendChain(Chain.of(data.subarray(offset, end), owner));
    this.changed(length, 0);
    return 0;
  }

  /**
   * Adds part of a file: `evbuffer_add_file()`. The bytes are not read: `write()` has the kernel
   * send them, by sendfile(2). Only if somebody looks at them, or that cannot be done, they are
   * mapped or read.
   *
   * @param fd - the file, open for reading. The buffer closes it when its bytes are needed no more
   * @param offset - where in the file they begin
   * @param length - how many they are, -1 for all up to the end of the file
   * @returns 0; or -1, and leaves errno, if there is no such file or part; or -1 if the end is
   *   frozen. After -1 the descriptor is still the caller's
   */
  addFile(fd: number, offset: number, length: number): number {
    this.check();
    if (this.endFrozen) return -1;
    let segment: EvbufferFileSegment;
    try {
      segment = new EvbufferFileSegment(fd, offset, length, EVBUF_FS_CLOSE_ON_FREE);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      setErrno(-error.errno);
      return -1;
    }
    try {
      return this.addFileSegment(segment, 0, -1);
    } finally {
      segment.free();
    }
  }

  /**
   * Adds part of a file segment, which may be in several buffers at once:
   * `evbuffer_add_file_segment()`.
   *
   * @param offset - where in the segment the part begins
   * @param length - how many bytes it has, -1 for all up to the end of the segment
   * @returns 0, or -1 if the end is frozen or the segment has no such part
   * @throws Error if the segment was freed
   */
  addFileSegment(segment: EvbufferFileSegment, offset: number, length: number): number {
    this.check();
    const size = segment.getLength();
    const end = length < 0 ? size : offset + length;
    if (!Number.isInteger(offset) || !Number.isInteger(end) || offset < 0) return -1;
    if (this.endFrozen || offset > size || end > size) return -1;
    if (end === offset) return 0;
    this.chains.appendChain(Chain.ofFile(segment.memory(), offset, end));
    this.changed(end - offset, 0);
    return 0;
  }

  /** The source is told first, as in C; what its callbacks throw does not cost this buffer its own. */
  #tellMoved(source: EvbufferMoving, moved: number): void {
    try {
      source.changed(0, moved);
    } finally {
      this.changed(moved, 0);
    }
  }
}
