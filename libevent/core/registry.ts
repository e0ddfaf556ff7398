import type { Completions } from './completions.ts';
import { ActiveQueues } from './active_queues.ts';
import { EventCounts } from './counts.ts';
import { DescriptorCloser } from './descriptor_closer.ts';
import { SystemError } from './errors.ts';
import { ACTIVE, ACTIVE_LATER, IDLE, isPersistent } from './event_record.ts';
import type { EventRecord } from './event_record.ts';
import { EV_FEATURE_ET } from './eventop.ts';
import type { Eventop, EventopState, ReadySink } from './eventop.ts';
import { EventMap } from './evmap.ts';
import { EV_ET, EV_SIGNAL, EV_TIMEOUT, INTERNAL, IO_EVENTS } from './flags.ts';
import { SignalMap } from './signal_map.ts';
import { Timeouts } from './timeouts.ts';

/**
 * The events of a base, wherever they wait: for a descriptor, a signal, a time or their turn.
 *
 * @internal
 */
export class EventRegistry implements ReadySink {
  readonly ops: Eventop;
  readonly counts = new EventCounts();
  readonly queues = new ActiveQueues(this.counts);
  readonly timeouts: Timeouts;
  /** The event whose callback runs now, or null. */
  running: EventRecord | null = null;
  /** How often it is still to run. */
  callsLeft = 0;
  readonly #map: EventMap;
  /** The first of the events of whose descriptors something else tells; the others follow, as those of a descriptor do. */
  #elsewhere: EventRecord | null = null;
  readonly #signals: SignalMap;
  /** EV_ET if the backend can do that, or 0. */
  readonly #edge: number;
  #backend: EventopState;

