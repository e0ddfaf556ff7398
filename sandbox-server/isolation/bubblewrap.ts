/**
 * The first rung: bubblewrap(1). A session's holder has a user, network and pid namespace of its
 * own; each process is a further bwrap with its own pid namespace and a read-only file system, and
 * joins the holder's network with nsenter(1). So alice's connect(2) reaches the server's listen(2),
 * and nothing else.
 */
import { existsSync, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  FILTERS,
  LABS,
  RING_FILTER,
  RING_FILTER_WITHOUT_SETSID,
  SECCOMP_FILTER,
  SECCOMP_FILTER_WITHOUT_SETSID,
  TRACER_FILTER,
  TRACER_FILTER_WITHOUT_SETSID,
} from '../runtime.ts';
import { startHolder } from './holder.ts';
import {
  environmentOf,
  tracerOf,
  type Isolation,
  type LaunchRequest,
  type Sandbox,
} from './isolation.ts';
import { afterGate, gateOf } from '../process/gate.ts';
import type { Launch, Started } from '../process/launch.ts';
import { HOSTS, type Shelves } from './shelves.ts';
import {
  IGNORE_TERMINAL_SIGNALS,
  NICENESS,
  NODE_FLAGS,
  SESSION_PROCESSES,
  limits,
} from './limits.ts';

/** Where the runtime folder is inside. */
const INSIDE = '/readable';
/** Where a sandbox’s shelf is inside. */
const LABS_INSIDE = join(INSIDE, LABS);
/** `nobody` on Debian, and no user that owns anything anywhere. */
const NOBODY = '65534';

/**
 * What the first process in a sandbox has and its programs don't. It is worth nothing there, but no process
 * may look into or change one that has more than itself: ptrace(2). So what waits for the program, and
 * ends with the server, can't be made to do something else.
 */
const KEEPSAKE = 'CAP_WAKE_ALARM';
/** Starts the program, waits for it and reaps what it leaves. Not bubblewrap's own, which has nothing more. */
const FIRST_PROCESS = '"$@"; exit $?';

/** What tells of the computer, and not of the sandbox: proc(5). */
const TELLING = [
  ...['cmdline', 'config.gz', 'diskstats', 'interrupts', 'kallsyms', 'key-users', 'keys', 'locks'],
  ...['modules', 'partitions', 'swaps', 'version'],
];

/** What a program may open of /dev: null(4), random(4), tty(4). */
const DEVICES = ['full', 'null', 'random', 'tty', 'urandom', 'zero'];

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

/**
 * A /dev without pseudoterminals: bubblewrap's own has as many as the computer can make. The program's
 * terminal is there under another name, so that it can be opened anew as any terminal can.
 */
function devices(): string[] {
  return [
    ...DEVICES.map((name) => `/dev/${name}`).flatMap((path) => ['--dev-bind', path, path]),
    ...['stdin', 'stdout', 'stderr'].flatMap((name, descriptor) => [
      ...['--symlink', `/proc/self/fd/${descriptor}`, `/dev/${name}`],
    ]),
    ...['--symlink', '/proc/self/fd', '/dev/fd'],
    ...['--dev-bind', '/proc/self/fd/0', '/dev/console'],
  ];
}

/** Covers what tells of the computer. */
function covers(): string[] {
  return TELLING.map((name) => `/proc/${name}`)
    .filter((path) => existsSync(path))
    .flatMap((path) => ['--ro-bind', '/dev/null', path]);
}

