/** What a run left behind: counted over the whole computer, not by asking the server. */
import { closeSync, openSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { isChecker } from '../sandbox-server/edits/check-process.ts';
import { isSweeper } from '../sandbox-server/isolation/sweeper.ts';
import { descendantsOf, statOf } from '../sandbox-server/process/process-tree.ts';

/** Processes, each with the moment it started, so that a number used again is no leftover. */
export interface Footprint extends Disposable {
  readonly processes: ReadonlyMap<number, string>;
  /**
   * Their network namespaces, apart from the tests’ own. They are held open until the footprint is
   * disposed of: the kernel gives the number of one that is gone to the next, which may be another test’s.
   */
  readonly networks: ReadonlySet<string>;
}

function networkOf(process: string): string | undefined {
  try {
    return readlinkSync(`${process}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Opens a process’s network, so that it stays, and with it its number. */
function holdNetwork(
  pid: number,
): { readonly name: string; readonly descriptor: number } | undefined {
  try {
    const descriptor = openSync(`/proc/${pid}/ns/net`, 'r');
    return { name: readlinkSync(`/proc/self/fd/${descriptor}`), descriptor };
  } catch {
    return undefined;
  }
}

/** All that runs below a process now, but sweepers and what checks edits: those are a server’s, and go with it. */
export function footprint(pid: number): Footprint {
  const processes = new Map<number, string>();
  const held = new Map<string, number>();
  const own = networkOf('/proc/self');
  for (const descendant of descendantsOf(pid)) {
    if (isSweeper(descendant) || isChecker(descendant)) continue;
    const stat = statOf(descendant);
    if (stat) processes.set(descendant, stat.started);
    const network = holdNetwork(descendant);
    if (!network) continue;
    if (network.name === own || held.has(network.name)) closeSync(network.descriptor);
    else held.set(network.name, network.descriptor);
  }
  return {
    processes,
    networks: new Set(held.keys()),
    [Symbol.dispose]() {
      for (const descriptor of held.values()) closeSync(descriptor);
      held.clear();
    },
  };
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
    const network = networkOf(`/proc/${name}`);
    if (network && networks.has(network)) left.push(`${network} in process ${name}`);
  }
  return left;
}
