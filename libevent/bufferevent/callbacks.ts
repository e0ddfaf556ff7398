import type { Bufferevent } from './bufferevent.ts';

/** Called when there is something to read, or when what was to be written has gone. */
export type BuffereventDataCallback<T> = (bev: Bufferevent, arg: T) => void;

/** Called for anything else; `what` is made of BEV_EVENT_ flags. */
export type BuffereventEventCallback<T> = (bev: Bufferevent, what: number, arg: T) => void;

/**
 * What `getCb()` finds. The bufferevent does not know the type of the argument, so the callbacks are
 * good for comparing, not for calling.
 */
export interface BuffereventCallbackSet {
  /** The read callback, or null. */
  readonly readCb: BuffereventDataCallback<never> | null;
  /** The write callback, or null. */
  readonly writeCb: BuffereventDataCallback<never> | null;
  /** The event callback, or null. */
  readonly eventCb: BuffereventEventCallback<never> | null;
  /** What is handed to each of them. */
  readonly arg: unknown;
}

/** No callbacks at all. */
export const NO_CALLBACKS: BuffereventCallbackSet = {
  readCb: null,
  writeCb: null,
  eventCb: null,
  arg: null,
};

/**
 * The callbacks of a bufferevent together with what is handed to them, so that whoever calls them
 * needs not know its type.
 *
 * @internal
 */
export interface BuffereventCallbacks extends BuffereventCallbackSet {
  read(): void;
  write(): void;
  event(what: number): void;
}

/** @internal */
export class TypedCallbacks<T> implements BuffereventCallbacks {
  readonly #bev: Bufferevent;
  readonly readCb: BuffereventDataCallback<T> | null;
  readonly writeCb: BuffereventDataCallback<T> | null;
  readonly eventCb: BuffereventEventCallback<T> | null;
  readonly arg: T;

  constructor(
    bev: Bufferevent,
    readCb: BuffereventDataCallback<T> | null,
    writeCb: BuffereventDataCallback<T> | null,
    eventCb: BuffereventEventCallback<T> | null,
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
    if (callback !== null) callback(this.#bev, this.arg);
  }

  write(): void {
    const callback = this.writeCb;
    if (callback !== null) callback(this.#bev, this.arg);
  }

  event(what: number): void {
    const callback = this.eventCb;
    if (callback !== null) callback(this.#bev, what, this.arg);
  }
}
