/**
 * Attacks with processes, as many as it gets; each stays, and is nothing but a process.
 * Must hold: one program has 400 threads and processes at most, and all of a session together 640, however
 * many programs it starts. Another reader’s run goes on.
 */
import { call, errorName, fork, raise, sleepForEver, type Attack } from './kernel.ts';

/** Beyond all limits, and still harmless to the computer. */
const MOST = 700;

const CLOSE_RANGE = [436, 436] as const;
const WAITID = [247, 95] as const;
const P_PID = 1;
/** Exited or stopped, and left to be waited for: a zombie counts too. */
const WEXITED_WSTOPPED_WNOWAIT = 0x4 | 0x2 | 0x1000000;
const SIGSTOP = 19;

/**
 * Forks a process without descriptors. What it inherits would put the run over that budget as well, and
 * which of the two ends it would be a race. So it is waited for: many that still have theirs are too many.
 */
function forkBare(): number {
  const pid = fork();
  if (pid === 0) {
    call(CLOSE_RANGE, 0, 2 ** 31 - 1, 0);
    raise(SIGSTOP);
    sleepForEver();
  }
  if (pid > 0) call(WAITID, P_PID, pid, new Uint8Array(128), WEXITED_WSTOPPED_WNOWAIT, 0);
  return pid;
}

const forkBomb: Attack = () => {
  let processes = 0;
  while (processes < MOST && forkBare() > 0) processes += 1;
  return { processes, error: processes < MOST ? errorName() : 'none' };
};
export default forkBomb;
