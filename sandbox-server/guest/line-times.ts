/** How long lines took over the last few seconds. Pure. */
import type { LineTime } from '../../protocol/crowd-feed.ts';

/** What counts as the last few seconds, in milliseconds. */
const WINDOW = 5000;
/** The share of lines that took no longer than the slow one. */
const SLOW = 0.95;

/** Collects them. Times are in milliseconds, from any start. */
export class LineTimes {
  readonly #taken: { readonly at: number; readonly took: number }[] = [];

  /** A line that was sent then was answered now. */
  add(sentAt: number, now: number): void {
    this.#taken.push({ at: now, took: now - sentAt });
    this.#forget(now);
  }

  /**
   * What it comes to.
   * @param now the present
   * @param sentAt when the line was sent that is under way, if one is
   * @returns null when there is nothing to tell by
   */
  read(now: number, sentAt: number | undefined): LineTime | null {
    this.#forget(now);
    const waits = sentAt === undefined ? 0 : now - sentAt;
    const taken = this.#taken.map(({ took }) => took);
    // A line that has waited longer than others took is slower than they, whatever becomes of it.
    if (waits > Math.max(0, ...taken)) taken.push(waits);
    if (taken.length === 0) return null;
    taken.sort((a, b) => a - b);
    return {
      middle: rounded(share(taken, 0.5)),
      slow: rounded(share(taken, SLOW)),
      waits: rounded(waits),
    };
  }

  #forget(now: number): void {
    while ((this.#taken[0]?.at ?? now) < now - WINDOW) this.#taken.shift();
  }
}

/** The least of them that so large a share of them is no more than. */
function share(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
