import type { LineEditing } from './pty.ts';

/**
 * Takes the id of a process of a sandbox that has just been spawned: a wrapper’s, or a holder’s. What it
 * returns is waited for before the process goes on; when it rejects, the process must not.
 */
export type Started = (pid: number) => void | Promise<void>;

/** How to start a process, in a sandbox or not: what a terminal process is made from. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid: number | undefined;
  /** Where it starts. */
  readonly directory: string;
  /** Variables beyond those that every process is started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether `file` stays as the program’s parent, waits for it, and ends with it. */
  readonly wrapped: boolean;
  /** Descriptors to hand over as 3, 4, …; the caller closes its copies once the process is spawned. */
  readonly descriptors: readonly number[];
  /** Whether a pipe to us comes after those. */
  readonly feed: boolean;
  /** Who edits the lines that are typed: its terminal, unless it says so. */
  readonly editing?: LineEditing;
  /**
   * Called with the process’s id as soon as it is spawned, by whoever spawns it. The process waits at a
   * gate until that is done: see `gate.ts`.
   */
  readonly started?: Started | undefined;
}
