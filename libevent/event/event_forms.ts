import { EV_PERSIST, EV_SIGNAL } from '../core/flags.ts';
import { Event } from './event.ts';
import type { EventBase } from './event_base.ts';
import type { EventCallback } from './event_callback.ts';

/**
 * An event that only times: `evtimer_new()`.
 *
 * @param callback - called once for each `add()`
 */
export function evtimerNew<T>(base: EventBase, callback: EventCallback<T>, arg: T): Event<T> {
  return new Event(base, -1, 0, callback, arg);
}

/**
 * An event that runs each time a signal comes: `evsignal_new()`.
 *
 * @param signum - its number, `SIGTERM` for instance
 */
export function evsignalNew<T>(
  base: EventBase,
  signum: number,
  callback: EventCallback<T>,
  arg: T,
): Event<T> {
  return new Event(base, signum, EV_SIGNAL | EV_PERSIST, callback, arg);
}
