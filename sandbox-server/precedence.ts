/**
 * The server before its runs, where processors are short. The kernel shares them among sessions of
 * setsid(2), each an equal: sched(7), “The autogroup feature”. Each program of a run is a session, so its
 * nice value changes nothing for the server, and with a hundred of them busy the server would wait like
 * one of a hundred. So the sessions get nice values: only root may lower the server’s, and everybody may
 * raise those of their programs. Where the kernel goes by cgroups instead, none of this counts.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const AUTOGROUP = '/proc/self/autogroup';
/** Weighs as much as ten programs: the server sleeps most of the time. */
const NICENESS = -10;
/** As niceness 10 is among the processes of one session. */
const PROGRAM_NICENESS = 10;
/** Who is not root may change one every 100 ms, all users together: it is tried so often, so far apart. */
const TRIES = 8;
const RETRY = 130;

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

/**
 * Has the kernel let everybody go before a program, as far as it can be had.
 * @param pid a process of the program’s session; one of the server’s own session stays as it is
 */
export function giveWay(pid: number, tries = TRIES): void {
  const file = `/proc/${pid}/autogroup`;
  try {
    if (groupIn(file) !== groupIn(AUTOGROUP)) writeFileSync(file, String(PROGRAM_NICENESS));
  } catch (error) {
    const later = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
    if (later && tries > 1) setTimeout(() => giveWay(pid, tries - 1), RETRY).unref();
  }
}

function groupIn(file: string): string | undefined {
  return readFileSync(file, 'latin1').split(' ')[0];
}
