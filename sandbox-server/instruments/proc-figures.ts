/** What /proc says of one process: the raw figures behind a lab's gauges. proc(5). */
import { readFileSync, readdirSync, statSync } from 'node:fs';

/** One process at one moment. */
export interface ProcessSample {
  /** Its number in the innermost pid namespace it is in, which is what it knows itself by. */
  readonly pid: number;
  /** Its parent’s number on this computer. */
  readonly parent: number;
  readonly threads: number;
  /** It has ended, and its parent has not asked how: only its number and its place in the tree are left. */
  readonly zombie: boolean;
  /** How long its threads have run, or waited for a processor to run on, in seconds. */
  readonly busy: number;
}

/** USER_HZ, the unit of times in /proc/PID/stat: 100 on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;
const NANOSECONDS = 1e9;

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    // It has ended, or is not ours to look at.
    return undefined;
  }
}

/**
 * Time run and time waited for a processor, in seconds: schedstat, of each thread. On a machine that
 * others use too, a program that spins gets only its share; that it never rests shows in both together.
 */
function busyTime(pid: number): number | undefined {
  let total = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const text = read(pid, `task/${thread}/schedstat`);
      if (text === undefined) continue;
      const [ran = 0, waited = 0] = text.split(' ').map(Number);
      total += ran + waited;
    }
  } catch {
    return undefined;
  }
  // A kernel without scheduler statistics has no such file, or zeros in it.
  return total === 0 ? undefined : total / NANOSECONDS;
}

/** Samples a process; undefined for one that is gone. */
export function sampleProcess(pid: number): ProcessSample | undefined {
  const status = read(pid, 'status');
  const stat = read(pid, 'stat');
  if (status === undefined || stat === undefined) return undefined;
  // The command’s name comes second, in brackets, and can itself have brackets and blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = 'X', parent = '0'] = fields;
  if (state === 'X') return undefined;
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  const inner = /^NSpid:.*?(\d+)$/m.exec(status)?.[1];
  return {
    pid: Number(inner ?? pid),
    parent: Number(parent),
    threads: Number(fields[17] ?? 1),
    zombie: state === 'Z',
    busy: busyTime(pid) ?? ticks / TICKS_PER_SECOND,
  };
}

/** PSS in bytes: what it has in memory, shared pages divided among those who share them. */
export function memoryOf(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(read(pid, 'smaps_rollup') ?? '')?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

/** How many descriptors it has open. */
export function descriptorsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  try {
    // Since Linux 6.2 the folder’s size is their number: proc_pid_fd(5).
    return statSync(folder).size || readdirSync(folder).length;
  } catch {
    return 0;
  }
}

/** The file name of what it runs, as its command line has it; empty for one that has ended. */
export function programName(pid: number): string {
  const [path = ''] = (read(pid, 'cmdline') ?? '').split('\0');
  return path.slice(path.lastIndexOf('/') + 1);
}
