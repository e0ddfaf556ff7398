/**
 * Control groups of version 1: a hierarchy for each controller, mounted one by one. Older systems have
 * them, and hybrid ones. Only root may make groups there.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BudgetLimits } from './budget-messages.ts';
import {
  move,
  ownGroup,
  quietly,
  removeServerGroup,
  removeStaleGroups,
  serverGroupName,
  withoutOurs,
  type GroupPlan,
} from './cgroup.ts';
import type { Sweeper } from './sweeper.ts';

/** Over how long a share of the processor is measured out, in microseconds. */
const PERIOD = 100_000;
/** Memory of TCP sockets is counted apart: this share of the rest may come on top. */
const TCP_SHARE = 1 / 4;
/**
 * What is weighed against the rest of the computer, where every terminal session and service has 1,024
 * (autogroups, sched(7)), and below that what is weighed against each other.
 */
const SHARES = { all: 8192, server: 2048, sessions: 1024 };

/** Where the groups of sessions are made. */
export interface SessionGroups {
  /** @param memory how much it may have, in bytes */
  plan(name: string, memory: number): GroupPlan;
  /** Removes what is common to the sessions, once they are gone. */
  close(): void;
}

/** This process’s group, from which groups of ours are left out: another server may run in it. */
function placeOf(controller: string): string {
  const folder = ownGroup(controller);
  if (folder === undefined) throw new Error(`there is no ${controller} hierarchy`);
  return withoutOurs(folder);
}

/**
 * Sets up groups of version 1 below the server’s own.
 * @param sweeper removes them if the server can’t; it stays out of them
 * @throws Error with what is missing
 */
export function cgroup1({ processes, processors }: BudgetLimits, sweeper?: Sweeper): SessionGroups {
  const name = serverGroupName();
  const [inMemory, inPids, inCpu] = [placeOf('memory'), placeOf('pids'), placeOf('cpu')];
  // Often the same hierarchy as cpu.
  const inUsage = placeOf('cpuacct');
  const at = {
    memory: join(inMemory, name),
    pids: join(inPids, name),
    usage: join(inUsage, name),
    cpu: join(inCpu, name),
    server: join(inCpu, name, 'server'),
    sessions: join(inCpu, name, 'sessions'),
  };
  const close = (): void => {
    // The server, and what else it has started: a group with a process in it stays.
    for (const pid of processesIn(at.server)) quietly(() => move(pid, inCpu));
    for (const folder of [at.sessions, at.cpu, at.usage, at.pids, at.memory]) {
      removeServerGroup(folder);
    }
  };
  try {
    for (const folder of [inMemory, inPids, inUsage, inCpu]) removeStaleGroups(folder);
    const folders = new Set(Object.values(at));
    // What is inside goes with it.
    for (const folder of new Set([at.memory, at.pids, at.usage, at.cpu])) {
      sweeper?.tell(folder === at.pids ? 'sessions' : 'groups', folder);
    }
    for (const folder of folders) mkdirSync(folder);
    writeFileSync(join(at.cpu, 'cpu.shares'), String(SHARES.all));
    writeFileSync(join(at.server, 'cpu.shares'), String(SHARES.server));
    writeFileSync(join(at.sessions, 'cpu.shares'), String(SHARES.sessions));
    // Another server of this process may have had it in its group from the start.
    if (sweeper?.pid !== undefined) move(sweeper.pid, inCpu);
    move(process.pid, at.server);
  } catch (error) {
    close();
    throw error;
  }
  return {
    plan(session, memory) {
      const folders = {
        memory: join(at.memory, session),
        pids: join(at.pids, session),
        usage: inUsage === inCpu ? join(at.sessions, session) : join(at.usage, session),
        cpu: join(at.sessions, session),
      };
      const quota = Math.round(processors * PERIOD);
      const optional = true;
      return {
        folders: [...new Set(Object.values(folders))],
        settings: [
          { file: join(folders.memory, 'memory.limit_in_bytes'), value: memory },
          { file: join(folders.memory, 'memory.memsw.limit_in_bytes'), value: memory, optional },
          {
            file: join(folders.memory, 'memory.kmem.tcp.limit_in_bytes'),
            value: Math.round(memory * TCP_SHARE),
            optional,
          },
          { file: join(folders.pids, 'pids.max'), value: processes },
          { file: join(folders.cpu, 'cpu.cfs_period_us'), value: PERIOD, optional },
          { file: join(folders.cpu, 'cpu.cfs_quota_us'), value: quota, optional },
          { file: join(folders.cpu, 'cpu.cfs_burst_us'), value: quota, optional },
        ],
        files: {
          processes: join(folders.pids, 'cgroup.procs'),
          memoryEvents: join(folders.memory, 'memory.oom_control'),
          processEvents: join(folders.pids, 'pids.events'),
          processor: {
            usage: join(folders.usage, 'cpuacct.usage'),
            perMillisecond: 1_000_000,
            idle: join(folders.cpu, 'cpu.idle'),
          },
        },
        freeze: { file: join(folders.pids, 'pids.max'), value: 0 },
      };
    },
    close,
  };
}

function processesIn(folder: string): number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'latin1')
      .split('\n')
      .filter(Boolean)
      .map(Number);
  } catch {
    // The group could not be made.
    return [];
  }
}
