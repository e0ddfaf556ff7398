/** Loaded into the server that `loop.ts` measures: SIGWINCH has it say its loop’s delay, and begin anew. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** From one look to the next, in milliseconds. */
const RESOLUTION = 5;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  // A look that is late by nothing still comes after the resolution.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
  process.on('SIGWINCH', () => {
    const p50 = late(delay.percentile(50));
    const p99 = late(delay.percentile(99));
    console.error(`loop-delay ${JSON.stringify({ p50, p99, max: late(delay.max) })}`);
    delay.reset();
  });
}
