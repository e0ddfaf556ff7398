/**
 * Removes what a server leaves that could not do it itself: kill -9, a crash. The kernel takes processes
 * and locks along with a server, but neither its control groups nor its shelves. So a small process of its
 * own waits for the end of the server, which ends the pipe between the two, however the server ends.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { messageOf } from '../../message-of.ts';

/**
 * What is to be removed: control groups; those in which each group inside is a session’s, whose processes
 * are killed first; or a plain folder.
 */
export type Remains = 'groups' | 'sessions' | 'folder';

/** How long a server that ends waits for it, in milliseconds. It goes on without. */
const PATIENCE = 5000;
/** What the process calls itself. */
const NAME = 'readable-sweeper';

/**
 * For sh: a shell has a megabyte, Node forty. It tries for a minute or so, as the kernel takes its time with
 * large processes. Lines are a kind and a path; one that was cut off has no end, and is left out. The
 * names are looked at once more, because a mistake here would be a bad one. A group of version 2 kills at
 * once what is in it; 0 stands for a process that can't be seen from here. See cgroups(7).
 */
const SCRIPT = `# Waits for the end of a Readable server, and removes what that has left.
trap '' HUP INT QUIT TERM
while read -r kind path; do
  case $kind:\${path##*/} in
    folder:live-* | groups:readable-* | sessions:readable-*) set -- "$@" "$kind" "$path" ;;
  esac
done
sweep() {
  left=0
  while [ $# -gt 0 ]; do
    if [ "$1" = sessions ]; then
      for group in "$2"/*/; do
        [ -d "$group" ] || continue
        echo 0 >"$group/pids.max"
        if [ -e "$group/cgroup.kill" ]; then
          echo 1 >"$group/cgroup.kill"
        else
          for pid in $(cat "$group/cgroup.procs"); do
            [ "$pid" -gt 0 ] && kill -KILL "$pid"
          done
        fi
      done
    fi
    if [ "$1" = folder ]; then
      # A folder has that name until it is whole.
      rm -rf "$2" "$2.new"
    else
      find "$2" -depth -type d -exec rmdir {} +
    fi
    [ -e "$2" ] && left=1
    shift 2
  done
  return $left
}
tries=600
until sweep "$@" || [ $tries -eq 0 ]; do
  tries=$((tries - 1))
  sleep 0.1
done
`;

/** Whether a process is a sweeper, of whichever server. */
export function isSweeper(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').endsWith(`\0${NAME}\0`);
  } catch {
    return false;
  }
}

/** A server’s sweeper. */
export class Sweeper {
  /** What the operator should know; undefined when all is well. */
  readonly warning: string | undefined;
  readonly #child: ChildProcess | undefined;
  readonly #pipe: Writable | undefined;

  private constructor(warning?: string, child?: ChildProcess, pipe?: Writable) {
    this.warning = warning;
    this.#child = child;
    this.#pipe = pipe;
  }

  /**
   * Starts one. Where it can’t be, there is a warning, and what it is told goes nowhere.
   * @param shell for tests
   */
  static async start(shell = 'sh'): Promise<Sweeper> {
    try {
      const child = spawn(shell, ['-c', SCRIPT, NAME], {
        stdio: ['pipe', 'ignore', 'ignore'],
        cwd: '/',
        // Away from the terminal and the server’s group, whose signals are not for it.
        detached: true,
        env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
      });
      if (child.pid === undefined) {
        // Not even started, for want of descriptors say: there is no pipe either.
        throw await new Promise<Error>((resolve) => child.once('error', resolve));
      }
      child.unref();
      // Somebody may have killed it: the next start removes what it would have.
      child.stdin.on('error', () => {});
      return new Sweeper(undefined, child, child.stdin);
    } catch (error) {
      return new Sweeper(
        `If this server is killed, its control groups and shelves stay until the next start: the shell that would remove them did not start (${messageOf(error)}).`,
      );
    }
  }

  /** Its process; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Tells it of a folder, before that is made: it need not be there when the server ends.
   * @param path its name begins with `readable-`, that of a plain folder with `live-`
   */
  tell(remains: Remains, path: string): void {
    // It would be taken for two.
    if (!path.includes('\n')) this.#pipe?.write(`${remains} ${path}\n`);
  }

  /** Ends it, once the server has removed its things; whatever is there nevertheless goes now. */
  async close(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit', { signal: AbortSignal.timeout(PATIENCE) });
    child.ref();
    this.#pipe?.end();
    try {
      await gone;
    } catch {
      child.unref();
    }
  }
}
