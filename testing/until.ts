/** Waiting for what nobody announces, as the state of a process in /proc. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { PATIENCE } from './patience.ts';

/** From one look to the next, in milliseconds. */
const INTERVAL = 10;

/**
 * Looks again and again until something is so.
 * @param what it is, for the message
 * @throws AssertionError when it is not so in a long time
 */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!(await isSo())) {
    if (performance.now() > deadline) assert.fail(`${what}: not within ${PATIENCE} ms`);
    await setTimeout(INTERVAL);
  }
}
