/** How often a program makes which system calls, from what its feed says. */
import type { Figures } from '../../protocol/messages.ts';
import { MOST_CALL_NAMES } from '../../protocol/feed.ts';

/** Rates are over the last so many readings. */
export const RATE_WINDOW = 4;
interface Moment {
  /** In seconds. */
  readonly at: number;
  readonly calls: ReadonlyMap<string, number>;
}

/** Counts calls, and tells their rates. */
export class CallRates {
  readonly #moments: Moment[] = [];
  #calls = new Map<string, number>();

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

  /**
   * The rates by now.
   * @param at seconds since some moment, later than in the call before
   */
  read(at: number): Pick<Figures, 'calls' | 'mostCalled'> {
    const [before] = this.#moments;
    const now: Moment = { at, calls: this.#calls };
    const since = [...this.#moments.slice(1), now];
    this.#calls = new Map();
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
    const [most] = [...totals].sort(([, a], [, b]) => b - a);
    return {
      calls: rate(made),
      ...(most && { mostCalled: { name: most[0], count: rate(most[1]) } }),
    };
  }
}
