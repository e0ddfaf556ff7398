/** What a run left behind: counted over the whole computer, not by asking the server. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { descendantsOf, statOf } from '../sandbox-server/process/process-tree.ts';

/** Processes, each with the moment it started, so that a number used again is no leftover. */
export interface Footprint {
  readonly processes: ReadonlyMap<number, string>;
  /** Their network namespaces, apart from the tests’ own. */
  readonly networks: ReadonlySet<string>;
}

function networkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** All that runs below a process now. */
export function footprint(pid: number): Footprint {
  const processes = new Map<number, string>();
  const networks = new Set<string>();
  const own = networkOf(process.pid);
  for (const descendant of descendantsOf(pid)) {
    const stat = statOf(descendant);
    if (stat) processes.set(descendant, stat.started);
    const network = networkOf(descendant);
    if (network && network !== own) networks.add(network);
  }
  return { processes, networks };
}

/** The processes below `pid` whose command line has `text`. */
export function findBelow(pid: number, text: string): number[] {
  return descendantsOf(pid).filter((descendant) => {
    try {
      return readFileSync(`/proc/${descendant}/cmdline`, 'latin1').includes(text);
    } catch {
      return false;
    }
  });
}

/** What of a footprint is still there, a line each. */
export function leftovers({ processes, networks }: Footprint): string[] {
  const left = [...processes].flatMap(([pid, started]) =>
    statOf(pid)?.started === started ? [`process ${pid}`] : [],
  );
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const network = networkOf(Number(name));
    if (network && networks.has(network)) left.push(`${network} in process ${name}`);
  }
  return left;
}
