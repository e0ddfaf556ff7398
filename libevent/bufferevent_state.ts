import type { Bufferevent } from './bufferevent.ts';
import type { BuffereventCallbacks } from './bufferevent_callbacks.ts';
import type { EventBase } from './event_base.ts';
import { EV_WRITE } from './event_node.ts';
import { Evbuffer } from './evbuffer.ts';
import type { EvbufferObserver } from './evbuffer.ts';
import { setErrno } from './sys/errno.ts';

/** It happened while reading. */
export const BEV_EVENT_READING = 0x01;
/** It happened while writing. */
export const BEV_EVENT_WRITING = 0x02;
/** The peer has shut its side. */
export const BEV_EVENT_EOF = 0x10;
/** A call failed; errno says why. */
export const BEV_EVENT_ERROR = 0x20;

/**
 * What carries a bufferevent's bytes: libevent's `struct bufferevent_ops`. Those that can fail
 * return -1 and leave errno.
 *
 * @internal
 */
export interface BuffereventOps {
  /** Starts moving bytes, EV_READ, EV_WRITE or both; `state.enabled` has them already. */
  enable(what: number): number;
  /** Stops moving bytes; `state.enabled` has lost them already. */
  disable(what: number): number;
  /** Takes note that the output, which may be written, has got bytes. */
  outputAdded(): void;
  /** Takes note that the input, which may be read, became full or no longer is. */
  fullnessChanged(): void;
  /** The descriptor underneath, or -1. */
  getFd(): number;
  /** Stops for good. */
  free(): void;
}

/**
 * What a bufferevent and what carries its bytes have in common.
 *
 * @internal
 */
export class BuffereventState {
  readonly bev: Bufferevent;
  readonly base: EventBase;
  readonly input: Evbuffer;
  readonly output: Evbuffer;
  callbacks: BuffereventCallbacks | null = null;
  /** EV_READ, EV_WRITE or both. */
  enabled = EV_WRITE;
  readLow = 0;
  readHigh = 0;
  writeLow = 0;

  constructor(bev: Bufferevent, base: EventBase, observer: EvbufferObserver) {
    this.bev = bev;
    this.base = base;
    this.input = new Evbuffer(observer);
    this.output = new Evbuffer(observer);
    this.input.freeze(false);
    this.output.freeze(true);
  }

  /** Whether there is a write callback. */
  get wantsWrite(): boolean {
    return this.callbacks !== null && this.callbacks.wantsWrite;
  }

  /** Whether the input has reached its high watermark. */
  get isFull(): boolean {
    return this.readHigh > 0 && this.input.getLength() >= this.readHigh;
  }

  /**
   * How many bytes the input may take now.
   *
   * @param most - the answer if there is no high watermark
   */
  room(most: number): number {
    if (this.readHigh === 0) return most;
    return Math.min(most, Math.max(0, this.readHigh - this.input.getLength()));
  }

  /** Calls the read callback if enough is there. */
  reportRead(): void {
    if (this.input.getLength() >= this.readLow) this.callbacks?.read(this.bev);
  }

  /** Calls the write callback if little enough is left. */
  reportWritten(): void {
    if (this.output.getLength() <= this.writeLow) this.callbacks?.write(this.bev);
  }

  /**
   * Calls the event callback.
   *
   * @param direction - BEV_EVENT_READING or BEV_EVENT_WRITING
   * @param error - the error number, 0 for the end of the file
   */
  reportEvent(direction: number, error: number): void {
    // Calls since the failure have left their own errno; the callback is to find this one.
    if (error !== 0) setErrno(error);
    this.callbacks?.event(this.bev, direction | (error === 0 ? BEV_EVENT_EOF : BEV_EVENT_ERROR));
  }
}
