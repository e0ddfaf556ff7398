/** For a process of ours whose feed counts: a program of a reader’s runs beside it, as the same user. */
import koffi from 'koffi';

/** PR_SET_DUMPABLE of prctl(2). */
const PR_SET_DUMPABLE = 4;

/**
 * Keeps other processes of the same user out of this one: without it, a program could open its parent’s
 * feed through /proc and tell whatever it likes. See proc_pid_fd(5) and ptrace(2).
 */
export function keepOthersOut(): void {
  const prctl: (option: number, value: number, a: number, b: number, c: number) => number = koffi
    .load(null)
    .func(
      'int prctl(int option, unsigned long value, unsigned long a, unsigned long b, unsigned long c)',
    );
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) !== 0) throw new Error(`prctl failed: ${koffi.errno()}`);
}
