/**
 * Attacks with processes, as many as it gets; each stays. They are a shell’s: what a Node process leaves to
 * those that it forks, memory and descriptors, puts a run over its budget of these as well, sooner or later.
 * Must hold: one program has 400 threads and processes at most, and all of a session together 640, however
 * many programs it starts. Another reader’s run goes on.
 */
import { spawn } from 'node:child_process';
import type { Attack } from './kernel.ts';

/** Beyond all limits, and still harmless to the computer. */
const MOST = 700;
/** Each reads what never comes. A shell that can’t fork ends. */
const BOMB = `i=0; while [ $i -lt ${MOST} ]; do (read -r _ <&3) & i=$((i + 1)); done`;

const forkBomb: Attack = async () => {
  const shell = spawn('/usr/bin/sh', ['-c', BOMB], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const code = await new Promise((resolve, reject) => {
    shell.on('exit', resolve).on('error', reject);
  });
  return code === 0 ? 'never refused' : 'refused';
};
export default forkBomb;
