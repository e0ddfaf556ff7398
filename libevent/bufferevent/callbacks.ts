import { runTraced } from '../sys/callback_trace.ts';
import { callbackTrace } from '../sys/libc.ts';

/**
 * The callbacks of a bufferevent together with what is handed to them, so that whoever calls them
 * needs not know its type.
 *
 * @internal
 */
export interface BuffereventCallbacks {
  /** The write callback, or null. */
  readonly writeCb: object | null;
  /** What is handed to each of them. */
  readonly arg: unknown;
  read(): void;
  write(): void;
  event(what: number): void;
}

/** Something with a descriptor. */
interface Described {
  /** The descriptor, or -1. */
  getFd(): number;
}

type DataCallback<B, T> = (bev: B, arg: T) => void;
type EventCallback<B, T> = (bev: B, what: number, arg: T) => void;

/** @internal */
export class TypedCallbacks<B extends Described, T> implements BuffereventCallbacks {
  readonly #bev: B;
  readonly readCb: DataCallback<B, T> | null;
  readonly writeCb: DataCallback<B, T> | null;
  readonly eventCb: EventCallback<B, T> | null;
  readonly arg: T;

  constructor(
    bev: B,
    readCb: DataCallback<B, T> | null,
    writeCb: DataCallback<B, T> | null,
    eventCb: EventCallback<B, T> | null,
    arg: T,
  ) {
    this.#bev = bev;
    this.readCb = readCb;
    this.writeCb = writeCb;
    this.eventCb = eventCb;
    this.arg = arg;
  }

  read(): void {
    const callback = this.readCb;
    if (callback === null) return;
    if (callbackTrace === null) callback(this.#bev, this.arg);
    else
      runTraced(callbackTrace, 'read', this.#bev.getFd(), callback, () => {
        callback(this.#bev, this.arg);
      });
  }

  write(): void {
    const callback = this.writeCb;
    if (callback === null) return;
    if (callbackTrace === null) callback(this.#bev, this.arg);
    else
      runTraced(callbackTrace, 'write', this.#bev.getFd(), callback, () => {
        callback(this.#bev, this.arg);
      });
  }

  event(what: number): void {
    const callback = this.eventCb;
    if (callback === null) return;
    if (callbackTrace === null) callback(this.#bev, what, this.arg);
    else
      runTraced(callbackTrace, 'event', this.#bev.getFd(), callback, () => {
        callback(this.#bev, what, this.arg);
      });
  }
}
