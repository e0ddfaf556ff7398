/** How often a program makes which system calls, and for how many lines, from what its feed and that of a crowd say. */
import type { Figures } from '../../protocol/messages.ts';
import { MOST_CALL_NAMES } from '../../protocol/feed.ts';

/** Rates are over the last so many readings. */
export const RATE_WINDOW = 4;
interface Moment {
  /** In seconds. */
  readonly at: number;
  readonly calls: ReadonlyMap<string, number>;
  readonly lines: number;
}

/** Counts calls, and tells their rates. */
export class CallRates {
  readonly #moments: Moment[] = [];
  #calls = new Map<string, number>();
  #lines = 0;

  /** Adds calls that the program says it has made. */
  add(counts: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(counts)) {
      const before = this.#calls.get(name);
      if (before === undefined && this.#calls.size >= MOST_CALL_NAMES) continue;
      this.#calls.set(
        name,
        Math.min((before ?? 0) + count, Number.MAX_SAFE_INTEGER / MOST_CALL_NAMES),
      );
    }
  }

  /** Adds lines that it has answered. */
  addLines(lines: number): void {
    this.#lines += lines;
  }

  /**
   * The rates by now.
   * @param at seconds since some moment, later than in the call before
   */
  read(at: number): Pick<Figures, 'calls' | 'mostCalled' | 'callsPerLine'> {
    const [before] = this.#moments;
    const now: Moment = { at, calls: this.#calls, lines: this.#lines };
    const since = [...this.#moments.slice(1), now];
    this.#calls = new Map();
    this.#lines = 0;
    this.#moments.push(now);
    if (this.#moments.length > RATE_WINDOW) this.#moments.shift();
    if (!before || at <= before.at) return { calls: 0 };
    const totals = new Map<string, number>();
    for (const { calls } of since) {
      for (const [name, count] of calls) totals.set(name, (totals.get(name) ?? 0) + count);
    }
    const rate = (count: number): number =>
      Math.min(Math.round(count / (at - before.at)), Number.MAX_SAFE_INTEGER);
    const made = [...totals.values()].reduce((sum, count) => sum + count, 0);
    const lines = since.reduce((sum, each) => sum + each.lines, 0);
    const [most] = [...totals].sort(([, a], [, b]) => b - a);
    return {
      calls: rate(made),
      ...(lines > 0 && { callsPerLine: made / lines }),
      ...(most && { mostCalled: { name: most[0], count: rate(most[1]) } }),
    };
  }
}
