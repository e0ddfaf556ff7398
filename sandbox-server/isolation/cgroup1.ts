/**
 * Control groups of version 1: a hierarchy for each controller, mounted one by one. Older systems have
 * them, and hybrid ones. Only root may make groups there.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BudgetLimits } from './budget-messages.ts';
import {
  ownGroup,
  removeServerGroup,
  removeStaleGroups,
  serverGroupName,
  withoutOurs,
  type GroupPlan,
} from './cgroup.ts';

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
  plan(name: string): GroupPlan;
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
 * @throws Error with what is missing
 */
export function cgroup1({ memory, processes, processors }: BudgetLimits): SessionGroups {
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
    // A group with a process in it stays.
    if (ownGroup('cpu') === at.server) moveSelf(inCpu);
    for (const folder of [at.sessions, at.cpu, at.usage, at.pids, at.memory])
      removeServerGroup(folder);
  };
  try {
    for (const folder of [inMemory, inPids, inUsage, inCpu]) removeStaleGroups(folder);
    for (const folder of new Set(Object.values(at))) mkdirSync(folder);
    writeFileSync(join(at.cpu, 'cpu.shares'), String(SHARES.all));
    writeFileSync(join(at.server, 'cpu.shares'), String(SHARES.server));
    writeFileSync(join(at.sessions, 'cpu.shares'), String(SHARES.sessions));
    moveSelf(at.server);
  } catch (error) {
    close();
    throw error;
  }
  return {
    plan(session) {
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

function moveSelf(folder: string): void {
  writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
}
