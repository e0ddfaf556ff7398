/**
 * Attacks other processes: looks for them by every number there is, and signals all that it finds.
 * Must hold: it finds the first process of its sandbox and itself, however many run beside it.
 */
import { readdirSync } from 'node:fs';
import { kill, visible, type Attack } from './kernel.ts';

const others: Attack = () => {
  // A thread has a number too.
  const own = new Set(readdirSync('/proc/self/task').map(Number));
  const found = visible().filter((pid) => !own.has(pid));
  for (const pid of found) kill(pid, 9);
  return { found: found.length, afterwards: kill(1, 0) === 0 };
};
export default others;
