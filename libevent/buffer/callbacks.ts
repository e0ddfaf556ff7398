import { EV_TIMEOUT } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import type { EventBase } from '../event/event_base.ts';

/** The flag of a callback that is called: `evbuffer_cb_set_flags()`. Every new one has it. */
export const EVBUFFER_CB_ENABLED = 0x01;

/** How an evbuffer changed: libevent's `struct evbuffer_cb_info`. */
export interface EvbufferCbInfo {
  /** How many bytes it held before. */
  readonly origSize: number;
  /** How many were added since the callbacks were last called. */
  readonly nAdded: number;
  /** How many were taken out since then. */
  readonly nDeleted: number;
}

/** A callback of a buffer, for changing it or taking it out: libevent's `struct evbuffer_cb_entry`. */
export interface EvbufferCbEntry {
  /** EVBUFFER_CB_ENABLED or 0. */
  readonly flags: number;
}

/** What a callback is given: the buffer, how it changed, and its argument. */
type Callback<B, T> = (buffer: B, info: EvbufferCbInfo, arg: T) => void;

class Entry<B, T> implements EvbufferCbEntry {
  flags = EVBUFFER_CB_ENABLED;
  readonly callback: Callback<B, T>;
  readonly arg: T;

  constructor(callback: Callback<B, T>, arg: T) {
    this.callback = callback;
    this.arg = arg;
  }

  call(buffer: B, info: EvbufferCbInfo): void {
    this.callback(buffer, info, this.arg);
  }

  is(callback: unknown, arg: unknown): boolean {
    return this.callback === callback && this.arg === arg;
  }
}

/** What a list of callbacks asks of an entry, whatever its argument is. */
type AnyEntry<B> = Pick<Entry<B, never>, 'flags' | 'call' | 'is'>;

/** What the callbacks of a buffer have to know of it. */
interface Measured {
  getLength(): number;
}

/**
 * The callbacks of an evbuffer.
 *
 * @internal
 */
export class EvbufferCallbacks<B extends Measured> {
  readonly #buffer: B;
  /** The newest first. A list that is being gone through is not changed but replaced. */
  #entries: readonly AnyEntry<B>[] = [];
  #added = 0;
  #deleted = 0;
  #event: Event<EvbufferCallbacks<B>> | null = null;
  #stopped = false;

  constructor(buffer: B) {
    this.#buffer = buffer;
  }

  /** Puts a callback before all others. */
  add<T>(callback: Callback<B, T>, arg: T): EvbufferCbEntry {
    const entry = new Entry(callback, arg);
    this.#entries = [entry, ...this.#entries];
    return entry;
  }

  /** Takes an entry out. Returns whether it was there. */
  remove(entry: EvbufferCbEntry): boolean {
    const count = this.#entries.length;
    this.#entries = this.#entries.filter((each) => each !== entry);
    return this.#entries.length < count;
  }

  /** The newest entry with this callback and this argument. */
  find(callback: unknown, arg: unknown): EvbufferCbEntry | undefined {
    return this.#entries.find((each) => each.is(callback, arg));
  }

  /** Takes all entries out. */
  clear(): void {
    this.#entries = [];
  }

  /** Sets and clears flags. Returns whether the entry is one of these. */
  changeFlags(entry: EvbufferCbEntry, set: number, clear: number): boolean {
    const own = this.#entries.find((each) => each === entry);
    if (own === undefined) return false;
    own.flags = (own.flags | set) & ~clear;
    return true;
  }

  /** Calls the callbacks from a base's loop from now on, never from within what changes the buffer. */
  defer(base: EventBase): void {
    this.#event?.free();
    this.#event = new Event<EvbufferCallbacks<B>>(base, -1, 0, EvbufferCallbacks.#onDeferred, this);
    if (this.#added + this.#deleted > 0) this.#event.active(EV_TIMEOUT);
  }

  /** Takes note of a change, for `tell()`. */
  note(added: number, deleted: number): void {
    this.#added += added;
    this.#deleted += deleted;
    if (this.#entries.length === 0) this.#added = this.#deleted = 0;
  }

  /** Calls the callbacks, or has the loop do it, unless they have been told of all changes. */
  tell(): void {
    if (this.#event === null) this.#run();
    else if (this.#added + this.#deleted > 0) this.#event.active(EV_TIMEOUT);
  }

  /** Calls nobody any more. */
  stop(): void {
    this.#stopped = true;
    if (this.#event !== null && !this.#event.getBase().isFreed()) this.#event.free();
    this.#event = null;
  }

  static #onDeferred<B extends Measured>(
    _fd: number,
    _what: number,
    callbacks: EvbufferCallbacks<B>,
  ): void {
    callbacks.#run();
  }

  #run(): void {
    const nAdded = this.#added;
    const nDeleted = this.#deleted;
    if (nAdded + nDeleted === 0) return;
    this.#added = this.#deleted = 0;
    const origSize = this.#buffer.getLength() + nDeleted - nAdded;
    const info: EvbufferCbInfo = { origSize, nAdded, nDeleted };
    const entries = this.#entries;
    for (const entry of entries) {
      const isThere = entries === this.#entries || this.#entries.includes(entry);
      if (isThere && (entry.flags & EVBUFFER_CB_ENABLED) !== 0) entry.call(this.#buffer, info);
      if (this.#stopped) return;
    }
  }
}
