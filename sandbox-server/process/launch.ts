import type { LineEditing } from './pty.ts';

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
}
