/**
 * What runs leave on the computer: counted in /proc and on its file systems, not by asking the server.
 * Whatever loses its parent becomes a child of this process, so nothing that was ever started below it
 * gets out of sight, however it left its group, session or namespace.
 */
import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import koffi from 'koffi';
import { controlGroups } from '../testing/control-groups.ts';

const libc = koffi.load('libc.so.6');
const prctl: (option: number, value: number, ...more: number[]) => number = libc.func(
  'int prctl(int option, unsigned long value, unsigned long, unsigned long, unsigned long)',
);
const waitpid: (pid: number, status: null, options: number) => number = libc.func(
  'int waitpid(int pid, void *status, int options)',
);

/** prctl(2), waitpid(2) */
const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

/** Where anybody may write. */
const SHARED_FOLDERS = ['/tmp', '/var/tmp', '/dev/shm', '/dev/mqueue'];
/** Where shelves are. */
const MEMORY = '/dev/shm';
/** Sandbox users are above this, and none is `nobody`: see sandbox-server/capacity.ts. */
const FIRST_SANDBOX_UID = 60_000;
const NOBODY = 65_534;
const NAMESPACES = ['net', 'pid', 'user', 'mnt', 'ipc', 'uts'];

/** A process, seen once. */
export interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly command: string;
}

/** From now on, orphans among all that this process starts become its children. */
export function adoptOrphans(): void {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) !== 0) throw new Error('prctl(2) failed');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function pids(): number[] {
  return namesIn('/proc').map(Number).filter(Number.isInteger);
}

function seen(pid: number): Seen | undefined {
  const stat = read(`/proc/${String(pid)}/stat`);
  const [, name = '', state = '', parent] = /^\d+ \((.*)\) (\S) (\d+) /s.exec(stat ?? '') ?? [];
  if (parent === undefined) return undefined;
  const command = read(`/proc/${String(pid)}/cmdline`)
    ?.replaceAll('\0', ' ')
    .trim();
  return { pid, parent: Number(parent), state, command: command || `[${name}]` };
}

/** All processes below `root`, zombies among them. */
export function processesBelow(root: number): Seen[] {
  const all = pids().flatMap((pid) => seen(pid) ?? []);
  const inside = new Set([root]);
  const found: Seen[] = [];
  // A parent may have a higher number than its child, once the numbers have gone round.
  for (let size = 0; size !== inside.size;) {
    size = inside.size;
    for (const each of all) {
      if (inside.has(each.pid) || !inside.has(each.parent)) continue;
      inside.add(each.pid);
      found.push(each);
    }
  }
  return found;
}

/**
 * The processes below this one, but those that are meant to be there and the ones that they have a
 * right to. Orphans that have ended are reaped on the way.
 * @param own those that this process started itself, and reaps
 */
export function straysBelow(own: ReadonlySet<number>): Seen[] {
  const below = processesBelow(process.pid);
  for (const { pid, parent, state } of below) {
    if (state === 'Z' && parent === process.pid && !own.has(pid)) waitpid(pid, null, WNOHANG);
  }
  return below.filter(({ pid, parent, state }) => {
    if (own.has(pid)) return false;
    return !(state === 'Z' && parent === process.pid);
  });
}

/**
 * Whether a group is another server's: the number of a process is in its name, dead or not, and it is
 * none of ours; or somebody is in it.
 * @param name what of its path is new
 */
function isOthers(group: string, name: string, ours: ReadonlySet<number>): boolean {
  const named = name.match(/(?<![\da-z])\d+(?![\da-z])/g)?.map(Number) ?? [];
  if (named.some((pid) => ours.has(pid))) return false;
  const members = read(join(group, 'cgroup.procs'))?.split('\n').filter(Boolean).map(Number) ?? [];
  return named.length > 0 || members.some((pid) => seen(pid) !== undefined);
}

/**
 * Groups that are there now and were not before.
 * @param ours the servers that this process started, whether they live or not
 */
export function newGroups(before: ReadonlySet<string>, ours: ReadonlySet<number>): string[] {
  return [...controlGroups()].filter((group) => {
    if (before.has(group)) return false;
    let known = dirname(group);
    while (known !== dirname(known) && !before.has(known)) known = dirname(known);
    return !isOthers(group, group.slice(known.length), ours);
  });
}

/** What sandbox users have written where anybody may write. */
export function sandboxFiles(): string[] {
  return SHARED_FOLDERS.flatMap((folder) =>
    namesIn(folder).map((name) => join(folder, name)),
  ).filter((path) => {
    const { uid } = statSync(path, { throwIfNoEntry: false }) ?? { uid: 0 };
    return uid >= FIRST_SANDBOX_UID && uid !== NOBODY;
  });
}

/** Every path below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** What a process has open, by kind: `socket`, `pipe`, `/dev/ptmx`, `net`. */
export function descriptorsOf(pid: number): Map<string, number> {
  const kinds = new Map<string, number>();
  const folder = `/proc/${String(pid)}/fd`;
  for (const name of namesIn(folder)) {
    const kind = linkAt(join(folder, name))
      ?.replace(/:.*$/, '')
      .replace(/^\/.*\/runtimes\/.*/, 'runtime');
    if (kind !== undefined) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
}

/** The runtime folder that a server holds, which sandboxes see. */
export function runtimeOf(pid: number): string | undefined {
  const folder = `/proc/${String(pid)}/fd`;
  const links = namesIn(folder).map((name) => linkAt(join(folder, name)));
  return links.find(
    (path) => path !== undefined && /\/runtimes\/(?:[^/]+\/)?[\da-f]{16}$/.test(path),
  );
}

/** The folder of a server’s shelves, which it holds. */
export function shelvesOf(pid: number): string | undefined {
  const folder = `/proc/${String(pid)}/fd`;
  const links = namesIn(folder).map((name) => linkAt(join(folder, name)));
  return links.find((path) => path !== undefined && /\/readable-\d+\/live-[^/]+$/.test(path));
}

function shelves(): string[] {
  return namesIn(MEMORY)
    .filter((name) => name.startsWith('readable-'))
    .flatMap((name) => namesIn(join(MEMORY, name)));
}

function locks(): string[] {
  return read('/proc/locks')?.split('\n').filter(Boolean) ?? [];
}

/** The locks of a process, whether it lives or not: proc_locks(5). */
export function locksOf(pid: number): string[] {
  return locks().filter((line) => line.split(/\s+/)[4] === String(pid));
}

/** The whole computer in numbers, whoever it belongs to. */
export function wholeComputer(): Map<string, number> {
  const all = pids();
  const users = all.filter((pid) => {
    const { uid } = statSync(`/proc/${String(pid)}`, { throwIfNoEntry: false }) ?? { uid: 0 };
    return uid >= FIRST_SANDBOX_UID && uid !== NOBODY;
  });
  const namespaces = NAMESPACES.map((kind): [string, number] => {
    const links = all.map((pid) => linkAt(`/proc/${String(pid)}/ns/${kind}`));
    return [`${kind} namespaces`, new Set(links.filter((link) => link !== undefined)).size];
  });
  const terminals = Number(read('/proc/sys/kernel/pty/nr'));
  return new Map([
    ['processes', all.length],
    ['processes of sandbox users', users.length],
    ...namespaces,
    ['pseudoterminals', terminals],
    ['control groups', controlGroups().size],
    ['shelves', shelves().length],
    ['locks', locks().length],
    ['files of sandbox users', sandboxFiles().length],
  ]);
}
