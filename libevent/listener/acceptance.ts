import { Operation } from '../core/completions.ts';
import type { Completions } from '../core/completions.ts';
import { AF_INET, AF_INET6, SockaddrStorage } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import { ECANCELED } from '../sys/errno.ts';
import { peerNameOf } from '../sys/peer_name.ts';
import { addressOf } from '../sys/raw_io.ts';
import { SO_LINGER, SOL_SOCKET, getpeername, getsockname, setsockopt } from '../sys/socket.ts';

/** `struct linger`: what is closed now is reset. */
const LINGER_NOT = Buffer.from(new Int32Array([1, 0]).buffer);

/** Whose connections they are. */
interface Accepting {
  /** Whether connections are to be accepted. */
  readonly accepts: boolean;
  /** Takes note that there is something to take. */
  accepted(): void;
}

/**
 * Accepts for a listener, by a multishot accept: all connections that wait in the kernel come with one
 * turn. Those that the listener has not taken yet wait here.
 *
 * @internal
 */
export class Acceptance extends Operation {
  readonly #completions: Completions;
  readonly #accepting: Accepting;
  readonly #fd: number;
  readonly #flags: number;
  readonly #waiting: number[] = [];
  /** Where the kernel puts the address of each connection, in the place of the one before. */
  readonly #last = new SockaddrStorage();
  /** Its length. */
  #lastLength = 0;
  /** How many have put theirs there since the last one was taken. */
  #sinceTaken = 0;
  readonly #peer = new SockaddrStorage();
  /** Whether `#last` is the address of the one that was just taken. */
  #isPeerKnown = false;
  readonly #family: number;
  #error = 0;

  /**
   * @param fd - the listening socket
   * @param flags - of accept4(2)
   */
  constructor(completions: Completions, accepting: Accepting, fd: number, flags: number) {
    super();
    this.#completions = completions;
    this.#accepting = accepting;
    this.#fd = fd;
    this.#flags = flags;
    getsockname(fd, this.#peer);
    this.#family = this.#peer.family;
  }

  /** Whether there is something to take: a connection, or a failure. */
  get isPending(): boolean {
    return this.#waiting.length > 0 || this.#error !== 0;
  }

  /** Takes the connection that has waited for longest; -1 if there is none. */
  take(): number {
    const fd = this.#waiting.shift();
    if (fd === undefined) return -1;
    this.#isPeerKnown = this.#waiting.length === 0 && this.#sinceTaken === 1;
    if (this.#waiting.length === 0) this.#sinceTaken = 0;
    return fd;
  }

  /** Takes the number of errno for the failure, 0 if there was none. */
  takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  /**
   * Who is at the other end of the connection that was just taken, in the same turn.
   *
   * @throws RangeError if it is of a family not known here
   */
  addressOf(fd: number): SocketAddress {
    if (this.#isPeerKnown) return this.#last.decode(this.#lastLength);
    // getpeername(2) knows nobody any more where the peer is gone already.
    const isInternet = this.#family === AF_INET || this.#family === AF_INET6;
    if (isInternet) peerNameOf(fd, this.#family, this.#peer);
    else getpeername(fd, this.#peer);
    return this.#peer.decode();
  }

  /** Ends, and resets what nobody has taken, as the kernel does with what waits there. */
  free(): void {
    this.#completions.end(this);
    for (const fd of this.#waiting) {
      setsockopt(fd, SOL_SOCKET, SO_LINGER, LINGER_NOT);
      close(fd);
    }
    this.#waiting.length = 0;
  }

  override prepare(): void {
    const { accepts } = this.#accepting;
    if (this.tag !== 0) {
      if (!accepts) this.#completions.cancel(this);
      return;
    }
    if (!accepts || this.isPending) return;
    const { uring } = this.#completions;
    const address = addressOf(this.#last.bytes);
    const length = addressOf(new Uint8Array(this.#last.length.buffer));
    uring.acceptMultishot(this.#completions.begin(this), this.#fd, this.#flags, address, length);
  }

  override resumed(): void {
    if (this.isPending) this.#accepting.accepted();
  }

  override completed(result: number): void {
    const isOver = this.tag === 0;
    const wasCancelled = this.isCancelled;
    if (isOver) this.isCancelled = false;
    if (result >= 0) {
      this.#waiting.push(result);
      this.#sinceTaken++;
      this.#lastLength = this.#last.length[0] ?? 0;
      this.#last.reset();
    } else if (result !== -ECANCELED || !wasCancelled) {
      this.#error = -result;
    }
    if (this.isPending) this.#accepting.accepted();
    if (isOver) this.#completions.touch(this);
  }
}
