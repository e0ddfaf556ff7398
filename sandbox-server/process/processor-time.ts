/** How much processor time a run's processes have used: proc_pid_stat(5). */
import { readFileSync } from 'node:fs';
import { descendantsOf } from './process-tree.ts';

/** USER_HZ is 100 on every architecture Node runs on. */
const TICK = 10;
/** A program decides how many processes there are: so many are looked at. */
const MOST_PROCESSES = 64;

/**
 * The processor time of processes and of all below them, ended children that were waited for included.
 * One that ends and is not waited for takes its time along.
 * @param roots the first process of each tree
 * @returns in milliseconds
 */
export function processorTime(roots: readonly number[]): number {
  let total = 0;
  let left = MOST_PROCESSES;
  for (const root of roots) {
    const tree = [root, ...descendantsOf(root, left)].slice(0, left);
    left -= tree.length;
    for (const pid of tree) total += timeOf(pid);
  }
  return total;
}

function timeOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command’s name comes second, in brackets, and can itself have brackets and blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).map(Number);
    return ticks.reduce((sum, each) => sum + each, 0) * TICK;
  } catch {
    return 0;
  }
}
