/** Count the events that are active. */
export const EVENT_BASE_COUNT_ACTIVE = 1;
/** Count what keeps the loop running without an event. */
export const EVENT_BASE_COUNT_VIRTUAL = 2;
/**
 * Count what events wait for: one that waits for a descriptor and for a time counts twice, and once
 * more while it is active.
 */
export const EVENT_BASE_COUNT_ADDED = 4;

/** A number and the highest it has been. */
class Gauge {
  value = 0;
  highest = 0;

  /** Counts one more. */
  up(): void {
    if (++this.value > this.highest) this.highest = this.value;
  }

  /** Counts one less. */
  down(): void {
    this.value--;
  }

  /** The highest. With `reset`, only what counts from now on is remembered. */
  takeHighest(reset: boolean): number {
    const highest = this.highest;
    if (reset) this.highest = 0;
    return highest;
  }
}

/**
 * How many events a base has, by what they do in it.
 *
 * @internal
 */
export class EventCounts {
  readonly active = new Gauge();
  readonly virtual = new Gauge();
  readonly added = new Gauge();

  /** Whether there is something to wait for or to run. */
  get isAny(): boolean {
    return this.added.value + this.virtual.value > 0;
  }

  /** The sum of those that `what`, of EVENT_BASE_COUNT_, names. */
  now(what: number): number {
    return (
      ((what & EVENT_BASE_COUNT_ACTIVE) !== 0 ? this.active.value : 0) +
      ((what & EVENT_BASE_COUNT_VIRTUAL) !== 0 ? this.virtual.value : 0) +
      ((what & EVENT_BASE_COUNT_ADDED) !== 0 ? this.added.value : 0)
    );
  }

  /** The sum of the highest of each. */
  most(what: number, reset: boolean): number {
    return (
      ((what & EVENT_BASE_COUNT_ACTIVE) !== 0 ? this.active.takeHighest(reset) : 0) +
      ((what & EVENT_BASE_COUNT_VIRTUAL) !== 0 ? this.virtual.takeHighest(reset) : 0) +
      ((what & EVENT_BASE_COUNT_ADDED) !== 0 ? this.added.takeHighest(reset) : 0)
    );
  }
}