  /**
   * @param isCached - whether the clock stands still during a pass
   * @throws SystemError if the backend cannot be set up
   */
  constructor(ops: Eventop, isCached: boolean) {
    this.ops = ops;
    this.#edge = (ops.features & EV_FEATURE_ET) !== 0 ? EV_ET : 0;
    this.#backend = ops.init(this);
    this.#map = new EventMap(this.#backend);
    this.timeouts = new Timeouts(isCached);
    this.#signals = new SignalMap({
      watch: (event) => this.#map.add(event),
      unwatch: (event) => this.#unwatch(event),
      activate: (event, result, ncalls) => this.activate(event, result, ncalls),
    });
  }

  /** Adds an event; see `EventBase.addEvent()`. */
  add(event: EventRecord, timeout: number): number {
    if (!event.inserted && (event.what & (IO_EVENTS | EV_SIGNAL)) !== 0) {
      const isSignal = (event.what & EV_SIGNAL) !== 0;
      if ((isSignal ? this.#signals.add(event) : this.#map.add(event)) < 0) return -1;
      this.counts.added.up();
    }
    if (timeout < 0) return 0;
    if (isPersistent(event)) event.interval = timeout;
    // What was about to run because the old time was up waits for the new time instead.
    if (event.state !== IDLE && (event.result & EV_TIMEOUT) !== 0) this.queues.remove(event);
    if (event.heapIndex < 0) this.counts.added.up();
    this.timeouts.start(event, timeout);
    return 0;
  }

  /** Adds an event of whose descriptor something else than the backend tells. */
  addElsewhere(event: EventRecord, timeout: number): number {
    if (!event.inserted) {
      event.inserted = true;
      event.isElsewhere = true;
      event.fdNext = this.#elsewhere;
      if (this.#elsewhere !== null) this.#elsewhere.fdPrevious = event;
      this.#elsewhere = event;
      this.counts.added.up();
    }
    return this.add(event, timeout);
  }

  /** The operations under way, where the backend has such. */
  get completions(): Completions | null {
    return this.#backend.completions;
  }

  /** Deletes an event, wherever it is. Returns 0, or -1 and leaves errno. */
  delete(event: EventRecord): number {
    // A signal that came several times stops running the event.
    if (event === this.running) this.callsLeft = 0;
    this.removeTimer(event);
    if (event.state !== IDLE) this.queues.remove(event);
    if (!event.inserted) return 0;
    this.counts.added.down();
    if (event.isElsewhere) {
      this.#leaveElsewhere(event);
      return 0;
    }
    return (event.what & EV_SIGNAL) !== 0 ? this.#signals.remove(event) : this.#map.remove(event);
  }

  /** Has an event wait for no time any more. */
  removeTimer(event: EventRecord): void {
    event.interval = -1;
    if (event.heapIndex < 0) return;
    this.timeouts.stop(event);
    this.counts.added.down();
  }

  /** Makes an event run in this pass. */
  activate(event: EventRecord, result: number, ncalls = 1): void {
    if (event.state === IDLE) {
      event.result = result;
      event.ncalls = ncalls;
      this.queues.push(event);
      return;
    }
    // A call for each time the signal came; all other reasons share one.
    const isAgain = (event.result & result & EV_SIGNAL) !== 0;
    event.ncalls = isAgain ? event.ncalls + ncalls : Math.max(event.ncalls, ncalls);
    event.result |= result;
    if (event.state === ACTIVE_LATER) this.queues.hurry(event);
  }

  /** Makes an event run in the next pass, unless it is to run already. */
  activateLater(event: EventRecord, result: number): void {
    if (event.state !== IDLE) {
      event.result |= result;
      return;
    }
    event.result = result;
    event.ncalls = 1;
    this.queues.pushLater(event);
  }

  /** Called by the backend. */
  ready(fd: number, events: number): void {
    for (let event = this.#map.first(fd); event !== null; event = event.fdNext) {
      const wanted = event.what & events;
      if (wanted !== 0) this.activate(event, wanted | (event.what & this.#edge));
    }
  }

  /** Called by the backend. */
  watchAgain(): void {
    this.#map.move(this.#backend);
  }

  /** Activates the events of a descriptor as if it were ready; see `EventBase.activeByFd()`. */
  activeByFd(fd: number, events: number): void {
    this.ready(fd, events & IO_EVENTS);
    if ((events & EV_TIMEOUT) === 0) return;
    for (let event = this.#map.first(fd); event !== null; event = event.fdNext) {
      if (event.heapIndex >= 0) this.activate(event, EV_TIMEOUT);
    }
  }

  /** Activates the events of a signal as if it had come. */
  activeBySignal(signum: number): void {
    this.#signals.activate(signum, 1);
  }

  /**
   * Waits for what is to run in this pass.
   *
   * @param isPatient - whether it may wait, if nothing is to run yet
   * @throws SystemError if the backend cannot wait
   */
  wait(isPatient: boolean): void {
    const timeout = isPatient && this.queues.length === 0 ? this.timeouts.untilDue() : 0;
    this.queues.hurryAll();
    if (this.#backend.dispatch(timeout) < 0) throw new SystemError(this.ops.syscall);
    this.timeouts.enterPass();
    if (this.timeouts.size === 0) return;
    const { now } = this.timeouts;
    for (let event = this.timeouts.takeDue(now); event; event = this.timeouts.takeDue(now)) {
      this.counts.added.down();
      this.activate(event, EV_TIMEOUT);
    }
  }

  /** The loop ends. */
  leave(): void {
    this.running = null;
    this.queues.running = -1;
    this.timeouts.leavePass();
    this.#backend.completions?.submit();
  }

  /** Takes an event whose turn it is out of its queue, and out of everything if it is to run once. */
  take(event: EventRecord): void {
    if (!isPersistent(event)) {
      this.delete(event);
      return;
    }
    this.queues.remove(event);
    if (event.interval <= 0) return;
    if (event.heapIndex < 0) this.counts.added.up();
    this.timeouts.restart(event, (event.result & EV_TIMEOUT) !== 0);
  }

  /** All events but the base's own, each once. */
  collect(): EventRecord[] {
    const events: EventRecord[] = [];
    this.#map.collect(events);
    for (let event = this.#elsewhere; event !== null; event = event.fdNext) events.push(event);
    this.#signals.collect(events);
    this.timeouts.collect(events);
    this.queues.collect(events);
    return [...new Set(events)].filter((event) => (event.what & INTERNAL) === 0);
  }

  /** Sets the backend up anew; see `EventBase.reinit()`. */
  reinit(): number {
    const fresh = this.ops.init(this, this.#backend);
    this.#backend.dealloc();
    this.#backend = fresh;
    const moved = this.#map.move(fresh);
    return Math.min(moved, this.#signals.reinit());
  }

  /** Deletes all events and gives back what the backend holds. */
  free(): void {
    for (const event of this.collect()) {
      this.delete(event);
      if (event instanceof DescriptorCloser) event.fire();
    }
    this.#signals.close();
    this.#backend.dealloc();
  }

  #leaveElsewhere(event: EventRecord): void {
    if (event.fdPrevious === null) this.#elsewhere = event.fdNext;
    else event.fdPrevious.fdNext = event.fdNext;
    if (event.fdNext !== null) event.fdNext.fdPrevious = event.fdPrevious;
    event.fdNext = null;
    event.fdPrevious = null;
    event.inserted = event.isElsewhere = false;
  }

  #unwatch(event: EventRecord): void {
    if (event.state === ACTIVE) this.queues.remove(event);
    this.#map.remove(event);
  }
}
