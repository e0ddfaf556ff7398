import { readFileSync } from 'node:fs';
import { MOST_PROCESSES } from '../../lab/definition.ts';
import type { LaunchRequest } from './isolation.ts';

/** Threads and processes that one program may have at a time: a Node process has about a dozen. */
export const PROGRAM_PROCESSES = MOST_PROCESSES;
/** Those that all programs and clients of a session may have together. */
export const SESSION_PROCESSES = 640;

/**
 * What the rings of a program may take that runs on io_uring(7), in bytes. Newer kernels count them as locked
 * memory, 0.3 MiB for a program with Node’s own, and together with everything of the same user: where the server
 * is not root, that is all of its sandboxes.
 */
const RING_MEMORY = 96 * 1024 * 1024;

/** How much memory a process may lock: none, unless it runs on io_uring. No user but root gets more than they have. */
function lockable(completes: boolean): number {
  if (!completes) return 0;
  const own = /^Max locked memory\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  return Math.min(RING_MEMORY, own?.[1] === undefined ? Infinity : Number(own[1]));
}

/**
 * What each process of a sandbox may use: prlimit(1), setrlimit(2). They bound accidents and
 * floods of one program; how many programs run is the server's capacity.
 * @param maxDescriptors how many descriptors it may have open
 * @param processes how many threads and processes there may be
 */
export function limits(
  { completes = false, maxDescriptors }: Pick<LaunchRequest, 'completes' | 'maxDescriptors'>,
  processes = PROGRAM_PROCESSES,
): string[] {
  return [
    `--nproc=${processes}`,
    `--nofile=${maxDescriptors}`,
    '--fsize=33554432',
    // Not 0: where crashes go to a program of the computer's, that limit counts nothing, and only 1
    // keeps it from being started. See core(5).
    '--core=1',
    // Signals that wait, and with them timers; nothing of a program's runs before everybody else.
    ...['--sigpending=1024', '--msgqueue=0', '--rtprio=0', '--nice=0'],
    `--memlock=${lockable(completes)}`,
    // Node reserves address space far beyond what it uses, and aborts when there is none: 1.4 GiB for
    // itself, 2.1 for a program with a thread for each of eight clients, which has 160 MiB in memory. What
    // memory a run has is for its budget to bound (budget.ts); these only stop a process that runs away.
    '--data=1073741824',
    '--as=4294967296',
  ];
}

/**
 * Flags for every Node process of a sandbox. Without the second, SIGUSR1 opens a debugger on a port: who is
 * checked could take over whoever checks.
 */
export const NODE_FLAGS: readonly string[] = ['--max-old-space-size=128', '--disable-sigusr1'];

/** Sandboxes give way to the server that serves everybody: nice(1). */
export const NICENESS = '10';

/**
 * Runs its arguments with the terminal's signals ignored. bwrap, nsenter and unshare are in the
 * terminal's foreground group beside the program, and a Ctrl-C must not end them first. Node puts
 * the signals back to their defaults for itself.
 */
export const IGNORE_TERMINAL_SIGNALS: readonly string[] = [
  'sh',
  '-c',
  `trap '' INT QUIT TSTP; exec "$@"`,
  'sh',
];
