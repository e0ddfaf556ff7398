/**
 * Attacks with memory over many processes, each within its limits: 12 with 64 MiB, all of it used.
 * Must hold: the session’s budget ends the run, and the reader is told.
 */
import { fork, sleepForEver, type Attack } from './kernel.ts';

const MiB = 1024 * 1024;
const PROCESSES = 12;

const memorySum: Attack = () => {
  for (let index = 0; index < PROCESSES; index++) {
    if (fork() !== 0) continue;
    const kept = Buffer.alloc(64 * MiB, 1);
    for (;;) if (kept.length > 0) sleepForEver();
  }
  return 'taken';
};
export default memorySum;
