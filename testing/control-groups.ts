/** The control groups of the computer, in each hierarchy: cgroups(7). */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Groups that are deeper are none of a server’s. */
const DEEPEST = 8;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It is gone.
    return [];
  }
}

function groupsIn(folder: string, depth = 0): string[] {
  if (depth > DEEPEST) return [];
  const inside = namesIn(folder).map((name) => join(folder, name));
  return inside
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
    .flatMap((path) => [path, ...groupsIn(path, depth + 1)]);
}

/** Where the hierarchies are mounted. */
export function hierarchies(): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return mounts.flatMap((line) => {
    const [, path, type] = /^\S+ \S+ \S+ \S+ (\S+) .* - (\S+) /.exec(line) ?? [];
    return path !== undefined && type?.startsWith('cgroup') ? [path] : [];
  });
}

/** Every control group there is. */
export function controlGroups(): Set<string> {
  return new Set(hierarchies().flatMap((root) => groupsIn(root)));
}

/** The groups that a server has made and that are there still, by the number of its process in their names. */
export function groupsOf(server: number): string[] {
  return [...controlGroups()].filter((group) => group.includes(`/readable-${server}-`));
}
