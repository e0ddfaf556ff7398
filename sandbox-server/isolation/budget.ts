/**
 * What a session may use as a whole, however many processes its programs become. A ladder as that of
 * isolation: control groups, where the kernel counts and divides, or else a thread that watches.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { messageOf } from '../../message-of.ts';
import type { BudgetResource } from '../../protocol/messages.ts';
import type { BudgetLimits } from './budget-messages.ts';
import { BudgetWatch } from './budget-watch.ts';
import { ControlGroup, setBehind } from './cgroup.ts';
import { cgroup1, type SessionGroups } from './cgroup1.ts';
import { cgroup2 } from './cgroup2.ts';
import type { Isolation } from './isolation.ts';
import type { Sweeper } from './sweeper.ts';

/** The rungs, the best first. */
export const BUDGET_NAMES = ['cgroup2', 'cgroup1', 'watch'] as const;
/** How budgets are kept. */
export type BudgetName = (typeof BUDGET_NAMES)[number];

/** How long what is left in a group may take to be killed, in milliseconds. */
const END_LIMIT = 60_000;
/** Whom the kernel ends first when the whole computer is out of memory: proc_pid_oom_score_adj(5). */
const FIRST_TO_GO = 1000;

/** What a session has used too much of. */
export interface Overrun {
  readonly resource: BudgetResource;
  /** Of which it had so many: bytes, processes and threads, processors, or descriptors. */
  readonly most: number;
}

/** What a session is told of its budget. */
export interface BudgetEvents {
  /** It has used more. Called at most once; to end the session is up to the callee. */
  over(overrun: Overrun): void;
  /** It could not start a process, and goes on. Called at most once. */
  full(most: number): void;
}

/** The budget of one sandbox. */
export interface SandboxBudget {
  /** A session takes it: has what happens reported, and what has happened already. */
  report(events: BudgetEvents): void;
  /** Puts it behind all others, until a session takes it. */
  wait(): void;
  /** It is about to end, for which its processes need a processor: it is behind nobody, and watched no longer. */
  letGo(): void;
  /** Looks now: a process that was killed may have been killed for this. */
  look(): Overrun | undefined;
}

/** The budget of one sandbox, as whoever makes the sandbox has it. */
class Account implements SandboxBudget {
  readonly #limits: BudgetLimits;
  readonly #group: ControlGroup | undefined;
  readonly #watched: ReturnType<BudgetWatch['watch']>;
  #events: BudgetEvents | undefined;
  #over: Overrun | undefined;
  #full = false;

