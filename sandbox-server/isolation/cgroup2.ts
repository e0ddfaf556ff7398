/**
 * Control groups of version 2, the usual ones today: one hierarchy, of which this server needs a part of
 * its own (`Delegate=yes` in systemd). Processes are only in its leaves, so the server moves into one.
 */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BudgetLimits } from './budget-messages.ts';
import {
  move,
  ownGroup,
  quietly,
  removeServerGroup,
  removeStaleGroups,
  serverGroupName,
} from './cgroup.ts';
import type { SessionGroups } from './cgroup1.ts';
import { isSweeper, type Sweeper } from './sweeper.ts';

const CONTROLLERS = ['memory', 'pids', 'cpu'] as const;
const ENABLE = CONTROLLERS.map((controller) => `+${controller}`).join(' ');
/** Where the server itself is. */
const LEAF = 'server';
/** What the server weighs, and all its sessions together. */
const WEIGHTS = { server: 200, sessions: 100 };
/** Over how long a share of the processor is measured out, in microseconds. */
const PERIOD = 100_000;

/** The processes that this one was started by, itself first: npm, and what started that. */
function ancestors(): number[] {
  const found: number[] = [];
  for (let pid = process.pid; pid > 0;) {
    found.push(pid);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  }
  return found;
}

/**
 * Sets up groups of version 2 below the server’s own. Closed, they leave that as it was.
 * @param sweeper removes them if the server can’t
 * @param own the group that the server is in; a test has a plain folder
 * @throws Error with what is missing; all is as before then
 */
export function cgroup2(
  { processes, processors }: BudgetLimits,
  sweeper?: Sweeper,
  own = ownGroup(),
): SessionGroups {
  if (own === undefined) throw new Error('no cgroup2 hierarchy');
  const words = (file: string): string[] =>
    readFileSync(join(own, file), 'latin1').split(/\s+/).filter(Boolean);
  const has = words('cgroup.controllers');
  const missing = CONTROLLERS.filter((controller) => !has.includes(controller));
  if (missing.length > 0) throw new Error(`no controllers ${missing.join(', ')} in ${own}`);
  const ours = ancestors();
  const inside = words('cgroup.procs').map(Number);
  // Whatever else runs there is not ours to move: a login session, say.
  if (!inside.every((pid) => ours.includes(pid) || isSweeper(pid))) {
    throw new Error(`${own} is shared with other processes`);
  }
  const folder = join(own, serverGroupName());
  const leaf = join(own, LEAF);
  // What somebody else has enabled stays so.
  const enabled = words('cgroup.subtree_control');
  const added = CONTROLLERS.filter((controller) => !enabled.includes(controller));
  const disable = added.map((controller) => `-${controller}`).join(' ');
  const close = (): void => {
    removeServerGroup(folder);
    // First: a group whose controllers are enabled for those below it takes no processes.
    quietly(() => writeFileSync(join(own, 'cgroup.subtree_control'), disable));
    for (const pid of inside) quietly(() => move(pid, own));
    quietly(() => rmdirSync(leaf));
  };
  try {
    removeStaleGroups(own);
    mkdirSync(leaf, { recursive: true });
    for (const pid of inside) move(pid, leaf);
    writeFileSync(join(own, 'cgroup.subtree_control'), ENABLE);
    sweeper?.tell('sessions', folder);
    mkdirSync(folder);
    writeFileSync(join(folder, 'cgroup.subtree_control'), ENABLE);
    writeFileSync(join(leaf, 'cpu.weight'), String(WEIGHTS.server));
    writeFileSync(join(folder, 'cpu.weight'), String(WEIGHTS.sessions));
  } catch (error) {
    close();
    throw error;
  }
  return {
    plan(session, memory) {
      const at = join(folder, session);
      const quota = Math.round(processors * PERIOD);
      const optional = true;
      return {
        folders: [at],
        settings: [
          { file: join(at, 'memory.max'), value: memory },
          { file: join(at, 'memory.swap.max'), value: 0, optional },
          { file: join(at, 'memory.oom.group'), value: 1, optional },
          { file: join(at, 'pids.max'), value: processes },
          { file: join(at, 'cpu.max'), value: `${quota} ${PERIOD}`, optional },
          { file: join(at, 'cpu.max.burst'), value: quota, optional },
        ],
        files: {
          processes: join(at, 'cgroup.procs'),
          memoryEvents: join(at, 'memory.events'),
          processEvents: join(at, 'pids.events'),
          processor: {
            usage: join(at, 'cpu.stat'),
            name: 'usage_usec',
            perMillisecond: 1000,
            idle: join(at, 'cpu.idle'),
          },
        },
        freeze: { file: join(at, 'pids.max'), value: 0 },
        kill: { file: join(at, 'cgroup.kill'), value: 1, optional },
      };
    },
    close,
  };
}
