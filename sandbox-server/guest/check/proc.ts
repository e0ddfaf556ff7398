/** What /proc tells of processes: whose children they are, and whether they do anything. proc(5), sched(7). */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** The processes that `pid` started and has not reaped, oldest first; none once it is gone. */
export function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** More processes than a sandbox may have, so that a walk always ends. */
const MOST_DESCENDANTS = 10_000;

/**
 * The processes below `pid`, parents before their children, generation by generation.
 * @param most no more than so many: a program decides how many there are, and how deep
 * @param children tells the children of a process
 */
export function descendantsOf(
  pid: number,
  most = MOST_DESCENDANTS,
  children: (pid: number) => readonly number[] = childrenOf,
): number[] {
  const found: number[] = [];
  const add = (parent: number): void => {
    // One by one: a call with as many arguments as there may be children is an error of its own.
    for (const child of children(parent)) if (found.length < most) found.push(child);
  };
  add(pid);
  for (let next = 0; next < found.length && found.length < most; next++) {
    const parent = found[next];
    if (parent !== undefined) add(parent);
  }
  return found;
}

/** What proc_pid_stat(5) calls the state of a process or thread; undefined once it is gone. */
export function stateOf(path: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${path}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2];
  } catch {
    return undefined;
  }
}

/** Whether a process has ended and its parent has not asked how: wait(2). */
export function isZombie(pid: number): boolean {
  return stateOf(String(pid)) === 'Z';
}

/**
 * The sockets that a process has open, by the kernel’s names for them.
 * @throws Error if the process may not be looked into, or is gone
 */
export function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      const target = readlinkSync(`${folder}/${fd}`);
      return target.startsWith('socket:') ? [target] : [];
    } catch {
      // It was closed meanwhile.
      return [];
    }
  });
}

/** What all threads of some processes have done since they began. */
export interface Activity {
  /** The same as long as none of them has run. */
  readonly mark: string;
  /** One of them runs, or would like to. */
  readonly busy: boolean;
  /** The time they have had a processor, in milliseconds. */
  readonly ran: number;
  /** How often one of them was given a processor: each time that one wakes up, at least once. */
  readonly turns: number;
}

/** What all threads of some processes do. Those that end meanwhile are left out. */
export function activityOf(pids: readonly number[]): Activity {
  const marks: string[] = [];
  let busy = false;
  let ran = 0;
  let turns = 0;
  for (const pid of pids) {
    for (const thread of threadsOf(pid)) {
      const task = `${pid}/task/${thread}`;
      const state = stateOf(task);
      const times = timesOf(task);
      if (state === undefined || times === undefined) continue;
      // D waits for a disk, and goes on by itself.
      busy ||= state === 'R' || state === 'D';
      ran += times.ran / 1e6;
      turns += times.turns;
      marks.push(`${thread} ${times.ran} ${state}`);
    }
  }
  return { mark: marks.join('\n'), busy, ran, turns };
}

/** The threads of a process, by their ids; none once it is gone. */
export function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** What some processes have in memory, in bytes, a shared page divided among those who share it: PSS of proc_pid_smaps(5). */
export function memoryOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
      return sum + Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
    } catch {
      // It has ended.
      return sum;
    }
  }, 0);
}

/**
 * What a process has in memory that no file stands behind, in bytes: Anonymous of proc_pid_smaps(5). Programs
 * that share its executable with it make no difference to that. 0 once it is gone.
 */
export function ownMemoryOf(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return Number(/^Anonymous:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** What the scheduler has counted for a thread since it began: sched-stats of the kernel’s documentation. */
export interface ThreadTimes {
  /** Nanoseconds on a processor. */
  readonly ran: number;
  /** Nanoseconds for which it could have run, and others did. */
  readonly waited: number;
  /** How often it was given a processor. */
  readonly turns: number;
}

/**
 * The times of a thread. What it waits for a processor now is counted once it gets one.
 * @param task `PID/task/TID`
 * @returns undefined once it is gone
 */
export function timesOf(task: string): ThreadTimes | undefined {
  try {
    const [ran, waited, turns] = readFileSync(`/proc/${task}/schedstat`, 'latin1').split(' ');
    return { ran: Number(ran), waited: Number(waited), turns: Number(turns) };
  } catch {
    return undefined;
  }
}
