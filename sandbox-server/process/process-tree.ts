/** Processes and their children: proc_pid_task(5). */
import { readFileSync } from 'node:fs';

/** The processes that `pid` started and has not reaped, oldest first; none once it is gone. */
export function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** What proc_pid_stat(5) says of a process. */
export interface ProcessStat {
  readonly state: string;
  /** Its start, in clock ticks since boot: with the pid it names one process for good. */
  readonly started: string;
  /** The processor time it has used, in clock ticks: in its own code and in the kernel. */
  readonly cpu: string;
}

/** Reads a process’s state; undefined for one that is gone, or dead and only not yet reaped. */
export function statOf(pid: number): ProcessStat | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [state = '', started = ''] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X') return undefined;
    return { state, started, cpu: `${fields[11] ?? ''} ${fields[12] ?? ''}` };
  } catch {
    return undefined;
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

/** Sends SIGKILL to a process or, by a negative number, to a group; one that has ended is no error. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
