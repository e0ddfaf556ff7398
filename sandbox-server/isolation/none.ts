/**
 * The last rung, where the computer allows no namespaces (a container without the right, an old
 * kernel): plain processes with limits. They share the computer's network, so one run at a time,
 * only the site's own programs, and those listen on loopback.
 */
import { join } from 'node:path';
import type { Isolation, Launch } from './isolation.ts';
import { LIMITS, NICENESS, NODE_FLAGS } from './limits.ts';

/** nproc counts all of a user's processes, and here that user is the one who runs the server. */
const OWN_LIMITS = LIMITS.filter((limit) => !limit.startsWith('--nproc'));

/** No isolation. @param runtime the runtime folder */
export function none(runtime: string): Isolation {
  return {
    name: 'none',
    description:
      'none: this computer allows no sandbox, so only the site’s own programs run, one run at a time',
    maxSessions: 1,
    open: (slot) =>
      Promise.resolve({
        launch: (args): Launch => ({
          file: 'setsid',
          args: [
            ...['-c', 'setpriv', '--pdeathsig', 'KILL', '--', 'nice', '-n', NICENESS],
            ...['prlimit', ...OWN_LIMITS, '--', join(runtime, 'node'), ...NODE_FLAGS, ...args],
          ],
          uid: slot.uid,
          directory: runtime,
          wrapped: false,
          descriptors: [],
        }),
        close: () => Promise.resolve(),
      }),
  };
}
