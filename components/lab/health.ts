/** Watches for the sandbox server to come back. */

import { withBase } from '../base.ts';

const FIRST_DELAY = 500;
const LONGEST_DELAY = 5000;

async function answers(signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(withBase('/healthz'), { cache: 'no-store', signal });
    // In `astro dev` nothing answers this address, but whoever says so is the server.
    return response.ok || import.meta.env.DEV;
  } catch {
    return false;
  }
}

/**
 * Asks `/healthz` again and again, at growing distances, and calls `back` once it answers.
 * @param signal ends the watch
 */
export async function watchForServer(signal: AbortSignal, back: () => void): Promise<void> {
  for (let delay = FIRST_DELAY; !signal.aborted; delay = Math.min(delay * 2, LONGEST_DELAY)) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    // An aborted request counts as no answer.
    if (await answers(signal)) {
      back();
      return;
    }
  }
}
