/**
 * What each process of a sandbox may use: prlimit(1), setrlimit(2). They bound accidents and
 * floods of one program; how many programs run is the server's capacity.
 * @param maxDescriptors how many descriptors it may have open
 */
export function limits(maxDescriptors: number): string[] {
  return [
    // Threads and processes: a Node process has about a dozen.
    '--nproc=400',
    `--nofile=${maxDescriptors}`,
    '--fsize=33554432',
    '--core=0',
    // Node reserves address space far beyond what it uses; it aborts below these.
    '--data=1073741824',
    '--as=2147483648',
  ];
}

/** Flags for every Node process of a sandbox. */
export const NODE_FLAGS: readonly string[] = ['--max-old-space-size=128'];

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
