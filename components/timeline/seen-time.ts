/** How much of a run’s time a timeline shows at once. Pure. */

/** The least and the most that is seen at once, in milliseconds. */
const LEAST_SPAN = 4;
const MOST_SPAN = 600_000;

/** The times at both edges, in milliseconds since the run began. */
export interface SeenTime {
  readonly from: number;
  readonly to: number;
}

/**
 * Shows more time, or less, around one that keeps its place.
 * @param factor above 1 for more of it
 */
export function zoomed({ from, to }: SeenTime, factor: number, around: number): SeenTime {
  const before = to - from;
  const span = Math.min(Math.max(before * factor, LEAST_SPAN), MOST_SPAN);
  const left = around - ((around - from) * span) / before;
  return { from: left, to: left + span };
}

/** As much time, with this one in the middle. */
export function centred({ from, to }: SeenTime, at: number): SeenTime {
  const half = (to - from) / 2;
  return { from: at - half, to: at + half };
}

/** Whether a time is seen. */
export function isSeen({ from, to }: SeenTime, at: number): boolean {
  return at >= from && at <= to;
}
