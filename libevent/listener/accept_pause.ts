import { Event } from '../event/event.ts';
import type { EventBase } from '../event/event_base.ts';
import { EMFILE, ENFILE, ENOBUFS, ENOMEM } from '../sys/errno.ts';

/** How long to wait before accepting is tried again, in seconds. */
const PAUSE = 0.02;

/**
 * Whether the process or the system was out of descriptors or memory. Then the connection stays in
 * the kernel, and its socket ready.
 *
 * @internal
 */
export function isShortage(error: number): boolean {
  return error === EMFILE || error === ENFILE || error === ENOBUFS || error === ENOMEM;
}

/**
 * Keeps a listener from accepting while there is nothing to accept with. Nobody tells when a
 * descriptor comes free, so it is tried now and then.
 *
 * @internal
 */
export class AcceptPause {
  /** Whether accepting pauses now. */
  isActive = false;
  readonly #base: EventBase;
  readonly #accept: () => void;
  /** Few listeners ever need it. */
  #retry: Event<() => void> | null = null;

  /** @param accept - what to try */
  constructor(base: EventBase, accept: () => void) {
    this.#base = base;
    this.#accept = accept;
  }

  /** Begins a pause, or goes on with it for another while. */
  start(): void {
    this.isActive = true;
    this.#retry ??= new Event<() => void>(this.#base, -1, 0, AcceptPause.#try, this.#accept);
    this.#retry.add(PAUSE);
  }

  /** Ends the pause, if there is one. */
  end(): void {
    if (!this.isActive) return;
    this.isActive = false;
    this.#retry?.del();
  }

  /** Gives back what it holds. */
  free(): void {
    this.#retry?.free();
  }

  static #try(_fd: number, _what: number, accept: () => void): void {
    accept();
  }
}
