/** Whether the sandbox server can be reached, as far as a page knows. Small: every page with a lab loads it. */
import { withBase } from '../base.ts';

/** How long an answer may take, in milliseconds. */
export const ANSWER_LIMIT = 10_000;

/** Names of this computer itself, which is there without any network. */
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether the reader’s device has no network, and needs one to reach the server. */
export function isOffline(): boolean {
  return !navigator.onLine && !LOOPBACK.test(location.hostname);
}

/** Asks the server whether it is there. */
export async function serverAnswers(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT);
    return (await fetch(withBase('/healthz'), { cache: 'no-store', signal })).ok;
  } catch {
    return false;
  }
}
