/**
 * The users that sandboxes' processes are outside, one for each sandbox, where the server can become
 * somebody else. To the kernel all processes of a user belong together: they may kill(2) each other, and
 * RLIMIT_NPROC counts them together. So no two sandboxes may share one, not even those of two servers.
 */
import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { messageOf } from '../../message-of.ts';

const fcntl: (fd: number, command: number, type: string, argument: Buffer) => number = koffi
  .load('libc.so.6')
  .func('int fcntl(int fd, int cmd, ...)');

/** fcntl_locking(2): a lock that belongs to the open file, so two servers of one process exclude each other. */
const F_OFD_SETLK = 37;
const F_WRLCK = 1;

/** Root's own and gone after a boot, as every process is: hier(7). */
const LOCKS = '/run/readable';
/** How many users a server has: five for each run of the largest, as those left behind are used up. */
const RANGE = 1000;

/** Users that a server may choose its range from. */
export interface Window {
  readonly first: number;
  /** How many there are. */
  readonly length: number;
}

/** Windows that nothing else takes users from, the roomiest first: see systemd's UIDS-GIDS. */
const WINDOWS: readonly Window[] = [
  { first: 1_900_000_000, length: 2 ** 31 - 2 - 1_900_000_000 },
  // For containers whose user namespace maps only the first 65,536; 65,534 is `nobody`.
  { first: 60_000, length: 5534 },
];

/** Whether sandboxes get a user of their own each: only root can become somebody else. */
export function switchesUser(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The window to choose from.
 * @param maps what /proc/self/uid_map and gid_map say: user_namespaces(7)
 * @returns undefined when this process can become nobody of any
 */
export function windowWithin(...maps: readonly string[]): Window | undefined {
  const mapped = maps.map((map) =>
    map
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .map(([first = 0, , length = 0]): Window => ({ first, length })),
  );
  return WINDOWS.find(({ first, length }) =>
    mapped.every((map) =>
      map.some((each) => each.first <= first && first + length <= each.first + each.length),
    ),
  );
}

/** Has the users of a server, and hands them out. */
export class SandboxUsers {
  /** What the operator should know; undefined when all is well. */
  readonly warning: string | undefined;
  /** Those that are free, the next one last; undefined when the server can't switch users. */
  readonly #free: number[] | undefined;
  /** The open file that the lock belongs to. */
  #lock: number | undefined;

  private constructor(free?: number[], lock?: number, warning?: string) {
    this.#free = free;
    this.#lock = lock;
    this.warning = warning;
  }

  /**
   * Reserves a range of users for this server, until it closes them or ends, however that ends. A server
   * that is not root has none to reserve, and needs none of what follows.
   * @param folder where servers lock their ranges; nobody but root may write to it
   * @throws Error with what to do, when there is no range to be had
   */
  static reserve(window = ownWindow(), folder = LOCKS): SandboxUsers {
    if (window === undefined) return new SandboxUsers();
    const ranges = Math.floor(window.length / RANGE);
    // Servers in containers often share the computer's users and not its files. Where a range is locked
    // nobody there sees it, so each begins to look somewhere else.
    const start = randomInt(ranges);
    let lock: number;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      lock = openSync(join(folder, 'users'), 'a', 0o600);
    } catch (error) {
      const first = window.first + start * RANGE;
      return new SandboxUsers(
        ...[freeUsers(first), undefined],
        `Another server on this computer may use the same users for its sandboxes (${messageOf(error)}). Let this one write to ${folder}.`,
      );
    }
    for (let tried = 0; tried < ranges; tried++) {
      const first = window.first + ((start + tried) % ranges) * RANGE;
      if (lockRange(lock, first)) return new SandboxUsers(freeUsers(first), lock);
    }
    closeSync(lock);
    throw new Error(
      `Other servers on this computer use all ${ranges * RANGE} users that sandboxes may get, ${RANGE} each. End one of them, or run this server as a user other than root.`,
    );
  }

  /**
   * A user for a sandbox, which nobody else has; undefined when the server can't switch users.
   * @throws Error when none is left
   */
  take(): number | undefined {
    if (this.#free === undefined) return undefined;
    const user = this.#free.pop();
    if (user !== undefined) return user;
    throw new Error('The server has no user left for another sandbox. It has to be restarted.');
  }

  /**
   * Gives a user back.
   * @param clean whether no process of its sandbox is left. Nobody else may be the same user as one that
   *   can't be killed: then it is never handed out again.
   */
  release(user: number | undefined, clean: boolean): void {
    if (user !== undefined && clean) this.#free?.push(user);
  }

  /** Gives the range back. Nobody may be any of its users any more. */
  close(): void {
    if (this.#lock !== undefined) closeSync(this.#lock);
    this.#lock = undefined;
  }
}

/** @throws Error when this process is root and can become nobody else */
function ownWindow(): Window | undefined {
  if (!switchesUser()) return undefined;
  const [uids, gids] = ['uid_map', 'gid_map'].map((name) =>
    readFileSync(`/proc/self/${name}`, 'latin1'),
  );
  const window = windowWithin(uids ?? '', gids ?? '');
  if (window) return window;
  throw new Error(
    'The server is root, but there are no users here that sandboxes could get. Map 65,536 users into its user namespace, or run it as a user other than root.',
  );
}

/** Locks the bytes whose numbers are those of the range's users. @returns whether nobody else has */
function lockRange(file: number, first: number): boolean {
  // struct flock: l_type, l_whence (SEEK_SET), l_start, l_len, and l_pid, which must be 0.
  const request = Buffer.alloc(32);
  request.writeInt16LE(F_WRLCK, 0);
  request.writeBigInt64LE(BigInt(first), 8);
  request.writeBigInt64LE(BigInt(RANGE), 16);
  return fcntl(file, F_OFD_SETLK, 'void *', request) === 0;
}

/** The users of a range but those that something still runs as: what a server left there could not be killed. */
function freeUsers(first: number): number[] {
  const busy = new Set(readdirSync('/proc').flatMap(usersOf));
  return Array.from({ length: RANGE }, (_, index) => first + index)
    .filter((user) => !busy.has(user))
    .reverse();
}

/** The users that a process is: `Uid` of proc_pid_status(5). A folder's owner doesn't tell, see PR_SET_DUMPABLE. */
function usersOf(pid: string): number[] {
  if (!/^\d+$/.test(pid)) return [];
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const [, users = ''] = /^Uid:(.*)$/m.exec(status) ?? [];
    return users.trim().split(/\s+/).map(Number);
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
