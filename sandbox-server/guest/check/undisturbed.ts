/**
 * What a program’s main thread would take if nobody else needed the processor. On a busy computer a clock
 * tells how busy it is. So what the kernel counts for a thread is taken off: the time for which it could have
 * run and others did, `run_delay` of /proc/PID/schedstat. What is left is the program’s own: it ran, or slept.
 */
import { stateOf, timesOf } from './proc.ts';

function mainThread(pid: number): string {
  return `${pid}/task/${pid}`;
}

/** Milliseconds for which a main thread could have run, and others did. */
function waitedOf(pid: number): number {
  return (timesOf(mainThread(pid))?.waited ?? 0) / 1e6;
}

/** Milliseconds for which our own main thread has run, or could have. */
function busyOf(pid: number): number {
  const times = timesOf(mainThread(pid));
  return times ? (times.ran + times.waited) / 1e6 : 0;
}

/**
 * Measures how long a program takes for something that we see the end of. Its waiting for a processor does not
 * count, and neither does ours after the end: an answer that nobody is there to take is no late answer. So
 * whoever measures says when they have nothing to do but wait. A busy computer may make a program look
 * quicker, by what we wait for before that, and never slower.
 */
export class Stopwatch {
  readonly #pid: number;
  readonly #waited: number;
  readonly #began: number;
  /** What we have been busy: up to the start, up to the first wait, up to the latest. */
  readonly #atStart: number;
  #atFirst: number | undefined;
  #atLatest: number;

  /** Begins. @param pid of the program */
  constructor(pid: number) {
    this.#pid = pid;
    this.#waited = waitedOf(pid);
    this.#atStart = this.#atLatest = busyOf(process.pid);
    this.#began = performance.now();
  }

  /** Milliseconds by the clock. */
  get wall(): number {
    return performance.now() - this.#began;
  }

  /** Milliseconds that the program’s main thread has waited for a processor. */
  get waited(): number {
    return waitedOf(this.#pid) - this.#waited;
  }

  /** Milliseconds without what the program waited for a processor, whatever we did. */
  get ofProgram(): number {
    return this.wall - this.waited;
  }

  /** Says that we have nothing to do until the program does something. */
  lookAway(): void {
    this.#atLatest = busyOf(process.pid);
    this.#atFirst ??= this.#atLatest;
  }

  /** Milliseconds without what the program waited for a processor, and without our own part. */
  get undisturbed(): number {
    const before = (this.#atFirst ?? this.#atStart) - this.#atStart;
    const { ofProgram } = this;
    return ofProgram - before - (busyOf(process.pid) - this.#atLatest);
  }
}

/** A main thread that sleeps: what has been counted for it is complete. */
export interface Asleep {
  /** When, by `performance.now()`. */
  readonly at: number;
  /** Milliseconds it has run. */
  readonly ran: number;
  /** Milliseconds for which it could have run, and others did. */
  readonly waited: number;
}

/** A look at a program’s main thread; undefined if it was not asleep all the time of the look. */
export function asleep(pid: number): Asleep | undefined {
  const task = mainThread(pid);
  const before = timesOf(task);
  if (stateOf(task) !== 'S') return undefined;
  const at = performance.now();
  const after = timesOf(task);
  if (before === undefined || before.turns !== after?.turns) return undefined;
  return { at, ran: after.ran / 1e6, waited: after.waited / 1e6 };
}
