import type { Completions } from './completions.ts';

/** The backend can report changes of readiness: `EV_ET`. */
export const EV_FEATURE_ET = 0x01;
/** Waiting costs no more with more descriptors that are not ready. */
export const EV_FEATURE_O1 = 0x02;
/** The backend takes descriptors of every kind, regular files too. */
export const EV_FEATURE_FDS = 0x04;
/** The backend notices that a peer closed without reading: `EV_CLOSED`. */
export const EV_FEATURE_EARLY_CLOSE = 0x08;

/** What a backend tells of its descriptors to; the event base. */
export interface ReadySink {
  /**
   * Takes note that a descriptor is ready.
   *
   * @param fd - the descriptor
   * @param events - what it is ready for, of EV_READ, EV_WRITE, EV_CLOSED
   */
  ready(fd: number, events: number): void;
  /** Has the backend watch again, as descriptors it does not know, all that is to be watched. */
  watchAgain(): void;
}

/**
 * A backend at work for one base: the calls of libevent's `struct eventop`. All of them return -1
 * and leave errno when they fail.
 */
export interface EventopState {
  /**
   * Changes what a descriptor is watched for.
   *
   * @param fd - the descriptor
   * @param old - the EV_ flags it was watched for before, 0 for none
   * @param events - the EV_ flags to watch for from now on, at least one of the three I/O flags
   */
  add(fd: number, old: number, events: number): number;
  /**
   * Watches a descriptor for less.
   *
   * @param fd - the descriptor
   * @param old - the EV_ flags it was watched for before
   * @param events - the EV_ flags that are left, 0 for none
   */
  del(fd: number, old: number, events: number): number;
  /**
   * Waits until a descriptor is ready or the time is up, and tells the sink.
   *
   * @param timeout - milliseconds, 0 not to wait, -1 for as long as it takes
   */
  dispatch(timeout: number): number;
  /** Gives back what the backend holds. */
  dealloc(): void;
  /** The operations that the kernel carries out by itself, where the backend has such; else null. */
  readonly completions: Completions | null;
}

/** A backend: one small table that each of them fills in, as in libevent. */
export interface Eventop {
  /** What `getMethod()` says. */
  readonly name: string;
  /** The system call that it waits in. */
  readonly syscall: string;
  /** EV_FEATURE_ flags. */
  readonly features: number;
  /**
   * Sets the backend up for a base.
   *
   * @param old - what it takes the place of, if it is set up anew; that still has to be deallocated
   * @throws SystemError if the system refuses
   */
  init(sink: ReadySink, old?: EventopState): EventopState;
}