  constructor(limits: BudgetLimits, watch: BudgetWatch, group: ControlGroup | undefined) {
    this.#limits = limits;
    this.#group = group;
    this.#watched = watch.watch(limits, group?.files, {
      over: (resource) => {
        this.#over = { resource, most: limits[LIMIT_OF[resource]] };
        this.#events?.over(this.#over);
      },
      full: () => {
        this.#full = true;
        this.#events?.full(limits.processes);
      },
    });
  }

  report(events: BudgetEvents): void {
    this.#events = events;
    this.#keep(false);
    if (this.#full) events.full(this.#limits.processes);
    if (this.#over) events.over(this.#over);
  }

  look(): Overrun | undefined {
    if (this.#over) return this.#over;
    return this.#group?.outOfMemory ? { resource: 'memory', most: this.#limits.memory } : undefined;
  }

  wait(): void {
    this.#keep(true);
  }

  letGo(): void {
    this.#watched.end();
    this.#setBehind(false);
  }

  #keep(waits: boolean): void {
    // Not by the thread: it could be reading, and a reader waits.
    this.#setBehind(waits);
    this.#watched.keep(waits);
  }

  #setBehind(behind: boolean): void {
    const processor = this.#group?.files.processor;
    if (processor) setBehind(processor, behind);
  }

  readonly add = async (pid: number): Promise<void> => {
    this.#watched.add(pid);
    await Promise.all([this.#group?.add(pid), sacrifice(pid)]);
  };

  async end(): Promise<void> {
    this.letGo();
    await this.#group?.end(END_LIMIT);
  }
}

const LIMIT_OF: Readonly<Record<BudgetResource, keyof BudgetLimits>> = {
  memory: 'memory',
  processes: 'processes',
  processor: 'processors',
  descriptors: 'descriptors',
};

/** Without it, a computer that is out of memory could end the server for what a program has. */
async function sacrifice(pid: number): Promise<void> {
  try {
    await writeFile(`/proc/${pid}/oom_score_adj`, String(FIRST_TO_GO), { flag: 'r+' });
  } catch {
    // It has ended, or this computer does not let its owner choose.
  }
}

/** How budgets are kept here. */
export interface Budget {
  readonly name: BudgetName;
  /** What an operator is told when the server starts. */
  readonly description: string;
  /**
   * A backend whose sandboxes have a budget each.
   * @param memory how many times the memory of a run each of them may have
   */
  around(isolation: Isolation, memory?: number): Isolation;
  /** Ends it, once every sandbox is closed. */
  close(): Promise<void>;
}

const GROUPS: Readonly<
  Record<
    Exclude<BudgetName, 'watch'>,
    (limits: BudgetLimits, sweeper: Sweeper | undefined) => SessionGroups
  >
> = { cgroup2, cgroup1 };

/** Puts a process into a group, as those of a sandbox will be, and ends it there. */
async function attempt(groups: SessionGroups, { memory }: BudgetLimits): Promise<void> {
  const group = await ControlGroup.make(groups.plan('attempt', memory));
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    if (child.pid === undefined) await failed;
    else await group.add(child.pid);
    const gone = once(child, 'exit');
    await group.end(END_LIMIT);
    // The group kills what is in it, so that it would not be gone if it were elsewhere.
    await gone;
  } finally {
    child.kill('SIGKILL');
    await group.end(END_LIMIT);
  }
}

function describe(name: BudgetName, { memory, processes, processors }: BudgetLimits): string {
  const size = `${Math.round(memory / 1024 ** 2)} MiB, ${processes} processes and threads`;
  return name === 'watch'
    ? `watch: a run has ${size}, and is ended within a second when it has more. A run that keeps many processes busy slows others down`
    : `${name}: a run has ${size}, ${processors} ${processors === 1 ? 'processor' : 'processors'}, and a fair share where others want it too`;
}

/** What was found, and why the better rungs were not. */
export interface FoundBudget {
  readonly budget: Budget;
  /** A line for each rung that was tried and failed. */
  readonly failures: readonly string[];
}

/**
 * Finds how budgets are kept: the best way that works here.
 * @param named the rung that the operator wants: no other is taken in its place
 * @param sweeper removes the groups of sessions if the server can’t
 * @throws Error with what to do, when that does not work
 */
export async function findBudget(
  limits: BudgetLimits,
  named?: BudgetName,
  sweeper?: Sweeper,
): Promise<FoundBudget> {
  const failures: string[] = [];
  const watch = await BudgetWatch.start();
  for (const name of named === undefined ? BUDGET_NAMES : [named]) {
    try {
      const groups = name === 'watch' ? undefined : await set(name, limits, sweeper);
      return { budget: keep(name, limits, watch, groups), failures };
    } catch (error) {
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  await watch.close();
  const what =
    named === undefined
      ? 'No budget can be kept here.'
      : `READABLE_BUDGET=${named} does not work here, and no other way is taken in its place.`;
  throw new Error([what, ...budgetRemedy(failures)].join('\n'));
}

/**
 * What to do about a computer where budgets are only watched.
 * @param failures what kept the server from the better rungs; none if it did not try
 */
export function budgetRemedy(failures: readonly string[]): string[] {
  if (failures.length === 0) return [];
  return [
    ...failures.map((failure) => `Budget not kept by ${failure}`),
    failures.some((failure) => failure.startsWith('cgroup1: EACCES'))
      ? 'For control groups: this computer has those of version 1, which only root may use'
      : 'For control groups: run the server as a systemd unit with Delegate=yes, or by ' +
        'systemd-run --user --scope -p Delegate=yes npm start',
  ];
}

async function set(
  name: Exclude<BudgetName, 'watch'>,
  limits: BudgetLimits,
  sweeper: Sweeper | undefined,
): Promise<SessionGroups> {
  const groups = GROUPS[name](limits, sweeper);
  try {
    await attempt(groups, limits);
  } catch (error) {
    groups.close();
    throw error;
  }
  return groups;
}

function keep(
  name: BudgetName,
  limits: BudgetLimits,
  watch: BudgetWatch,
  groups: SessionGroups | undefined,
): Budget {
  return {
    name,
    description: describe(name, limits),
    around: (isolation, times = 1) => ({
      ...isolation,
      async open(user) {
        const memory = limits.memory * times;
        const group = groups && (await ControlGroup.make(groups.plan(randomUUID(), memory)));
        const account = new Account({ ...limits, memory }, watch, group);
        try {
          const sandbox = await isolation.open(user, account.add);
          return {
            ...sandbox,
            get isOpen() {
              return sandbox.isOpen;
            },
            launch: (request) =>
              sandbox.launch({ ...request, sharesProcessor: group !== undefined }),
            budget: account,
            async close() {
              try {
                await sandbox.close();
              } finally {
                await account.end();
              }
            },
          };
        } catch (error) {
          await account.end();
          throw error;
        }
      },
    }),
    async close() {
      groups?.close();
      await watch.close();
    },
  };
}
