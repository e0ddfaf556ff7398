/** Processes and their children: proc_pid_task(5). */
import { readFileSync } from 'node:fs';

export { childrenOf, descendantsOf } from '../guest/check/proc.ts';

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

/** Sends SIGKILL to a process or, by a negative number, to a group; one that has ended is no error. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