/** Of the runtime folder everything but filters and the programs of labs. */
function runtimeFiles(runtime: string): string[] {
  return readdirSync(runtime)
    .filter((name) => name !== LABS && !FILTERS.includes(name))
    .flatMap((name) => ['--ro-bind', join(runtime, name), join(INSIDE, name)]);
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
  const own = filterFor(request);
  const tracer = tracerOf(request, INSIDE, join(INSIDE, own));
  return [
    ...['-c', ...gate, 'nice', '-n', NICENESS, ...IGNORE_TERMINAL_SIGNALS],
    ...['nsenter', '-t', String(holderPid), '-U', '-n', '--preserve-credentials', '--'],
    // Here the kernel counts the processes of all programs that join the same holder, and whatever is in
    // the sandbox has limits, not the program alone.
    ...['prlimit', ...limits(request, SESSION_PROCESSES), '--'],
    ...['bwrap', '--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ...['--die-with-parent', '--disable-userns', '--assert-userns-disabled', '--as-pid-1'],
    ...['--uid', NOBODY, '--gid', NOBODY, '--hostname', 'sandbox'],
    ...['--cap-drop', 'ALL', '--cap-add', KEEPSAKE],
    ...['--clearenv', '--setenv', 'TERM', 'xterm-256color', '--setenv', 'LANG', 'C.UTF-8'],
    ...['--setenv', 'HOME', '/', '--setenv', 'PATH', INSIDE],
    ...environment.flatMap(([name, value]) => ['--setenv', name, value]),
    ...libraries(),
    ...['sh', 'setpriv', 'prlimit'].flatMap((name) => [
      ...['--ro-bind', `/usr/bin/${name}`, `/usr/bin/${name}`],
    ]),
    ...runtimeFiles(runtime),
    ...(tracer.length > 0 ? ['--ro-bind', join(runtime, own), join(INSIDE, own)] : []),
    // What is on the shelf can change: of the labs, a session sees its own alone.
    ...['--ro-bind', shelf, LABS_INSIDE, '--symlink', join(LABS_INSIDE, HOSTS), '/etc/hosts'],
    ...['--proc', '/proc', ...covers(), ...devices()],
    // A folder that can be written to is memory that no limit counts.
    ...['--remount-ro', '/', '--chdir', INSIDE, '--seccomp', '3', '--'],
    ...['/usr/bin/sh', '-c', FIRST_PROCESS, 'sh'],
    // It keeps what the first process has, so that its program can’t look into it either.
    ...tracer,
    ...['/usr/bin/setpriv', '--ambient-caps=-all', '--inh-caps=-all', '--'],
    ...['/usr/bin/prlimit', ...limits(request, request.maxProcesses), '--', `${INSIDE}/node`],
    ...[...NODE_FLAGS, ...request.flags, ...request.args],
  ];
}

/** The filter of a program. */
function filterFor({ completes = false, sharesProcessor = false }: LaunchRequest): string {
  if (completes) return sharesProcessor ? RING_FILTER : RING_FILTER_WITHOUT_SETSID;
  return sharesProcessor ? SECCOMP_FILTER : SECCOMP_FILTER_WITHOUT_SETSID;
}

/** The filter of a sandbox: a tracer in it puts its program under the other one. */
function sandboxFilter(request: LaunchRequest): string {
  if (tracerOf(request, INSIDE).length === 0) return filterFor(request);
  return request.sharesProcessor ? TRACER_FILTER : TRACER_FILTER_WITHOUT_SETSID;
}

/**
 * Isolation by bubblewrap.
 * @param runtime the runtime folder, which every sandbox user can read
 */
export function bubblewrap(runtime: string, shelves: Shelves): Isolation {
  async function open(user: number | undefined, started?: Started): Promise<Sandbox> {
    const shelf = shelves.make(user);
    const holder = await startHolder('bwrap', holderArgs(), user, readChildPid, started).catch(
      (error: unknown) => {
        shelf.remove();
        throw error;
      },
    );
    return {
      show(lab, edits) {
        shelf.add(join(runtime, LABS, lab), edits);
        return join(LABS, lab);
      },
      pipe: (name) => ({ outside: shelf.addPipe(name), inside: join(LABS_INSIDE, name) }),
      findsHostsLate: true,
      countsApart: true,
      get isOpen() {
        return holder.isAlive;
      },
      launch(request): Launch {
        const feed = request.feed !== undefined;
        // Opened anew each time: bwrap reads from the descriptor's offset to its end.
        const descriptors = [openSync(join(runtime, sandboxFilter(request)), 'r')];
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
    runs: 'any program',
    description:
      'bubblewrap: every run has a network and processes of its own, and files it can only read; for any program',
    maxSessions: Infinity,
    open,
  };
}
