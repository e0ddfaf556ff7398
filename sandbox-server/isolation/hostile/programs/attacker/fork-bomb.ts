/**
 * Attacks with processes, as many as it gets; each stays.
 * Must hold: one program has 400 threads and processes at most, and all of a session together 640, however
 * many programs it starts. Another reader’s run goes on.
 */
import { errorName, fork, sleepForEver, type Attack } from './kernel.ts';

/** Beyond all limits, and still harmless to the computer. */
const MOST = 700;

const forkBomb: Attack = () => {
  let processes = 0;
  while (processes < MOST) {
    const pid = fork();
    if (pid === 0) sleepForEver();
    if (pid < 0) break;
    processes += 1;
  }
  return { processes, error: processes < MOST ? errorName() : 'none' };
};
export default forkBomb;
