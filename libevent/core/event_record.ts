import { EV_PERSIST } from './flags.ts';

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
export abstract class EventRecord {
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
  /** Whether something else than the backend does that: an operation under way. */
  isElsewhere = false;
  /** When its time is up, in milliseconds of the base's clock, while `heapIndex` is not -1. */
  deadline = 0;
  /** How many timeouts had been started before its own: of equal deadlines the first comes first. */
  turn = 0;
  /** The interval of a persistent event's timeout in milliseconds, or -1 if it has none. */
  interval = -1;
  /** Its place in the timer heap, or -1. */
  heapIndex = -1;
  /** Neighbours among the events of its descriptor or signal. */
  fdNext: EventRecord | null = null;
  fdPrevious: EventRecord | null = null;
  /** Neighbours in the queue it is in. */
  queueNext: EventRecord | null = null;
  queuePrevious: EventRecord | null = null;

  /** @param fd - the descriptor or -1 */
  constructor(fd: number, what: number) {
    this.fd = fd;
    this.what = what;
  }

  /** The program's function that it calls, if it calls one. */
  get function(): object | null {
    return null;
  }

  /** Calls the callback. */
  abstract fire(result: number): void;
}

/** Whether an event stays added when it has run. */
export function isPersistent(event: EventRecord): boolean {
  return (event.what & EV_PERSIST) !== 0;
}
