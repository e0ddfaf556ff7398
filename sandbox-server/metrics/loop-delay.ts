/** How late the event loop is: what everybody waits for whose turn has come. */

/** From one look to the next, in milliseconds: often enough for a minute to have thousands. */
const INTERVAL = 20;
/** A computer that was suspended is not late: no more is told of one delay, in milliseconds. */
const LONGEST = 10_000;

/**
 * Looks again and again how late the loop is. A timer sees a long delay once, where short ones would have
 * been seen many times meanwhile; so of a long one each look that was missed is told too. What comes out is
 * how long an event waits that comes at any moment.
 * @param tell told each delay, in seconds, a share of them for each moment
 * @returns ends it
 */
export function watchLoopDelay(
  tell: (seconds: number) => void,
  clock: () => number = () => performance.now(),
): () => void {
  let last = clock();
  const timer = setInterval(() => {
    const now = clock();
    const late = Math.min(LONGEST, Math.max(0, now - last - INTERVAL));
    last = now;
    for (let rest = late; rest >= 0; rest -= INTERVAL) tell(rest / 1000);
  }, INTERVAL).unref();
  return () => clearInterval(timer);
}
