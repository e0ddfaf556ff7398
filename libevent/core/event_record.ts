/** The time given to `add()` is up. */
export const EV_TIMEOUT = 0x01;
/** The descriptor can be read without waiting. */
export const EV_READ = 0x02;
/** The descriptor can be written without waiting. */
export const EV_WRITE = 0x04;
/** The signal has come: the event's descriptor is the number of a signal. */
export const EV_SIGNAL = 0x08;
/** The event stays added when it has run. */
export const EV_PERSIST = 0x10;
/** Report changes of readiness, not readiness, where the backend can. */
export const EV_ET = 0x20;
/** The peer has closed its side, noticed without reading. */
export const EV_CLOSED = 0x80;

/** What of an event's `what` a backend watches a descriptor for. */
export const IO_EVENTS = EV_READ | EV_WRITE | EV_CLOSED;

/** The base's own event: it keeps no loop running and is counted and listed nowhere. */
export const INTERNAL = 0x10000;

/** The event waits neither in the active queue nor in the one for the next pass. */
export const IDLE = 0;
/** The event is in the queue that this pass works off. */
export const ACTIVE = 1;
/** The event is in the queue that the next pass works off. */
export const ACTIVE_LATER = 2;

/**
 * An event as the base sees it: what it waits for and its place in each of the base's structures.
 * The links lie in the event itself so that adding, activating and deleting allocate nothing.
 *
 * @internal The public face is `Event`.
 */
export abstract class EventNode {
  /** The descriptor, or -1 for an event that has none. */
  readonly fd: number;
  /** The EV_ flags it was made with. */
  readonly what: number;
  /** Why it is active: EV_ flags. Means something only while it is. */
  result = 0;
  /** `IDLE`, `ACTIVE` or `ACTIVE_LATER`. */
  state = IDLE;
  /** How often its callback is to run; more than once only for signals. */
  ncalls = 0;
  /** Which queue it waits in when it is active: 0 is the most urgent. */
  priority = 0;
  /** Whether its descriptor is watched, or its signal caught, for it. */
  inserted = false;
  /** When its time is up, in milliseconds of the base's clock, while `heapIndex` is not -1. */
  deadline = 0;
  /** The interval of a persistent event's timeout in milliseconds, or -1 if it has none. */
  interval = -1;
  /** Its place in the timer heap, or -1. */
  heapIndex = -1;
  /** Neighbours among the events of its descriptor or signal. */
  fdNext: EventNode | null = null;
  fdPrevious: EventNode | null = null;
  /** Neighbours in the queue it is in. */
  queueNext: EventNode | null = null;
  queuePrevious: EventNode | null = null;

  /** @param fd - the descriptor or -1 */
  constructor(fd: number, what: number) {
    this.fd = fd;
    this.what = what;
  }

  /** Calls the callback. */
  abstract fire(result: number): void;
}

/** Whether an event stays added when it has run. */
export function isPersistent(event: EventNode): boolean {
  return (event.what & EV_PERSIST) !== 0;
}

/**
 * A queue of events linked through themselves: any of them can leave it in constant time.
 *
 * @internal
 */
export class EventQueue {
  /** How many are in it. */
  length = 0;
  #first: EventNode | null = null;
  #last: EventNode | null = null;

  /** The event whose turn it is, or null. */
  get first(): EventNode | null {
    return this.#first;
  }

  /** Puts an event that is in no queue at the end. */
  push(event: EventNode): void {
    event.queuePrevious = this.#last;
    if (this.#last === null) this.#first = event;
    else this.#last.queueNext = event;
    this.#last = event;
    this.length++;
  }

  /** Takes out an event that is in this queue. */
  remove(event: EventNode): void {
    if (event.queuePrevious === null) this.#first = event.queueNext;
    else event.queuePrevious.queueNext = event.queueNext;
    if (event.queueNext === null) this.#last = event.queuePrevious;
    else event.queueNext.queuePrevious = event.queuePrevious;
    event.queueNext = null;
    event.queuePrevious = null;
    this.length--;
  }
}
