import { SystemError, usedAfterFree } from '../core/errors.ts';
import { FileMemory } from '../memory/file_memory.ts';
import { close } from '../sys/descriptor.ts';
import { EINVAL, EIO, ENOSYS, errno, setErrno } from '../sys/errno.ts';
import { fileSize, pread } from '../sys/file.ts';
import { Mapping } from '../sys/mmap.ts';
import { FileOffset, sendfile } from '../sys/sendfile.ts';

/** Close the descriptor when the segment is needed no more. */
export const EVBUF_FS_CLOSE_ON_FREE = 0x01;
/** If somebody looks at the bytes, read them and don't map them. */
export const EVBUF_FS_DISABLE_MMAP = 0x02;
/** Do not send by sendfile(2). */
export const EVBUF_FS_DISABLE_SENDFILE = 0x04;
/** Accepted for the sake of programs from C; there are no locks here. */
export const EVBUF_FS_DISABLE_LOCKING = 0x08;

/** More than the pages of any Linux machine, and a multiple of them: mappings begin at one. */
const PAGES = 65536;

/**
 * What to call when a file segment is needed no more, and its file has been closed if it was to be.
 *
 * @param segment - which
 * @param flags - what it was made with
 * @param arg - what was given to `addCleanupCb()`
 */
export type EvbufferFileSegmentCleanupCallback<T> = (
  segment: EvbufferFileSegment,
  flags: number,
  arg: T,
) => void;

/** The bytes of a segment, for the chains that hold some of them. */
class SegmentMemory extends FileMemory {
  canSend: boolean;
  onReleased: (() => void) | null = null;
  readonly length: number;
  readonly #fd: number;
  readonly #offset: number;
  readonly #flags: number;
  readonly #place = new FileOffset();
  #mapping: Mapping | null = null;
  #contents: Buffer | null = null;

  constructor(fd: number, offset: number, length: number, flags: number) {
    super();
    this.#fd = fd;
    this.#offset = offset;
    this.length = length;
    this.#flags = flags;
    this.canSend = (flags & EVBUF_FS_DISABLE_SENDFILE) === 0;
  }

  contents(): Buffer {
    return (this.#contents ??= this.#map() ?? this.#read());
  }

  send(fd: number, start: number, count: number): number {
    this.#place.value = this.#offset + start;
    const sent = sendfile(fd, this.#fd, this.#place, count);
    if (sent === 0) {
      // The file has become shorter than it was: nobody can send what is not there.
      setErrno(EIO);
      return -1;
    }
    if (sent < 0 && (errno() === EINVAL || errno() === ENOSYS)) {
      this.canSend = false;
      return -2;
    }
    return sent;
  }

  protected released(): void {
    this.#contents = null;
    this.#mapping?.close();
    if ((this.#flags & EVBUF_FS_CLOSE_ON_FREE) !== 0) close(this.#fd);
    this.onReleased?.();
  }

  #map(): Buffer | null {
    if ((this.#flags & EVBUF_FS_DISABLE_MMAP) !== 0) return null;
    // Memory past the end of a file can be mapped, but to touch it is death by SIGBUS.
    if (fileSize(this.#fd) < this.#offset + this.length) return null;
    const before = this.#offset % PAGES;
    this.#mapping = Mapping.ofFile(this.#fd, this.#offset - before, before + this.length);
    return this.#mapping === null ? null : Buffer.from(this.#mapping.buffer, before, this.length);
  }

  #read(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.length);
    let done = 0;
    while (done < bytes.length) {
      const count = pread(this.#fd, bytes, bytes.length - done, this.#offset + done, done);
      if (count < 0) throw new SystemError('pread');
      if (count === 0) throw new SystemError('pread', undefined, EIO);
      done += count;
    }
    return bytes;
  }
}

/**
 * Part of a file, to be added to evbuffers as often as wanted: libevent's
 * `struct evbuffer_file_segment`. Its file stays open while a buffer needs it.
 */
export class EvbufferFileSegment implements Disposable {
  readonly #memory: SegmentMemory;
  readonly #flags: number;
  #freed = false;

  /**
   * Makes a segment: `evbuffer_file_segment_new()`. If that fails, the descriptor is not closed.
   *
   * @param fd - the file, open for reading
   * @param offset - where in the file the segment begins
   * @param length - how many bytes it has, -1 for all up to the end of the file
   * @param flags - EVBUF_FS_ flags, or 0
   * @throws SystemError EBADF for a descriptor that is not open, EINVAL for a part of the file that
   *   cannot be
   */
  constructor(fd: number, offset: number, length: number, flags: number) {
    const size = fileSize(fd);
    if (size < 0) throw new SystemError('statx');
    const count = length === -1 ? size - offset : length;
    const isPart = Number.isSafeInteger(offset) && Number.isSafeInteger(offset + count);
    if (!isPart || offset < 0 || count < 0) {
      throw new SystemError('evbuffer_file_segment_new', undefined, EINVAL);
    }
    this.#flags = flags;
    this.#memory = new SegmentMemory(fd, offset, count, flags);
    this.#memory.retain();
  }

  /** How many bytes it has. */
  getLength(): number {
    this.#check();
    return this.#memory.length;
  }

  /**
   * Says what to call when neither the program nor a buffer needs the segment any more:
   * `evbuffer_file_segment_add_cleanup_cb()`. There is one such callback; a second takes its place.
   *
   * @param arg - handed to it
   */
  addCleanupCb<T>(callback: EvbufferFileSegmentCleanupCallback<T>, arg: T): void {
    this.#check();
    this.#memory.onReleased = () => callback(this, this.#flags, arg);
  }

  /**
   * Says that the program needs the segment no more: `evbuffer_file_segment_free()`. Buffers that
   * it was added to keep what they have.
   *
   * @throws Error if that was done before
   */
  free(): void {
    this.#check();
    this.#freed = true;
    this.#memory.release();
  }

  /** Frees the segment at the end of a `using` block, unless that was done before. */
  [Symbol.dispose](): void {
    if (!this.#freed) this.free();
  }

  /** @internal */
  memory(): FileMemory {
    this.#check();
    return this.#memory;
  }

  #check(): void {
    if (this.#freed) throw usedAfterFree('EvbufferFileSegment');
  }
}
