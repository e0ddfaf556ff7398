import type { Evbuffer } from '../buffer/evbuffer.ts';
import { Operation } from '../core/completions.ts';
import type { Completions } from '../core/completions.ts';
import { MemoryHold } from '../memory/memory_hold.ts';
import { EAGAIN, ECANCELED, EINTR } from '../sys/errno.ts';
import { MSG_NOSIGNAL } from '../sys/socket.ts';

/** Whose transmission it is. */
interface Sender {
  readonly completions: Completions | null;
  /** The descriptor to send to. */
  readonly descriptor: number;
  /** Whether bytes are to go out. */
  readonly sends: boolean;
  readonly outgoing: Evbuffer;
  /** How many bytes may go at once. */
  readonly mostToSend: number;
  /** Takes note that some were sent, or that it has failed. */
  sent(): void;
  /** Sends what cannot be sent from here: it is in a file. */
  sendFile(): void;
}

/**
 * Sends for a bufferevent, from the memory of its output: one operation at a time, which waits for
 * room and takes what there is then. Without `MSG_WAITALL`, for what goes in parts has to be told in
 * parts: a write timeout starts anew with each.
 *
 * @internal
 */
export class Transmission extends Operation {
  readonly #sender: Sender;
  readonly #hold = new MemoryHold();
  #count = 0;
  #error = 0;

  constructor(sender: Sender) {
    super();
    this.#sender = sender;
  }

  /** Whether there is something to take: a number of bytes, or a failure. */
  get isPending(): boolean {
    return this.#count > 0 || this.#error !== 0;
  }

  /** Whether it has failed. */
  get hasFailed(): boolean {
    return this.#error !== 0;
  }

  /** Takes the number of bytes that were sent. */
  takeCount(): number {
    const count = this.#count;
    this.#count = 0;
    return count;
  }

  /** Takes the number of errno for the failure, 0 if there was none. */
  takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  override prepare(): void {
    const { completions, sends } = this.#sender;
    if (completions === null) return;
    if (this.tag !== 0) {
      if (!sends) completions.cancel(this);
      return;
    }
    // What was sent is drained first.
    if (!sends || this.isPending) return;
    const hold = this.#hold;
    this.#sender.outgoing.holdFront(hold, this.#sender.mostToSend);
    if (hold.pieces === 0) this.#sender.sendFile();
    else if (hold.pieces === 1) this.#send(completions);
    else this.#sendMany(completions);
  }

  override completed(result: number): void {
    const wasCancelled = this.isCancelled;
    this.isCancelled = false;
    this.#hold.letGo();
    if (result > 0) this.#count = result;
    else if (!isRetriable(-result, wasCancelled)) this.#error = -result;
    if (this.isPending) this.#sender.sent();
    else this.#sender.completions?.touch(this);
  }

  #send(completions: Completions): void {
    const { uring } = completions;
    const hold = this.#hold;
    const tag = completions.begin(this);
    uring.send(tag, this.#sender.descriptor, hold.address, hold.length, MSG_NOSIGNAL);
  }

  #sendMany(completions: Completions): void {
    const vector = completions.vector();
    this.#hold.fill(vector);
    const { uring } = completions;
    const tag = completions.begin(this);
    uring.sendmsg(tag, this.#sender.descriptor, vector.messageAddress(), MSG_NOSIGNAL);
  }
}

function isRetriable(error: number, wasCancelled: boolean): boolean {
  return (
    error === 0 || error === EAGAIN || error === EINTR || (error === ECANCELED && wasCancelled)
  );
}
