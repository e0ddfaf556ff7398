/** How much processor time a run's processes have used: proc_pid_stat(5), and schedstat beside it. */
import { readFileSync } from 'node:fs';
import { descendantsOf } from './process-tree.ts';

/** USER_HZ is 100 on every architecture Node runs on. */
const TICK = 10;
/** In a millisecond. */
const NANOSECONDS = 1e6;
/** A program decides how many processes there are: so many are looked at. */
const MOST_PROCESSES = 64;

/** What processes have had of the processors so far, and what they would have had alone: in milliseconds. */
export interface ProcessorTime {
  readonly used: number;
  /** With the time for which their first threads waited for a processor. */
  readonly wanted: number;
}

/**
 * The processor time of processes and of all below them, ended children that were waited for included.
 * One that ends and is not waited for takes its time along.
 * @param roots the first process of each tree
 */
export function processorTime(roots: readonly number[]): ProcessorTime {
  let used = 0;
  let waited = 0;
  let left = MOST_PROCESSES;
  for (const root of roots) {
    const tree = [root, ...descendantsOf(root, left)].slice(0, left);
    left -= tree.length;
    for (const pid of tree) {
      used += usedBy(pid);
      waited += waitedBy(pid);
    }
  }
  return { used, wanted: used + waited };
}

function usedBy(pid: number): number {
  // The command’s name comes second, in brackets, and can itself have brackets and blanks.
  const stat = read(pid, 'stat').replace(/^.*\) /s, '');
  const ticks = stat.split(' ').slice(11, 15).map(Number);
  return ticks.reduce((sum, each) => sum + each, 0) * TICK;
}

/** Its second number is how long the first thread was ready to run and did not, in nanoseconds. */
function waitedBy(pid: number): number {
  return Number(read(pid, 'schedstat').split(' ')[1] ?? 0) / NANOSECONDS;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    // It has ended.
    return '';
  }
}
