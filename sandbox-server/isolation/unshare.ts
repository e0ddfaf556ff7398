/**
 * The second rung, where bubblewrap can't be had: unshare(1) and nsenter(1) of util-linux. Each
 * session still has a network, users and processes of its own, but its programs see the computer's
 * files with the rights of the server's user, or under root of nobody: it is for the site's own.
 */
import { join } from 'node:path';
import { childrenOf } from '../process/process-tree.ts';
import { LOADER, RAISE_LOOPBACK } from '../runtime.ts';
import { startHolder } from './holder.ts';
import { environmentOf, gate, tracerOf, type Isolation, type Sandbox } from './isolation.ts';
import type { Launch, Started } from '../process/launch.ts';
import { showOnRuntime, type Shelves } from './shelves.ts';
import { IGNORE_TERMINAL_SIGNALS, NICENESS, NODE_FLAGS, limits } from './limits.ts';

/** `cat` answers the server, and ends when the server's end of its pipe does. */
const HOLDER_SCRIPT = '"$@" && exec cat';
/**
 * The first argument is a hosts file, or empty. nsenter leaves its caller’s folder. It would also report
 * a program killed by a signal that it ignores itself as an ordinary failure.
 */
const PROGRAM_SCRIPT =
  'cd "$0" && if [ "$1" ]; then mount --bind "$1" /etc/hosts; fi && shift && "$@"; exit $?';

/**
 * Isolation by unshare.
 * @param runtime the runtime folder, which every sandbox user can read
 */
export function unshare(runtime: string, shelves: Shelves): Isolation {
  const node = join(runtime, 'node');

  async function open(user: number | undefined, started?: Started): Promise<Sandbox> {
    const shelf = shelves.make(user);
    const holder = await startHolder(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', '--', 'unshare', '-Urnpf', '--mount-proc', '--kill-child'],
        ...['sh', '-c', HOLDER_SCRIPT, 'sh', node, '--import', join(runtime, LOADER)],
        join(runtime, RAISE_LOOPBACK),
      ],
      user,
      // unshare(1) forks: the namespaces’ first process is its only child.
      (_, pid) => childrenOf(pid)[0],
      started,
    ).catch((error: unknown) => {
      shelf.remove();
      throw error;
    });
    return {
      // It sees the runtime as everything else on this computer.
      show: (lab, edits) => showOnRuntime(runtime, shelf, lab, edits),
      pipe(name) {
        const path = shelf.addPipe(name);
        return { outside: path, inside: path };
      },
      findsHostsLate: false,
      countsApart: false,
      get isOpen() {
        return holder.isAlive;
      },
      launch: (request): Launch => ({
        file: 'setsid',
        args: [
          ...['-c', ...gate(request, started), 'nice', '-n', NICENESS, ...IGNORE_TERMINAL_SIGNALS],
          ...['nsenter', '-t', String(holder.pid), '-U', '-n', '-p', '-m'],
          ...['--preserve-credentials', '--', 'sh', '-c', PROGRAM_SCRIPT, runtime],
          request.hosts ?? '',
          ...['prlimit', ...limits(request), '--', ...tracerOf(request, runtime), node],
          ...[...NODE_FLAGS, ...request.flags, ...request.args],
        ],
        uid: user,
        directory: runtime,
        environment: environmentOf(request, 0),
        wrapped: true,
        descriptors: [],
        feed: request.feed !== undefined,
        started,
      }),
      close: () => holder.close().finally(() => shelf.remove()),
    };
  }

  return {
    name: 'unshare',
    runs: 'our own programs',
    description:
      'unshare: every run has a network and processes of its own, but sees this computer’s files; only for the site’s own programs',
    maxSessions: Infinity,
    open,
  };
}
