/**
 * How much memory is set aside for a run: for what it runs, before it runs it. Measured as PSS of
 * proc_pid_smaps(5) over a run's processes, and rounded up: a server program and two clients take 47 MB,
 * with eight clients 134 MB. Checks of the book’s exercises take 42 to 170 MB: 17 to 44 MB of it are the
 * program. The rest is the checker, which has all that its peers have sent and received.
 */
import type { Lab } from '../lab/definition.ts';

const MiB = 1024 * 1024;
/** The sandbox itself, its network included. */
const SANDBOX = 8 * MiB;
const PROGRAM = 24 * MiB;
const CLIENT = 16 * MiB;
const CHECKER = 144 * MiB;
/** What measures, its load, and the server that forks: with a process for each of 105 clients who talk, 420 MiB. */
const MEASUREMENT = 480 * MiB;
/**
 * How many times the memory of a run a measurement may have. Only one at a time is under way, and a server with
 * a process for each of fifty clients who all talk does not fit into the memory of a run.
 */
export const MEASUREMENT_TIMES = 2;
/** A thousand clients in one process, and what the kernel and a server program have for their connections. */
const CROWD = 96 * MiB;

/** What runs at once in a run. */
export interface Running {
  readonly programs: number;
  readonly clients: number;
  /** Whether there is a crowd. */
  readonly crowd?: boolean;
}

/**
 * What is set aside for a run, in bytes.
 * @param edits bytes of programs that its reader has written: its shelf is in memory, too
 */
export function memoryFor({ programs, clients, crowd = false }: Running, edits = 0): number {
  return SANDBOX + programs * PROGRAM + clients * CLIENT + (crowd ? CROWD : 0) + edits;
}

/**
 * What is set aside for the check of an exercise, in bytes: for its checker, which is all clients itself, and
 * the program. Other parameters are those of {@link memoryFor}.
 */
export function memoryForCheck(edits = 0): number {
  return memoryFor({ programs: 1, clients: 0 }, edits) + CHECKER;
}

/**
 * What is set aside for a measurement, in bytes: its programs run one after the other. Parameters are those
 * of {@link memoryFor}.
 */
export function memoryForMeasurement(edits = 0): number {
  return memoryFor({ programs: 1, clients: 0 }, edits) + MEASUREMENT;
}

/** What a lab starts by itself. A tracer takes as much as a program. */
export function startsWith({ server, programs, clients }: Lab): Running {
  const started = [server, ...programs.filter(({ starts }) => starts !== 'on-demand')];
  return {
    programs: started.length + started.filter(({ traced }) => traced).length,
    clients: clients.filter(({ later }) => !later).length,
  };
}
