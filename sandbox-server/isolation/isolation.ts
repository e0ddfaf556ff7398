/**
 * What a sandbox is to the rest of the server: one interface, three backends (bubblewrap, unshare,
 * none), so that nobody else needs to know how a process is kept apart.
 */
import { FIRST_DESCRIPTOR } from '../descriptors.ts';
import type { Launch } from '../process/launch.ts';
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
  /**
   * The folder of the runtime folder with the programs of its lab, the only one of those that it needs to
   * see; a client needs none.
   */
  readonly folder?: string | undefined;
  /**
   * Whether something holds the processes of its session together when the processor is given out, such as
   * a control group. Without that, setsid(2) would take another share from everybody, and is refused.
   */
  readonly sharesProcessor?: boolean;
  /** Variables for the process; `feed` names the one that is to hold the number of a pipe to us. */
  readonly environment: Readonly<Record<string, string>>;
  readonly feed: string | undefined;
}

/** One session's isolated place: a network of its own, and processes that see nothing else. */
export interface Sandbox {
  launch(request: LaunchRequest): Launch;
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
  /** Opens a sandbox. Rejects when the machine won't have one. */
  open(slot: Slot): Promise<Sandbox>;
}

/**
 * Why programs can't be run in an isolation, in words for the reader; undefined if they can.
 * @param programs whose they are: 'any program' for one that a reader wrote
 */
export function whyNot({ name, runs }: Isolation, programs: Runs): string | undefined {
  if (programs === 'our own programs' || runs === 'any program') return undefined;
  return `This server can run only the programs of this book, and not yours: its isolation is “${name}”. Whoever runs it can change that with bubblewrap.`;
}
