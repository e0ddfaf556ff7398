/**
 * The first rung: bubblewrap(1). A session's holder has a user, network and pid namespace of its
 * own; each process is a further bwrap with its own pid namespace and a read-only file system, and
 * joins the holder's network with nsenter(1). So alice's connect(2) reaches the server's listen(2),
 * and nothing else.
 */
import { lstatSync, openSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { LABS, SECCOMP_FILTER } from '../runtime.ts';
import { startHolder } from './holder.ts';
import { environmentOf, type Isolation, type LaunchRequest, type Sandbox } from './isolation.ts';
import { afterGate, gateOf } from '../process/gate.ts';
import type { Launch, Started } from '../process/launch.ts';
import { HOSTS, type Shelves } from './shelves.ts';
import { IGNORE_TERMINAL_SIGNALS, NICENESS, NODE_FLAGS, limits } from './limits.ts';

/** Where the runtime folder is inside. */
const INSIDE = '/readable';
/** Where a sandbox’s shelf is inside. */
const LABS_INSIDE = join(INSIDE, LABS);
/** `nobody` on Debian, and no user that owns anything anywhere. */
const NOBODY = '65534';

/** The system's libraries, whether /lib is a link into /usr or a folder of its own. */
function libraries(): string[] {
  return ['/usr/lib', '/usr/lib64', '/lib', '/lib64'].flatMap((path) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found) return [];
    return found.isSymbolicLink()
      ? ['--symlink', readlinkSync(path), path]
      : ['--ro-bind', path, path];
  });
}

function holderArgs(): string[] {
  return [
    ...['--unshare-user', '--unshare-net', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ...['--die-with-parent', '--cap-drop', 'ALL', '--clearenv'],
    ...libraries(),
    ...['--ro-bind', '/usr/bin/cat', '/usr/bin/cat'],
    // No --dev here: with it, others can't join the network namespace.
    ...['--proc', '/proc', '--remount-ro', '/', '--info-fd', '3', '--', '/usr/bin/cat'],
  ];
}

function readChildPid(said: string): number | undefined {
  const match = /"child-pid":\s*(\d+)[\s\S]*\}/.exec(said);
  return match?.[1] ? Number(match[1]) : undefined;
}

function programArgs(
  holderPid: number,
  runtime: string,
  shelf: string,
  request: LaunchRequest,
  gate: readonly string[],
): string[] {
  // The filter comes before the feed.
  const environment = Object.entries(environmentOf(request, 1));
  return [
    ...['-c', ...gate, 'nice', '-n', NICENESS, ...IGNORE_TERMINAL_SIGNALS],
    ...['nsenter', '-t', String(holderPid), '-U', '-n', '--preserve-credentials', '--'],
    ...['bwrap', '--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ...['--die-with-parent', '--disable-userns', '--assert-userns-disabled'],
    ...['--uid', NOBODY, '--gid', NOBODY, '--hostname', 'sandbox', '--cap-drop', 'ALL'],
    ...['--clearenv', '--setenv', 'TERM', 'xterm-256color', '--setenv', 'LANG', 'C.UTF-8'],
    ...['--setenv', 'HOME', '/', '--setenv', 'PATH', INSIDE],
    ...environment.flatMap(([name, value]) => ['--setenv', name, value]),
    ...libraries(),
    ...['--ro-bind', '/usr/bin/prlimit', '/usr/bin/prlimit'],
    ...['--ro-bind', runtime, INSIDE, '--proc', '/proc', '--dev', '/dev'],
    // What is on the shelf can change. Over the runtime's labs, of which a session sees its own alone.
    ...['--ro-bind', shelf, LABS_INSIDE, '--symlink', join(LABS_INSIDE, HOSTS), '/etc/hosts'],
    // A folder that can be written to is memory that no limit counts: /dev/shm is one.
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...['--chdir', INSIDE, '--seccomp', '3', '--'],
    ...['/usr/bin/prlimit', ...limits(request.maxDescriptors), '--', `${INSIDE}/node`],
    ...[...NODE_FLAGS, ...request.flags, ...request.args],
  ];
}

/**
 * Isolation by bubblewrap.
 * @param runtime the runtime folder, which every sandbox user can read
 */
export function bubblewrap(runtime: string, shelves: Shelves): Isolation {
  const filter = join(runtime, SECCOMP_FILTER);

  async function open(user: number | undefined, started?: Started): Promise<Sandbox> {
    const shelf = shelves.make(user);
    const holder = await startHolder('bwrap', holderArgs(), user, readChildPid, started).catch(
      (error: unknown) => {
        shelf.remove();
        throw error;
      },
    );
    return {
      show: (lab) => shelf.add(join(runtime, LABS, lab)),
      pipe: (name) => ({ outside: shelf.addPipe(name), inside: join(LABS_INSIDE, name) }),
      findsHostsLate: true,
      get isOpen() {
        return holder.isAlive;
      },
      launch(request): Launch {
        const feed = request.feed !== undefined;
        // Opened anew each time: bwrap reads from the descriptor's offset to its end.
        const descriptors = [openSync(filter, 'r')];
        const gate = started ? afterGate(gateOf({ descriptors, feed })) : [];
        return {
          file: 'setsid',
          args: programArgs(holder.pid, runtime, shelf.path, request, gate),
          uid: user,
          directory: '/',
          environment: {},
          wrapped: true,
          ...{ descriptors, feed, started },
        };
      },
      close: () => holder.close().finally(() => shelf.remove()),
    };
  }

  return {
    name: 'bubblewrap',
    description:
      'bubblewrap: every run has a network and processes of its own, and files it can only read',
    maxSessions: Infinity,
    open,
  };
}
