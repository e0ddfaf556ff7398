import { dumpEvents } from '../core/dump.ts';
import { IDLE } from '../core/event_record.ts';
import type { EventRecord } from '../core/event_record.ts';
import { Event } from './event.ts';
import { EventBaseInternals } from './event_base_internals.ts';

/** Whether a base has an event anywhere. */
function isKnown(event: EventRecord): boolean {
  return event.inserted || event.heapIndex >= 0 || event.state !== IDLE;
}

/**
 * The part of an event base that tells what is in it.
 *
 * @internal The public face is `EventBase`.
 */
export abstract class InspectableEventBase extends EventBaseInternals {
  /**
   * How many events there are: `event_base_get_num_events()`.
   *
   * @param what - which to count, EVENT_BASE_COUNT_ flags
   */
  getNumEvents(what: number): number {
    return this.checked().counts.now(what);
  }

  /**
   * The most events there were at a time: `event_base_get_max_events()`.
   *
   * @param what - which to count, EVENT_BASE_COUNT_ flags
   * @param clear - whether to forget it, so that the next call tells what was since
   */
  getMaxEvents(what: number, clear: boolean): number {
    return this.checked().counts.most(what, clear);
  }

  /**
   * Calls a function for each event that waits or is active: `event_base_foreach_event()`. Here it
   * may add, delete and free events; those that it deletes before their turn are left out.
   *
   * @param callback - a result that is not 0 ends it
   * @returns the last result of the callback, 0 if there was none
   */
  foreachEvent<T>(callback: (base: this, event: Event<unknown>, arg: T) => number, arg: T): number {
    for (const event of this.checked().collect()) {
      if (!(event instanceof Event) || !isKnown(event)) continue;
      const result = callback(this, event, arg);
      if (result !== 0) return result;
    }
    return 0;
  }

  /** The event whose callback runs now, or null: `event_base_get_running_event()`. */
  getRunningEvent(): Event<unknown> | null {
    const { running } = this.checked();
    return running instanceof Event ? running : null;
  }

  /** All events in words, for looking for mistakes: `event_base_dump_events()`. Times are seconds from now. */
  dump(): string {
    const core = this.checked();
    return dumpEvents(core.collect(), core.timeouts.now);
  }
}
