import { O_NONBLOCK, close, read } from '../sys/descriptor.ts';
import { EINVAL, setErrno } from '../sys/errno.ts';
import { pipe2 } from '../sys/pipe.ts';
import { NSIG } from '../sys/signal.ts';
import { moveRoute, routeSignal, unrouteSignal } from '../sys/signal_routes.ts';
import { SystemError } from './errors.ts';
import { EventRecord } from './event_record.ts';
import { EV_PERSIST, EV_READ, EV_SIGNAL, INTERNAL } from './flags.ts';
import { eventWarn } from './log.ts';

const O_CLOEXEC = 0o2000000;
const READ_AT_ONCE = 1024;

/** What the map of signals needs of its base. */
interface SignalSink {
  /** Has the base watch an event's descriptor. Returns 0, or -1 and leaves errno. */
  watch(event: EventRecord): number;
  /** Ends that. */
  unwatch(event: EventRecord): void;
  /** Makes an event run. */
  activate(event: EventRecord, result: number, ncalls: number): void;
}

/** A pipe whose writing end the signal handler has, and the event that reads the other. */
class SignalPipe extends EventRecord {
  readonly writingEnd: number;
  readonly #map: SignalMap;
  readonly #bytes = Buffer.alloc(READ_AT_ONCE);
  readonly #counts = new Int32Array(NSIG);

  private constructor(map: SignalMap, readingEnd: number, writingEnd: number) {
    super(readingEnd, EV_READ | EV_PERSIST | INTERNAL);
    this.#map = map;
    this.writingEnd = writingEnd;
  }

  static open(map: SignalMap): SignalPipe {
    const pair = new Int32Array(2);
    if (pipe2(pair, O_NONBLOCK | O_CLOEXEC) < 0) throw new SystemError('pipe2');
    return new SignalPipe(map, pair[0] ?? -1, pair[1] ?? -1);
  }

  close(): void {
    close(this.fd);
    close(this.writingEnd);
  }

  override fire(): void {
    this.#counts.fill(0);
    for (;;) {
      const length = read(this.fd, this.#bytes);
      for (let i = 0; i < length; i++) {
        const signum = this.#bytes[i] ?? 0;
        this.#counts[signum] = (this.#counts[signum] ?? 0) + 1;
      }
      if (length < READ_AT_ONCE) break;
    }
    for (let signum = 1; signum < NSIG; signum++) {
      const count = this.#counts[signum] ?? 0;
      if (count > 0) this.#map.activate(signum, count);
    }
  }
}

/**
 * From signal to events. A signal comes at any moment and in any thread, so a handler in machine
 * code writes it to a pipe, and the base watches the pipe as it watches any descriptor.
 *
 * @internal
 */
export class SignalMap {
  readonly #sink: SignalSink;
  readonly #first: (EventRecord | null)[] = Array.from({ length: NSIG }, () => null);
  #pipe: SignalPipe | null = null;

  constructor(sink: SignalSink) {
    this.#sink = sink;
  }

  /**
   * Puts in an event that is not in it.
   *
   * @returns 0, or -1 and leaves errno
   * @throws SystemError if there is no descriptor left for a pipe
   */
  add(event: EventRecord): number {
    const signum = event.fd;
    if (!(signum >= 1 && signum < NSIG)) {
      setErrno(EINVAL);
      return -1;
    }
    const first = this.#first[signum] ?? null;
    if (first === null && this.#catch(signum) < 0) return -1;
    // At the front, as in the map of descriptors: the event added last runs first.
    event.fdNext = first;
    if (first !== null) first.fdPrevious = event;
    this.#first[signum] = event;
    event.inserted = true;
    return 0;
  }

  /** Takes out an event that is in it. Returns 0, or -1 and leaves errno. */
  remove(event: EventRecord): number {
    const signum = event.fd;
    if (event.fdPrevious === null) this.#first[signum] = event.fdNext;
    else event.fdPrevious.fdNext = event.fdNext;
    if (event.fdNext !== null) event.fdNext.fdPrevious = event.fdPrevious;
    event.fdNext = null;
    event.fdPrevious = null;
    event.inserted = false;
    if (this.#pipe === null || this.#first[signum] !== null) return 0;
    return unrouteSignal(signum, this.#pipe.writingEnd);
  }

  /** Makes the events of a signal run, each as often as the signal has come. */
  activate(signum: number, ncalls: number): void {
    for (let event = this.#first[signum] ?? null; event !== null; event = event.fdNext) {
      this.#sink.activate(event, EV_SIGNAL, ncalls);
    }
  }

  /** Puts all of them at the end of an array. */
  collect(events: EventRecord[]): void {
    for (const first of this.#first) {
      for (let event = first; event !== null; event = event.fdNext) events.push(event);
    }
  }

  /**
   * Gets a pipe of its own for a process made by fork(2), which shares that of its parent.
   *
   * @returns 0, or -1 and leaves errno
   * @throws SystemError if there is no descriptor left for it
   */
  reinit(): number {
    const old = this.#pipe;
    if (old === null) return 0;
    const pipe = SignalPipe.open(this);
    for (const [signum, first] of this.#first.entries()) {
      if (first !== null) moveRoute(signum, old.writingEnd, pipe.writingEnd);
    }
    this.#sink.unwatch(old);
    old.close();
    this.#pipe = pipe;
    return this.#sink.watch(pipe);
  }

  /** Closes the pipe. The map has to be empty. */
  close(): void {
    if (this.#pipe === null) return;
    this.#sink.unwatch(this.#pipe);
    this.#pipe.close();
    this.#pipe = null;
  }

  #catch(signum: number): number {
    const pipe = this.#pipe ?? SignalPipe.open(this);
    if (this.#pipe === null) {
      if (this.#sink.watch(pipe) < 0) {
        pipe.close();
        return -1;
      }
      this.#pipe = pipe;
    }
    const others = routeSignal(signum, pipe.writingEnd);
    if (others > 0) {
      eventWarn(`signal ${String(signum)} is added to a second event base: that one gets it now`);
    }
    return Math.min(others, 0);
  }
}
