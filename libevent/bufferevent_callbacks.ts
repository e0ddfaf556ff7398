import type { Bufferevent } from './bufferevent.ts';

/** Called when there is something to read, or when what was to be written has gone. */
export type BuffereventDataCallback<T> = (bev: Bufferevent, arg: T) => void;

/** Called for anything else; `what` is made of BEV_EVENT_ flags. */
export type BuffereventEventCallback<T> = (bev: Bufferevent, what: number, arg: T) => void;

/**
 * The callbacks of a bufferevent together with their argument, so that the bufferevent needs not
 * know its type.
 *
 * @internal
 */
export interface BuffereventCallbacks {
  /** Whether there is a write callback. */
  readonly wantsWrite: boolean;
  read(bev: Bufferevent): void;
  write(bev: Bufferevent): void;
  event(bev: Bufferevent, what: number): void;
}

/** @internal */
export class TypedCallbacks<T> implements BuffereventCallbacks {
  readonly wantsWrite: boolean;
  readonly #read: BuffereventDataCallback<T> | null;
  readonly #write: BuffereventDataCallback<T> | null;
  readonly #event: BuffereventEventCallback<T> | null;
  readonly #arg: T;

  constructor(
    read: BuffereventDataCallback<T> | null,
    write: BuffereventDataCallback<T> | null,
    event: BuffereventEventCallback<T> | null,
    arg: T,
  ) {
    this.wantsWrite = write !== null;
    this.#read = read;
    this.#write = write;
    this.#event = event;
    this.#arg = arg;
  }

  read(bev: Bufferevent): void {
    if (this.#read !== null) this.#read(bev, this.#arg);
  }

  write(bev: Bufferevent): void {
    if (this.#write !== null) this.#write(bev, this.#arg);
  }

  event(bev: Bufferevent, what: number): void {
    if (this.#event !== null) this.#event(bev, what, this.#arg);
  }
}
