/**
 * How many system calls a program makes for each line of a crowd that it answers. Its calls are told by its own feed,
 * the lines by the crowd’s, and either can come late: so both are counted between the same two moments, by the times
 * that they carry. Pure; times are in milliseconds since 1970.
 */
import type { CrowdTally } from '../../protocol/crowd-feed.ts';

/** The lines are those of so long at least, and of twice as long at most. */
export const SPAN = 1000;
/** A crowd that has told nothing for so long is gone. */
const LATEST = 2500;
/** More than ever come in the time that matters; a program can tell as often as it likes. */
const MOST_KEPT = 256;

/** How many calls there were by a moment. */
interface Total {
  readonly at: number;
  readonly calls: number;
}

/**
 * The calls that wait, and carry data. An epoll_ctl(2) is left out for each connection that begins or ends, and
 * counts like any other where a program makes more of them.
 */
function callsForLines(counts: Readonly<Record<string, number>>): number {
  const { accept = 0, accept4 = 0, close = 0, epoll_ctl = 0, ...others } = counts;
  const made = Object.values(others).reduce((sum, count) => sum + count, 0);
  return made + Math.max(0, epoll_ctl - accept - accept4 - close);
}

/** Tells the calls of a line. */
export class LineCost {
  #totals: Total[] = [];
  #tallies: CrowdTally[] = [];

  /** Adds calls that the program says it has made since it told of some before. */
  add(at: number, counts: Readonly<Record<string, number>>): void {
    const last = this.#totals.at(-1) ?? { at: 0, calls: 0 };
    // The threads of a program tell one by one, and a clock may be set.
    const total = { at: Math.max(at, last.at), calls: last.calls + callsForLines(counts) };
    this.#totals.push(total);
    if (this.#totals.length > MOST_KEPT) this.#totals.shift();
  }

  /** Takes how many lines have come back to the crowd. */
  answered(tally: CrowdTally): void {
    const last = this.#tallies.at(-1);
    // Another crowd counts from nothing.
    const isAnew = last !== undefined && (tally.lines < last.lines || tally.at <= last.at);
    if (isAnew) this.#tallies = [];
    this.#tallies.push(tally);
    if (this.#tallies.length > MOST_KEPT) this.#tallies.shift();
  }

  /** Some calls could not be heard of, and what has been counted is too few. */
  lose(): void {
    this.#totals = [];
  }

  /**
   * The calls of a line by now; undefined while that can’t be said.
   *
   * A line that was under way at the first moment may have been served before it, so it does not count, though its
   * calls may. And the calls are those from the program’s last record before the first moment to its first record
   * after the last one. So the figure can be a little too high, and never too low.
   */
  read(now: number): number | undefined {
    const [first] = this.#totals;
    const last = this.#totals.at(-1);
    if (!first || !last) return undefined;
    const known = this.#tallies.filter(({ at }) => at >= first.at && at <= last.at);
    const to = known.at(-1);
    if (!to || now - to.at > LATEST) return undefined;
    const after = this.#totals.find(({ at }) => at >= to.at);
    if (!after) return undefined;
    const costs = known
      .filter(({ at }) => at >= to.at - 2 * SPAN && at <= to.at - SPAN)
      .flatMap((from) => {
        const before = this.#totals.findLast(({ at }) => at <= from.at);
        const lines = to.lines - from.lines - from.underWay;
        // With more of them in doubt than not, there is nothing to tell.
        return before && lines > from.underWay ? [(after.calls - before.calls) / lines] : [];
      });
    // None of them is too low, so the lowest is the nearest.
    return costs.length > 0 ? Math.min(...costs) : undefined;
  }
}
