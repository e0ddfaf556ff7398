import type { Event } from './event.ts';

/** Stands for the event itself as the argument of its callback; see `eventSelfCbarg()`. */
class SelfCbarg {
  readonly #isSelf = true;

  /** Whether something is it. */
  static is(value: unknown): boolean {
    return value instanceof SelfCbarg && value.#isSelf;
  }
}

const SELF = new SelfCbarg();

/**
 * The argument that stands for the event itself: `event_self_cbarg()`. A callback that was given it
 * gets its own event, which the constructor could not have been told.
 */
export function eventSelfCbarg(): SelfCbarg {
  return SELF;
}

/** What a callback gets for an argument of type `T`: that, or its event for `eventSelfCbarg()`. */
export type EventArgument<T> = T extends SelfCbarg ? Event<T> : T;

/**
 * What an event calls.
 *
 * @param fd - the descriptor of the event, the number of its signal, or -1
 * @param what - why: EV_READ, EV_WRITE, EV_TIMEOUT, …, one or several
 * @param arg - what was given to the event's constructor
 */
export type EventCallback<T> = (fd: number, what: number, arg: EventArgument<T>) => void;

/**
 * What the callback of an event gets for the argument that the event was made with.
 *
 * @internal
 */
export function argumentOf<T>(event: Event<T>, arg: T): EventArgument<T>;
export function argumentOf(event: unknown, arg: unknown): unknown {
  return SelfCbarg.is(arg) ? event : arg;
}
