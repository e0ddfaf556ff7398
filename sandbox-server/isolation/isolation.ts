/**
 * What a sandbox is to the rest of the server: one interface, three backends (bubblewrap, unshare,
 * none), so that nobody else needs to know how a process is kept apart.
 */
import { FIRST_DESCRIPTOR } from '../descriptors.ts';
import { afterGate, gateOf } from '../process/gate.ts';
import type { SandboxBudget } from './budget.ts';
import type { Launch, Started } from '../process/launch.ts';
import type { IsolationName } from '../../protocol/messages.ts';

/** A place in the server's capacity: each running sandbox holds one of its own. */
export interface Slot {
  readonly index: number;
  /** The user the sandbox's processes are outside; undefined when the server can't switch users. */
  readonly uid: number | undefined;
}

/** What is to run inside a sandbox. */
export interface LaunchRequest {
  /** Flags for Node itself. */
  readonly flags: readonly string[];
  /** A file of the runtime folder, relative to it, and its arguments. */
  readonly args: readonly string[];
  /** How many descriptors it may have open. */
  readonly maxDescriptors: number;
  /** A file of the runtime folder, relative to it, that the process sees as /etc/hosts: hosts(5). */
  readonly hosts: string | undefined;
  /** Variables for the process; `feed` names the one that is to hold the number of a pipe to us. */
  readonly environment: Readonly<Record<string, string>>;
  readonly feed: string | undefined;
}

/** One session's isolated place: a network of its own, and processes that see nothing else. */
export interface Sandbox {
  launch(request: LaunchRequest): Launch;
  /** What it may use as a whole, if that is bounded: see `budget.ts`. */
  readonly budget?: SandboxBudget;
  /** Ends whatever of the sandbox is left, and resolves once it is gone. */
  close(): Promise<void>;
}

/**
 * The variables of a request, with the number of its feed.
 * @param before how many other descriptors are handed over
 */
export function environmentOf(request: LaunchRequest, before: number): Record<string, string> {
  const { environment, feed } = request;
  return feed === undefined
    ? { ...environment }
    : { ...environment, [feed]: String(FIRST_DESCRIPTOR + before) };
}

/** The command that a launch without descriptors waits in, if it waits for anything. */
export function gate(request: LaunchRequest, started: Started | undefined): string[] {
  return started ? afterGate(gateOf({ descriptors: [], feed: request.feed !== undefined })) : [];
}

/** A backend. */
export interface Isolation {
  readonly name: IsolationName;
  /** What an operator is told when the server starts. */
  readonly description: string;
  /** The most sessions that can run beside each other, apart from what memory allows. */
  readonly maxSessions: number;
  /**
   * Opens a sandbox. Rejects when the machine won't have one.
   * @param started called with each process that is spawned for it, the holder’s first
   */
  open(slot: Slot, started?: Started): Promise<Sandbox>;
}
