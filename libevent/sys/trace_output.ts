import { constants } from 'node:os';
import koffi from 'koffi';

type NativeLibrary = ReturnType<typeof koffi.load>;

const POLLOUT = 4;
const { EAGAIN, EINTR } = constants.errno;
/**
 * PIPE_BUF: so many bytes at once go into a pipe as one piece, and never between another thread’s or
 * process’s. So lines are gathered up to this.
 */
const PIECE = 4096;
/** Writes a second that are made for the sake of whoever watches, and how many of them at once. */
const EARLY_WRITES = 100;
const EARLY_WRITES_AT_ONCE = 10;
/** Milliseconds that lines lie here at most in a program that goes back to Node’s own loop. */
const LATEST = 20;

/**
 * Where a trace goes. Each write(2) wakes whoever reads, which costs more than the record itself, so
 * lines are gathered, and written when there are many, when the thread is about to wait, and, as long as
 * there are few, at once.
 *
 * @internal
 */
export class TraceOutput {
  readonly #descriptor: number;
  readonly #write: (fd: number, bytes: Uint8Array, count: number) => number;
  readonly #poll: (set: Int32Array, count: number, timeout: number) => number;
  /** `struct pollfd`: the descriptor, then what to wait for and what came. */
  readonly #pollfd: Int32Array;
  #lines = '';
  #length = 0;
  #early = EARLY_WRITES_AT_ONCE;
  #earlyAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;
  #isOpen = true;

  constructor(library: NativeLibrary, descriptor: number) {
    this.#descriptor = descriptor;
    this.#write = library.func('intptr_t write(int fd, const void *bytes, size_t count)');
    this.#poll = library.func('int poll(void *set, unsigned long count, int timeout)');
    this.#pollfd = new Int32Array([descriptor, POLLOUT]);
    process.on('exit', () => {
      this.#isEnding = true;
      this.flush();
    });
  }

  /** Takes a line, with its end. */
  put(line: string): void {
    if (!this.#isOpen) return;
    const length = Buffer.byteLength(line);
    if (this.#length + length > PIECE) this.flush();
    this.#lines += line;
    this.#length += length;
    // After the handlers of 'exit' nobody comes by any more.
    if (this.#isEnding) this.flush();
    else this.#timer ??= setTimeout(() => this.#late(), LATEST).unref();
  }

  /**
   * Writes what there is, unless that was done often of late.
   *
   * @param now - by performance.now()
   */
  flushEarly(now: number): void {
    if (this.#length === 0) return;
    const since = now - this.#earlyAt;
    this.#earlyAt = now;
    this.#early = Math.min(this.#early + (since * EARLY_WRITES) / 1000, EARLY_WRITES_AT_ONCE);
    if (this.#early < 1) return;
    this.#early--;
    this.flush();
  }

  /** Writes what there is. Changes errno. */
  flush(): void {
    if (this.#length === 0) return;
    const bytes = Buffer.from(this.#lines);
    this.#lines = '';
    this.#length = 0;
    for (let done = 0; done < bytes.length;) {
      const rest = done === 0 ? bytes : bytes.subarray(done);
      const count = this.#write(this.#descriptor, rest, rest.length);
      if (count >= 0) done += count;
      else if (koffi.errno() === EAGAIN) this.#poll(this.#pollfd, 1, -1);
      else if (koffi.errno() !== EINTR) {
        // Whoever wanted the trace is gone, or never gave a descriptor: the program goes on.
        this.#isOpen = false;
        return;
      }
    }
  }

  #late(): void {
    this.#timer = undefined;
    this.flush();
  }
}
