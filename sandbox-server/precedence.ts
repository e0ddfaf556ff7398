/**
 * The server before its runs, where processors are short. The kernel shares them among sessions of
 * setsid(2), each an equal: sched(7), “The autogroup feature”. Each program of a run is a session, so a
 * nice value of its own changes nothing for the server, and with a hundred of them busy the server would
 * wait like one of a hundred.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const AUTOGROUP = '/proc/self/autogroup';
/** Weighs as much as ten programs: the server sleeps most of the time. */
const NICENESS = -10;

/**
 * Has the kernel prefer this process’s session. It does nothing where only root may, where the kernel has
 * no such groups or goes by cgroups instead, or where the operator has chosen a nice value already.
 * @returns undoes it
 */
export function takePrecedence(file = AUTOGROUP): () => void {
  const set = (niceness: number): void => {
    try {
      writeFileSync(file, String(niceness));
    } catch {
      // Then it is one of many, as it was.
    }
  };
  try {
    if (!readFileSync(file, 'latin1').endsWith(' nice 0\n')) return () => {};
  } catch {
    return () => {};
  }
  set(NICENESS);
  return () => set(0);
}
