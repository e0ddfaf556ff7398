/**
 * A control group of a session: cgroups(7). The two versions differ in where groups are and what their
 * files are called; what is done with a group is the same.
 */
import { constants, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { killProcess, statOf } from '../process/process-tree.ts';

/** How soon a group is looked at again whose processes are about to end, in milliseconds: later each time. */
const EMPTY_RETRY = { first: 2, slowest: 500 };
/** The group that holds those of a server’s sessions is named by the server’s process and its start. */
const PREFIX = 'readable-';

/** One file of a group, and what is written to it. */
export interface GroupSetting {
  readonly file: string;
  readonly value: string | number;
  /** Whether the group will do without it: not every kernel has this file. */
  readonly optional?: boolean;
}

/** What is read of a group while it is used: whole paths. */
export interface GroupFiles {
  /** The processes in it, one a line. */
  readonly processes: string;
  /** Has a line `oom_kill N`: how many processes were killed because memory was used up. */
  readonly memoryEvents: string;
  /** Has a line `max N`: how often a process could not be started. */
  readonly processEvents: string;
  /** What it had of the processors, and where it is put behind the others; not every kernel has these. */
  readonly processor?: {
    readonly usage: string;
    /** The name of the number in a file of several. */
    readonly name?: string;
    /** How many of what that file counts are a millisecond. */
    readonly perMillisecond: number;
    /** 1 here: whatever else wants a processor has it first. SCHED_IDLE in sched(7) */
    readonly idle: string;
  };
}

/** How a group is made. */
export interface GroupPlan {
  /** Its folders, one in each hierarchy that it is in. */
  readonly folders: readonly string[];
  readonly settings: readonly GroupSetting[];
  readonly files: GroupFiles;
  /** Keeps processes of it from starting others. */
  readonly freeze: GroupSetting;
  /** Kills all of it at once, where the kernel can. */
  readonly kill?: GroupSetting;
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** As a shell writes to a file, but never makes one: only the kernel does, and one that is gone went with its group. */
const OVER_WHAT_IS_THERE = constants.O_WRONLY | constants.O_TRUNC;

async function put({ file, value, optional = false }: GroupSetting): Promise<void> {
  try {
    await writeFile(file, String(value), { flag: OVER_WHAT_IS_THERE });
  } catch (error) {
    if (!optional) throw error;
  }
}

/** The number after a name, in a file of a name and a number a line; 0 when it is not there. */
export function eventCount(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** Puts a group behind the others, or back among them. */
export function setBehind({ idle }: NonNullable<GroupFiles['processor']>, behind: boolean): void {
  try {
    writeFileSync(idle, behind ? '1' : '0', { flag: 'r+' });
  } catch {
    // It is over, or this kernel knows of no such thing: then it has its share.
  }
}

/** Does a step whose failure keeps nobody from the next one. */
export function quietly(step: () => void): void {
  try {
    step();
  } catch {
    // What it would have undone was not done, or is still in use.
  }
}

/** A group. */
export class ControlGroup {
  readonly #plan: GroupPlan;

  private constructor(plan: GroupPlan) {
    this.#plan = plan;
  }

  /**
   * Makes a group, empty.
   * @throws Error when the kernel won’t have it; nothing of it is left then
   */
  static async make(plan: GroupPlan): Promise<ControlGroup> {
    const group = new ControlGroup(plan);
    try {
      for (const folder of plan.folders) await mkdir(folder, { recursive: true });
      for (const setting of plan.settings) await put(setting);
    } catch (error) {
      await group.#remove();
      throw error;
    }
    return group;
  }

  get files(): GroupFiles {
    return this.#plan.files;
  }

  /**
   * Puts a process into it; what that starts from then on is in it too. One that has ended is no error.
   * @throws Error when the kernel refuses
   */
  async add(pid: number): Promise<void> {
    try {
      await Promise.all(
        this.#plan.folders.map((folder) => put({ file: join(folder, 'cgroup.procs'), value: pid })),
      );
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) throw error;
    }
  }

  /** Whether a process of it was killed because memory was used up. */
  get outOfMemory(): boolean {
    try {
      return eventCount(readFileSync(this.files.memoryEvents, 'latin1'), 'oom_kill') > 0;
    } catch {
      return false;
    }
  }

  /**
   * Kills what is in it and removes it.
   * @param limit how long that may take, in milliseconds
   * @throws Error when something in it can’t be killed in that time
   */
  async end(limit: number): Promise<void> {
    const deadline = performance.now() + limit;
    let retry = EMPTY_RETRY.first;
    while (!(await this.#remove())) {
      if (performance.now() > deadline) {
        throw new Error(`${this.files.processes} still has processes that can’t be killed`);
      }
      await this.#kill();
      await setTimeout(retry);
      retry = Math.min(2 * retry, EMPTY_RETRY.slowest);
    }
  }

  async #kill(): Promise<void> {
    const { files, freeze, kill } = this.#plan;
    try {
      // First, or a program that forks faster than it is killed would never end.
      await put(freeze);
      if (kill) await put(kill);
      const processes = (await readFile(files.processes, 'latin1')).split('\n').filter(Boolean);
      for (const pid of processes) killProcess(Number(pid));
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENODEV')) throw error;
    }
  }

  /** @returns whether nothing of it is left */
  async #remove(): Promise<boolean> {
    let gone = true;
    for (const folder of this.#plan.folders) {
      try {
        await rmdir(folder);
      } catch (error) {
        gone &&= hasCode(error, 'ENOENT');
      }
    }
    return gone;
  }
}

/**
 * This process’s own group, as a folder.
 * @param controller that of a hierarchy of version 1; without it, that of version 2
 * @param proc the files of this process, for tests
 */
export function ownGroup(controller?: string, proc = '/proc/self'): string | undefined {
  const wanted = (controllers: string): boolean =>
    controller === undefined ? controllers === '' : controllers.split(',').includes(controller);
  const path = readFileSync(join(proc, 'cgroup'), 'utf8')
    .split('\n')
    .map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line))
    .find((match) => match && wanted(match[1] ?? ''))?.[2];
  // Outside of what this process’s namespace shows: cgroup_namespaces(7).
  if (path === undefined || path.startsWith('/..')) return undefined;
  for (const line of readFileSync(join(proc, 'mountinfo'), 'utf8').split('\n')) {
    const [place = '', kind = ''] = line.split(' - ');
    const [, , , root = '', mount = ''] = place.split(' ');
    const [type, , options = ''] = kind.split(' ');
    const fits =
      controller === undefined
        ? type === 'cgroup2'
        : type === 'cgroup' && options.split(',').includes(controller);
    const base = root === '/' ? '' : root;
    if (!fits || !`${path}/`.startsWith(`${base}/`)) continue;
    const below = path.slice(base.length);
    return below === '/' ? mount : join(mount, below);
  }
  return undefined;
}

