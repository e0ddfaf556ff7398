/**
 * The last rung, where the computer allows no namespaces (a container without the right, an old
 * kernel): plain processes with limits. They share the computer's network, so one run at a time,
 * only the site's own programs, and those listen on loopback.
 */
import { join } from 'node:path';
import { environmentOf, gate, tracerOf, type Isolation, type LaunchRequest } from './isolation.ts';
import type { Launch } from '../process/launch.ts';
import { showOnRuntime, type Shelves } from './shelves.ts';
import { NICENESS, NODE_FLAGS, limits } from './limits.ts';

/** nproc counts all of a user's processes, and here that user is the one who runs the server. */
function ownLimits(request: LaunchRequest): string[] {
  return limits(request).filter((limit) => !limit.startsWith('--nproc'));
}

/**
 * No isolation.
 * @param runtime the runtime folder
 * @param chosen whether the operator wants it so; else nothing better works here
 */
export function none(runtime: string, shelves: Shelves, chosen: boolean): Isolation {
  const why = chosen ? 'READABLE_ISOLATION says so' : 'this computer allows no sandbox';
  // It, and a program whose parent a tracer is, must not outlive the server.
  const endsWithParent = ['setpriv', '--pdeathsig', 'KILL', '--'];
  return {
    name: 'none',
    runs: 'our own programs',
    description: `none: ${why}, so programs run unisolated, one run at a time; only for the site’s own programs`,
    maxSessions: 1,
    open(user, started) {
      const shelf = shelves.make(user);
      return Promise.resolve({
        show: (lab, edits) => showOnRuntime(runtime, shelf, lab, edits),
        pipe(name) {
          const path = shelf.addPipe(name);
          return { outside: path, inside: path };
        },
        // There is only this computer’s own.
        findsHostsLate: true,
        countsApart: false,
        isOpen: true,
        launch: (request): Launch => ({
          file: 'setsid',
          args: [
            ...['-c', ...gate(request, started), ...endsWithParent, 'nice', '-n', NICENESS],
            ...['prlimit', ...ownLimits(request), '--'],
            ...tracerOf(request, runtime),
            ...(request.traced ? endsWithParent : []),
            join(runtime, 'node'),
            ...[...NODE_FLAGS, ...request.flags, ...request.args],
          ],
          uid: user,
          directory: runtime,
          environment: environmentOf(request, 0),
          wrapped: false,
          descriptors: [],
          feed: request.feed !== undefined,
          started,
        }),
        close() {
          shelf.remove();
          return Promise.resolve();
        },
      });
    },
  };
}
