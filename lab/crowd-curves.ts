/** What becomes of a server program as a crowd comes: its figures over the number of clients. Pure. */
import type { CrowdState } from '../protocol/crowd-feed.ts';
import type { Figures } from '../protocol/messages.ts';

/** What there are curves of: gauges, and how long a line takes, in milliseconds. */
export const CURVES = [
  ...['processes', 'threads', 'memory', 'cpu', 'descriptors', 'calls', 'callsPerLine'],
  ...['line', 'slow'],
] as const;
/** One of them. `slow` is what one line in twenty takes longer than, `line` what half of them do. */
export type Curve = (typeof CURVES)[number];

/** A figure when so many clients had come. */
export interface Point {
  readonly clients: number;
  readonly value: number;
}

/** The curves of one crowd. */
export interface CrowdRecord {
  readonly points: ReadonlyMap<Curve, readonly Point[]>;
  /** How many clients the server had when it began to turn others away, if it did. */
  readonly turnsAwayAt: number | undefined;
}

/** From so long on, a figure that has not been told again counts as unchanged: in milliseconds. */
const UNCHANGED = 1000;

const GAUGES = [
  ...['processes', 'threads', 'memory', 'cpu', 'descriptors', 'calls', 'callsPerLine'],
] as const;

/** How many clients have come, whatever became of them. */
export function comersOf({ connected, closed, failed }: CrowdState): number {
  return connected + closed + failed;
}

/** Records one crowd. Of each number of clients the latest figure is kept, so that it never grows beyond those. */
class Recorder implements CrowdRecord {
  readonly points = new Map<Curve, Point[]>();
  turnsAwayAt: number | undefined;
  #most = 0;

  put(curve: Curve, clients: number, value: number): void {
    const points = this.points.get(curve) ?? [];
    this.points.set(curve, points);
    if (points.at(-1)?.clients === clients) points.pop();
    points.push({ clients, value });
  }

  take({ connected, closed, failed }: CrowdState): void {
    this.#most = Math.max(this.#most, connected);
    if (closed + failed > 0) this.turnsAwayAt ??= this.#most;
  }
}

/** The curves of the crowd that is there, or was last, and of the one before it. */
export class CrowdCurves {
  #now = new Recorder();
  #before: CrowdRecord | undefined;
  #state: CrowdState | undefined;
  #wanted = 0;
  #figures: Figures = {};
  /** What there was before anybody came; nothing of a crowd that has only become smaller. */
  #atFirst: Figures = {};
  /** When the figures came. */
  #measuredAt = 0;
  /** Whether the next state is of another crowd, or of one that has become smaller. */
  #beginsAnew = false;

  get now(): CrowdRecord {
    return this.#now;
  }

  get before(): CrowdRecord | undefined {
    return this.#before;
  }

  /** How the crowd is, or was last. */
  get state(): CrowdState | undefined {
    return this.#state;
  }

  /** How many clients the axis has room for: those of the crowd that is there. */
  get most(): number {
    return Math.max(10, this.#wanted);
  }

  /** A crowd has been ordered, where there was none. */
  begin(): void {
    this.#atFirst = this.#figures;
  }

  /**
   * Takes how the crowd is; null when it is gone.
   * @param at in milliseconds, from any start
   */
  take(state: CrowdState | null, at: number): void {
    if (!state) {
      this.#beginsAnew = true;
      return;
    }
    const clients = comersOf(state);
    if (this.#beginsAnew || (this.#state && clients < comersOf(this.#state))) this.#beginAnew();
    this.#put(0, this.#atFirst);
    this.#atFirst = {};
    this.#state = state;
    this.#wanted = Math.max(this.#wanted, state.wanted);
    this.#now.take(state);
    const { line } = state;
    if (line) {
      this.#now.put('line', clients, line.middle);
      this.#now.put('slow', clients, line.slow);
    }
    if (at - this.#measuredAt >= UNCHANGED) this.#putFigures(clients);
  }

  /** Takes what was measured of the server program. */
  measure(figures: Figures, at: number): void {
    this.#figures = figures;
    this.#measuredAt = at;
    if (this.#state && !this.#beginsAnew) this.#putFigures(comersOf(this.#state));
  }

  /** The latest figure of a curve. */
  latest(curve: Curve): number | undefined {
    return this.#now.points.get(curve)?.at(-1)?.value;
  }

  /** The figures at each of these numbers of clients: those with the nearest smaller number. */
  rows(steps: readonly number[]): readonly ReadonlyMap<Curve, number>[] {
    return steps.map((clients) => {
      const last = this.#state ? comersOf(this.#state) : -1;
      const figures = new Map<Curve, number>();
      if (clients > last) return figures;
      for (const [curve, points] of this.#now.points) {
        const point = points.findLast((each) => each.clients <= clients);
        if (point) figures.set(curve, point.value);
      }
      return figures;
    });
  }

  /** Forgets everything. */
  clear(): void {
    this.#now = new Recorder();
    this.#before = undefined;
    this.#state = undefined;
    this.#figures = this.#atFirst = {};
    this.#wanted = 0;
    this.#beginsAnew = false;
  }

  #beginAnew(): void {
    this.#before = this.#now;
    this.#now = new Recorder();
    this.#wanted = 0;
    this.#beginsAnew = false;
  }

  /** What is measured before the first is told of may be of others that have come already. */
  #putFigures(clients: number): void {
    if (clients > 0) this.#put(clients, this.#figures);
  }

  #put(clients: number, figures: Figures): void {
    for (const gauge of GAUGES) {
      const value = figures[gauge];
      if (value !== undefined) this.#now.put(gauge, clients, value);
    }
  }
}

/** A round number that is no less than a value, for the end of an axis. */
export function roundedUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  // A sum of floating-point numbers may be a hair above a round one.
  const step = [1, 2, 5, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}