/**
 * Puts a process into a group that the server is in, or was. One that has ended is no error.
 * @throws Error when the kernel refuses
 */
export function move(pid: number, folder: string): void {
  try {
    writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

/** The name of the group that holds those of this server’s sessions. */
export function serverGroupName(): string {
  // More than one server can run in a process: those of tests do.
  const own = Math.floor(Math.random() * 0x10000).toString(16);
  return `${PREFIX}${process.pid}-${statOf(process.pid)?.started ?? '0'}-${own}`;
}

/** A folder without the group of a server that it may be in. */
export function withoutOurs(folder: string): string {
  const at = folder.indexOf(`/${PREFIX}`);
  return at < 0 ? folder : folder.slice(0, at);
}

/** Removes the group of a server and those below it, as far as nothing is in them. */
export function removeServerGroup(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeServerGroup(join(folder, entry.name));
    }
    rmdirSync(folder);
  } catch {
    // Something is in it, or it is gone already.
  }
}

/** Removes the groups of servers that were killed, and their sweepers too, before they could do it. */
export function removeStaleGroups(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid, started] = /^readable-(\d+)-(\d+)-[\da-f]+$/.exec(name) ?? [];
    if (pid === undefined) continue;
    if (statOf(Number(pid))?.started !== started) removeServerGroup(join(parent, name));
  }
}
