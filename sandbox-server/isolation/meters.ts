/** What a session uses, all its processes together: read from its group, or from /proc. proc(5) */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { BudgetResource } from '../../protocol/messages.ts';
import { Background } from './background.ts';
import type { BudgetLimits } from './budget-messages.ts';
import { eventCount, setBehind, type GroupFiles } from './cgroup.ts';

/** What a reading finds. */
export interface Found {
  /** What the session has too much of. */
  readonly over?: BudgetResource;
  /** Whether it could not start a process. */
  readonly full?: boolean;
}

/** A process, as far as it matters here. */
export interface Entry {
  readonly parent: number;
  readonly threads: number;
  /** Whether its first thread runs, or would if a processor were free. */
  readonly runs: boolean;
  /** When it started, in clock ticks since boot. */
  readonly started: string;
}

/** All processes of this computer. */
export type ProcessTable = ReadonlyMap<number, Entry>;

/** So many processes of a session may run at the same time for so long, in milliseconds. */
const MOST_RUNNING = 32;
const RUNNING_LIMIT = 4000;

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It has ended, or is not ours to look at.
    return '';
  }
}

/** Sums until there is more than `most`: how many there are to look at is for a program to decide. */
function exceeds(pids: Iterable<number>, most: number, amount: (pid: number) => number): boolean {
  let sum = 0;
  for (const pid of pids) {
    sum += amount(pid);
    if (sum > most) return true;
  }
  return false;
}

function descriptorsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  try {
    // Since Linux 6.2 the folder’s size is their number: proc_pid_fd(5).
    return statSync(folder).size || readdirSync(folder).length;
  } catch {
    return 0;
  }
}

function kibibytes(text: string, names: readonly string[]): number {
  const lines = new RegExp(`^(?:${names.join('|')}):\\s+(\\d+) kB$`, 'gm');
  return [...text.matchAll(lines)].reduce((sum, [, value]) => sum + Number(value), 0) * 1024;
}

/** Memory that is only this process’s or shared with those it forked, in bytes; files don’t count. */
function memoryOf(pid: number): number {
  return kibibytes(read(`/proc/${pid}/status`), ['RssAnon', 'RssShmem', 'VmSwap']);
}

/** The same, with shared pages divided among those who share them. It takes the kernel a walk. */
function shareOf(pid: number): number {
  const text = read(`/proc/${pid}/smaps_rollup`);
  return text === '' ? memoryOf(pid) : kibibytes(text, ['Pss_Anon', 'Pss_Shmem', 'SwapPss']);
}

/** Reads every process of this computer. */
export function readProcesses(): ProcessTable {
  const table = new Map<number, Entry>();
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first < 0x30 || first > 0x39) continue;
    const stat = read(`/proc/${name}/stat`);
    // The command’s name comes second, in brackets, and can itself have brackets and blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = 'X', parent = '0'] = fields;
    if (stat === '' || state === 'Z' || state === 'X') continue;
    table.set(Number(name), {
      parent: Number(parent),
      threads: Number(fields[17] ?? 1),
      runs: state === 'R',
      started: fields[19] ?? '',
    });
  }
  return table;
}

/** Reads the usage of a session that has a group, and weighs it. */
export class GroupMeter {
  readonly #files: GroupFiles;
  readonly #limits: BudgetLimits;
  #background = new Background();
  #waits = false;
  #isBehind = false;

  constructor(files: GroupFiles, limits: BudgetLimits) {
    this.#files = files;
    this.#limits = limits;
  }

  /** Reads it. */
  read(): Found {
    const { memoryEvents, processEvents, processes } = this.#files;
    if (eventCount(read(memoryEvents), 'oom_kill') > 0) return { over: 'memory' };
    const full = eventCount(read(processEvents), 'max') > 0;
    const pids = read(processes).split('\n').filter(Boolean).map(Number);
    // A group does not count them.
    const over = exceeds(pids, this.#limits.descriptors, descriptorsOf);
    return { full, ...(over && { over: 'descriptors' }) };
  }

  /**
   * Nobody waits for it, so that it is behind the others, or somebody does now. That has been done
   * already; what it used before is nobody’s.
   */
  keep(waits: boolean): void {
    this.#waits = waits;
    this.#isBehind = waits;
    this.#background = new Background();
  }

  /**
   * Measures what it has of the processors.
   * @param now in milliseconds
   * @returns its share of one
   */
  measure(now: number): number {
    const { processor } = this.#files;
    const text = processor ? read(processor.usage) : '';
    if (!processor || text === '') return 0;
    const count = processor.name === undefined ? Number(text) : eventCount(text, processor.name);
    return this.#background.read(count / processor.perMillisecond, now);
  }

  /**
   * Has the session behind the others as long as it is busy.
   * @param from the share of a processor from which on it is
   * @param now in milliseconds
   */
  weigh(from: number, now: number): void {
    const { processor } = this.#files;
    const behind = this.#background.decide(from, now) || this.#waits;
    if (!processor || behind === this.#isBehind) return;
    this.#isBehind = behind;
    setBehind(processor, behind);
  }
}

/**
 * Reads the usage of a session that has no group: the processes spawned for it, and all that runs below
 * one that was seen to be of it, so that nobody gets away by losing its parent.
 */
export class TreeMeter {
  readonly #limits: BudgetLimits;
  /** The processes that were seen, each with its start. */
  #known = new Map<number, string>();
  #crowdedSince: number | undefined;

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
  }

  /** A process was spawned for the session. */
  add(pid: number, table: ProcessTable): void {
    const entry = table.get(pid);
    if (entry) this.#known.set(pid, entry.started);
  }

  /**
   * Reads it.
   * @param children the processes of this computer by their parents
   * @param now in milliseconds
   */
  read(table: ProcessTable, children: ReadonlyMap<number, readonly number[]>, now: number): Found {
    const { descriptors, memory, processes } = this.#limits;
    const found = new Map<number, string>();
    let [threads, running] = [0, 0];
    const queue = [...this.#known].flatMap(([pid, started]) =>
      table.get(pid)?.started === started ? [pid] : [],
    );
    for (let pid = queue.pop(); pid !== undefined && threads <= processes; pid = queue.pop()) {
      const entry = table.get(pid);
      if (!entry || found.has(pid)) continue;
      found.set(pid, entry.started);
      threads += entry.threads;
      if (entry.runs) running += 1;
      for (const child of children.get(pid) ?? []) queue.push(child);
    }
    this.#known = found;
    const pids = [...found.keys()];
    if (threads > processes) return { over: 'processes' };
    if (running <= MOST_RUNNING) this.#crowdedSince = undefined;
    else this.#crowdedSince ??= now;
    if (now - (this.#crowdedSince ?? now) > RUNNING_LIMIT) return { over: 'processor' };
    if (exceeds(pids, descriptors, descriptorsOf)) return { over: 'descriptors' };
    // The second way costs more, and is needed only where the first, which is never less, says too much.
    if (!exceeds(pids, memory, memoryOf)) return {};
    return exceeds(pids, memory, shareOf) ? { over: 'memory' } : {};
  }
}
