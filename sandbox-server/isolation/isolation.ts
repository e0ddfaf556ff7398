/**
 * What a sandbox is to the rest of the server: one interface, three backends (bubblewrap, unshare,
 * none), so that nobody else needs to know how a process is kept apart.
 */
import { join } from 'node:path';
import { FIRST_DESCRIPTOR } from '../descriptors.ts';
import type { CheckedEdit } from '../edits/edit-checker.ts';
import { afterGate, gateOf } from '../process/gate.ts';
import type { SandboxBudget } from './budget.ts';
import type { Launch, Started } from '../process/launch.ts';
import type { IsolationName } from '../../protocol/messages.ts';
import { LOADER, TRACER } from '../runtime.ts';
import { NODE_FLAGS } from './limits.ts';

/** What is to run inside a sandbox. */
export interface LaunchRequest {
  /** Flags for Node itself. */
  readonly flags: readonly string[];
  /** A file of the runtime folder, relative to it, and its arguments. */
  readonly args: readonly string[];
  /** How many descriptors it may have open. */
  readonly maxDescriptors: number;
  /**
   * How many threads and processes it may have at a time, if that is fewer than any program may. It holds
   * where these are counted apart from those of other programs: {@link Sandbox.countsApart}.
   */
  readonly maxProcesses?: number;
  /** A file of the runtime folder, relative to it, that the process sees as /etc/hosts: hosts(5). */
  readonly hosts: string | undefined;
  /**
   * Whether something holds the processes of its session together when the processor is given out, such as
   * a control group. Without that, setsid(2) would take another share from everybody, and is refused.
   */
  readonly sharesProcessor?: boolean;
  /** Variables for the process; `feed` names the one that is to hold the number of a pipe to us. */
  readonly environment: Readonly<Record<string, string>>;
  readonly feed: string | undefined;
  /** Whether a tracer runs it, and tells through the feed of its calls in its place. */
  readonly traced?: boolean;
  /** Whether it runs on io_uring(7): the filter of its sandbox lets it, and it may lock memory for its rings. */
  readonly completes?: boolean;
}

/** A named pipe that the server writes to and a process of a sandbox reads from: fifo(7). */
export interface SandboxPipe {
  /** Its path on this computer. */
  readonly outside: string;
  /** Its path as the process sees it. */
  readonly inside: string;
}

/** One session's isolated place: a network of its own, and processes that see nothing else. */
export interface Sandbox {
  /**
   * Lets it see the programs of a lab, those of its session. Until then it sees none.
   * @param lab the lab’s id; the runtime has its folder
   * @param edits programs of the reader’s own, which it sees in place of the lab’s; no other sandbox does
   * @returns the folder of these programs, as its processes find it
   */
  show(lab: string, edits: readonly CheckedEdit[]): string;
  /** Makes a pipe for a process of it. @param name a name with a dot in front, which no other has */
  pipe(name: string): SandboxPipe;
  launch(request: LaunchRequest): Launch;
  /** Whether a process of it finds the hosts file of a lab that is shown after the process has started. */
  readonly findsHostsLate: boolean;
  /** Whether the kernel counts the processes of a program by themselves, so that they can have a limit. */
  readonly countsApart: boolean;
  /** Whether it is still there: another process could take its first one away. */
  readonly isOpen: boolean;
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

/**
 * The command of a tracer, for a request that wants one: it runs what follows.
 * @param runtime the runtime folder, as the process finds it
 * @param filter the file of the system-call filter for the program, if it is to have one
 */
export function tracerOf(request: LaunchRequest, runtime: string, filter = ''): string[] {
  if (!request.traced || request.feed === undefined) return [];
  const loading = ['--import', join(runtime, LOADER), join(runtime, TRACER)];
  return [join(runtime, 'node'), ...NODE_FLAGS, ...loading, filter];
}

/** The command that a launch without descriptors waits in, if it waits for anything. */
export function gate(request: LaunchRequest, started: Started | undefined): string[] {
  return started ? afterGate(gateOf({ descriptors: [], feed: request.feed !== undefined })) : [];
}
/**
 * Whose programs an isolation is good for: anybody's, or only those that come with the site and mean no
 * harm.
 */
export type Runs = 'any program' | 'our own programs';

/** A backend. */
export interface Isolation {
  readonly name: IsolationName;
  /** What it may run. Where that is our own programs, a reader's must be refused: {@link whyNot}. */
  readonly runs: Runs;
  /** What an operator is told when the server starts. */
  readonly description: string;
  /** The most sessions that can run beside each other, apart from what memory allows. */
  readonly maxSessions: number;
  /**
   * Opens a sandbox. Rejects when the machine won't have one.
   * @param user whom its processes are outside, and nobody else is; undefined when the server can't
   *   switch users
   * @param started called with each process that is spawned for it, the holder’s first
   */
  open(user: number | undefined, started?: Started): Promise<Sandbox>;
}

/**
 * Why programs can't be run in an isolation, in words for the reader; undefined if they can.
 * @param programs whose they are: 'any program' for one that a reader wrote
 */
export function whyNot({ name, runs }: Isolation, programs: Runs): string | undefined {
  if (programs === 'our own programs' || runs === 'any program') return undefined;
  return `This server can run only the book’s own programs, not yours: its isolation is “${name}”. Its operator can change that with bubblewrap.`;
}
