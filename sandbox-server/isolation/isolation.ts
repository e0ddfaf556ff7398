/**
 * What a sandbox is to the rest of the server: one interface, three backends (bubblewrap, unshare,
 * none), so that nobody else needs to know how a process is kept apart.
 */

/** The rungs of the ladder, safest first. */
export type IsolationName = 'bubblewrap' | 'unshare' | 'none';

/** A place in the server's capacity: each running sandbox holds one of its own. */
export interface Slot {
  readonly index: number;
  /** The user the sandbox's processes are outside; undefined when the server can't switch users. */
  readonly uid: number | undefined;
}

/** How to start a process inside a sandbox. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid: number | undefined;
  /** Where it starts. */
  readonly directory: string;
  /** Whether `file` stays as the program’s parent, waits for it, and ends with it. */
  readonly wrapped: boolean;
  /** Descriptors to hand over as 3, 4, …; the caller closes its copies once the process is spawned. */
  readonly descriptors: readonly number[];
}

/** One session's isolated place: a network of its own, and processes that see nothing else. */
export interface Sandbox {
  /**
   * @param args what Node is to run: a file of the runtime folder, relative to it, and its arguments
   */
  launch(args: readonly string[]): Launch;
  /** Ends whatever of the sandbox is left, and resolves once it is gone. */
  close(): Promise<void>;
}

/** A backend. */
export interface Isolation {
  readonly name: IsolationName;
  /** What an operator is told when the server starts. */
  readonly description: string;
  /** The most sessions that can run beside each other, apart from what memory allows. */
  readonly maxSessions: number;
  /** Opens a sandbox. Rejects when the machine won't have one. */
  open(slot: Slot): Promise<Sandbox>;
}
