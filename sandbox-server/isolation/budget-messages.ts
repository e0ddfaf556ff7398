/** What the server and the thread that watches budgets say to each other. */
import type { BudgetResource } from '../../protocol/messages.ts';
import type { GroupFiles } from './cgroup.ts';

/** What all processes of a session may use together. */
export interface BudgetLimits {
  /** In bytes. */
  readonly memory: number;
  /** Processes and threads. */
  readonly processes: number;
  /** How many processors it may keep busy. */
  readonly processors: number;
  /** Open descriptors. */
  readonly descriptors: number;
}

/** Said to the thread. */
export type BudgetCommand =
  | {
      readonly kind: 'watch';
      readonly watch: number;
      readonly limits: BudgetLimits;
      /** The session’s group, if it has one: then only what that can’t count is counted. */
      readonly group: GroupFiles | undefined;
    }
  /** A process was spawned for it. */
  | { readonly kind: 'root'; readonly watch: number; readonly pid: number }
  /** Nobody waits for it, or somebody does now. */
  | { readonly kind: 'keep'; readonly watch: number; readonly waits: boolean }
  | { readonly kind: 'unwatch'; readonly watch: number };

/** Said by the thread. */
export type BudgetReport =
  /** Said once: all that it runs has been read from the disk. */
  | { readonly kind: 'ready' }
  /** A session has more than its budget. Said once of each. */
  | { readonly kind: 'over'; readonly watch: number; readonly resource: BudgetResource }
  /** A session could not start a process, and goes on. Said once of each. */
  | { readonly kind: 'full'; readonly watch: number }
  /** A session could not be read by a mistake of ours, and is watched no longer. */
  | { readonly kind: 'failed'; readonly error: unknown };
