import { Operation } from '../core/completions.ts';
import type { Completions } from '../core/completions.ts';
import type { Evbuffer } from '../buffer/evbuffer.ts';
import { ChainList } from '../memory/chain_list.ts';
import type { ChainPool } from '../memory/chain_pool.ts';
import { ECANCELED, EINTR, ENOBUFS } from '../sys/errno.ts';
import { CQE_BUFFER_SHIFT, CQE_F_BUFFER } from '../sys/uring.ts';

/** Who has received so many bytes in one turn gets larger buffers. */
const MUCH = 16_384;
/** Nothing has ended. */
const NO_END = -1;

/** Whose reception it is. */
interface Receiver {
  readonly completions: Completions | null;
  /** The descriptor to receive from. */
  readonly descriptor: number;
  /** Whether bytes are to come in. */
  readonly receives: boolean;
  /** Takes note that there is something to take. */
  received(): void;
}

/**
 * Receives for a bufferevent: by a multishot receive, which takes a buffer each time that bytes have
 * come; and who receives much, by one receive a turn into a large buffer.
 *
 * @internal
 */
export class Reception extends Operation {
  readonly #receiver: Receiver;
  readonly #bytes: ChainList;
  /** 0 for the end of the file, a number of errno for a failure, or `NO_END`. */
  #end = NO_END;
  #isLarge = false;
  /** What is under way, or was last, takes a large buffer. */
  #tookLarge = false;

  constructor(receiver: Receiver, pool: ChainPool) {
    super();
    this.#receiver = receiver;
    this.#bytes = new ChainList(pool);
  }

  /** Whether there is something to take: bytes, or the end. */
  get isPending(): boolean {
    return this.#bytes.length > 0 || this.#end !== NO_END;
  }

  /** Moves up to `most` bytes to the end of a buffer. Returns how many. */
  take(into: Evbuffer, most: number): number {
    return this.#bytes.length === 0 ? 0 : into.takeReceived(this.#bytes, most);
  }

  /** Takes the end: 0 for that of the file, a number of errno for a failure, -1 if there is none. */
  takeEnd(): number {
    const end = this.#end;
    this.#end = NO_END;
    return end;
  }

  /** Forgets what was not taken. */
  reset(): void {
    this.#bytes.clear();
    this.#end = NO_END;
    this.#isLarge = false;
  }

  override prepare(): void {
    const { completions, receives, descriptor } = this.#receiver;
    if (completions === null) return;
    if (this.tag !== 0) {
      if (!receives || this.#isLarge !== this.#tookLarge) completions.cancel(this);
      return;
    }
    // What has come is taken first, so that a pass brings no more than it may.
    if (!receives || this.isPending) return;
    const { uring } = completions;
    const large = this.#isLarge ? completions.large : null;
    this.#tookLarge = this.#isLarge = large !== null;
    if (large !== null) uring.recv(completions.begin(this), descriptor, large.group);
    else uring.recvMultishot(completions.begin(this), descriptor, completions.small.group);
  }

  override resumed(): void {
    if (this.isPending) this.#receiver.received();
  }

  override completed(result: number, flags: number): void {
    if ((flags & CQE_F_BUFFER) !== 0) this.#filled(flags >>> CQE_BUFFER_SHIFT, result);
    const isOver = this.tag === 0;
    const wasCancelled = this.isCancelled;
    if (isOver) this.isCancelled = false;
    if (result <= 0) this.#note(-result, wasCancelled);
    if (this.isPending) this.#receiver.received();
    if (isOver || this.#isLarge !== this.#tookLarge) this.#receiver.completions?.touch(this);
  }

  #filled(place: number, count: number): void {
    const { completions } = this.#receiver;
    const chains = this.#tookLarge ? completions?.large : completions?.small;
    if (count <= 0) {
      chains?.discard(place);
      return;
    }
    chains?.receive(this.#bytes, place, count);
    if (!this.#tookLarge) this.#isLarge = this.#bytes.length >= MUCH;
    else if (count <= (completions?.small.size ?? 0)) this.#isLarge = false;
  }

  /** It ends: with the file, a failure, or for a reason that is nobody's business. */
  #note(error: number, wasCancelled: boolean): void {
    if (error === ENOBUFS) this.#isLarge = false;
    else if (error !== EINTR && !(error === ECANCELED && wasCancelled)) this.#end = error;
  }
}
