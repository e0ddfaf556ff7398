/**
 * A sandbox that is open before anybody wants it, with processes that wait in it: for a server program, and
 * for the first clients. It has no lab yet, nothing has run in it but our own code, and one session gets it.
 */
import { MOST_DESCRIPTORS } from '../../lab/definition.ts';
import { CLIENT_FEED_VARIABLE } from '../../protocol/client-feed.ts';
import type { TerminalSize } from '../../protocol/messages.ts';
import { descriptorLimit } from '../descriptors.ts';
import { TRACE_VARIABLE } from '../guest/trace.ts';
import type { Preparation } from '../guest/instruction.ts';
import type { Isolation, LaunchRequest, Sandbox } from '../isolation/isolation.ts';
import type { SandboxUsers } from '../isolation/users.ts';
import type { TerminalProcess, TerminalProcessEvents } from '../process/terminal-process.ts';
import { WaitingProcess } from '../process/waiting-process.ts';
import { LOADER_ARGS, WAIT } from '../runtime.ts';
import { within } from '../within.ts';
import { CLIENT_DESCRIPTORS, editingOf } from './requests.ts';

/** What a process waits for: what it has loaded, its feed, and its limit, which it can only lower. */
interface Kind {
  readonly preparation: Preparation;
  readonly feed: string | undefined;
  readonly maxDescriptors: number;
}

/** How long a process may load until it waits, in milliseconds: longer only if it never will. */
const LOAD_LIMIT = 60_000;
/** How long killed processes may take to be gone, in milliseconds. */
const END_LIMIT = 10_000;

const PROGRAM: Kind = {
  preparation: 'library',
  // The few labs whose programs have none are started without.
  feed: TRACE_VARIABLE,
  // No user but root gets more than they have.
  maxDescriptors: Math.min(MOST_DESCRIPTORS, descriptorLimit()),
};
const CLIENT: Kind = {
  preparation: 'client',
  feed: CLIENT_FEED_VARIABLE,
  maxDescriptors: CLIENT_DESCRIPTORS,
};
/** Most labs connect two clients by themselves. */
const KINDS: readonly Kind[] = [PROGRAM, CLIENT, CLIENT];

/** What is needed to open one. */
export interface WarmSetting {
  readonly isolation: Isolation;
  readonly users: SandboxUsers;
}

/** Such a sandbox. */
export class WarmSandbox {
  readonly sandbox: Sandbox;
  /** Whom its processes are outside, if the server switches users. */
  readonly user: number | undefined;
  readonly #users: SandboxUsers;
  readonly #waiting = new Map<WaitingProcess, Kind>();
  #dismissed: Promise<void> | undefined;

  private constructor(sandbox: Sandbox, user: number | undefined, users: SandboxUsers) {
    this.sandbox = sandbox;
    this.user = user;
    this.#users = users;
  }

  /**
   * Opens one, and resolves when everything in it waits. The processes are started one after another:
   * a stock has time, and readers should not notice.
   * @throws Error when the computer won’t have it; then nothing of it is left
   */
  static async open({ isolation, users }: WarmSetting, signal: AbortSignal): Promise<WarmSandbox> {
    const user = users.take();
    let warm: WarmSandbox;
    try {
      warm = new WarmSandbox(await isolation.open(user), user, users);
    } catch (error) {
      users.release(user, true);
      throw error;
    }
    warm.sandbox.budget?.wait();
    try {
      for (const [index, kind] of KINDS.entries()) {
        signal.throwIfAborted();
        await warm.#start(kind, `.wait-${index}`, signal);
      }
      return warm;
    } catch (error) {
      await warm.close();
      throw error;
    }
  }

  async #start(kind: Kind, name: string, signal: AbortSignal): Promise<void> {
    const { sandbox } = this;
    const pipe = sandbox.pipe(name);
    const { feed, maxDescriptors, preparation } = kind;
    const launch = sandbox.launch({
      flags: [],
      args: [...LOADER_ARGS, WAIT, preparation, pipe.inside],
      maxDescriptors,
      hosts: undefined,
      environment: {},
      feed,
    });
    const editing = editingOf(preparation === 'client' ? 'client' : 'program');
    const process = new WaitingProcess({ ...launch, editing }, pipe.outside);
    this.#waiting.set(process, kind);
    const giveUp = (): void => process.kill();
    signal.addEventListener('abort', giveUp);
    const limit = setTimeout(giveUp, LOAD_LIMIT);
    const waits = await process.settled;
    clearTimeout(limit);
    signal.removeEventListener('abort', giveUp);
    if (!waits) throw new Error(`${preparation} ended before it waited`);
  }

  /** Whether a session can have it: everything that was to wait does. */
  get isReady(): boolean {
    const all = [...this.#waiting.keys()];
    return (
      this.sandbox.isOpen && all.length === KINDS.length && all.every((each) => each.isWaiting)
    );
  }

  /**
   * Runs a program in a process that waits for one like it.
   * @returns undefined when none does: then it has to be launched
   */
  run(
    request: LaunchRequest,
    size: TerminalSize,
    events: TerminalProcessEvents,
  ): TerminalProcess | undefined {
    const { args, environment, feed, flags, hosts, maxDescriptors } = request;
    // Node can be told its flags only when it starts, and a tracer starts its program itself. What waits has the
    // filter that refuses io_uring.
    if (flags.length > 0 || request.traced || request.completes) return undefined;
    if (hosts !== undefined && !this.sandbox.findsHostsLate) return undefined;
    const [program = '', ...rest] = args.slice(LOADER_ARGS.length);
    const maxProcesses = this.sandbox.countsApart ? request.maxProcesses : undefined;
    const instruction = { program, args: rest, maxDescriptors, maxProcesses, environment };
    for (const [process, kind] of this.#waiting) {
      if (kind.feed !== feed || kind.maxDescriptors < maxDescriptors) continue;
      this.#waiting.delete(process);
      const running = process.run(instruction, size, events);
      if (running) return running;
    }
    return undefined;
  }

  /** Ends what still waits, and resolves when that is gone; the sandbox stays. */
  async dismiss(): Promise<void> {
    this.#dismissed ??= this.#endAll();
    await this.#dismissed;
  }

  async #endAll(): Promise<void> {
    const all = [...this.#waiting.keys()];
    this.#waiting.clear();
    for (const process of all) process.kill();
    await Promise.all(all.map((process) => process.gone));
  }

  /** Ends it, unused, and resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.sandbox.budget?.letGo();
    const clean = await within(
      END_LIMIT,
      this.dismiss().then(() => this.sandbox.close()),
    );
    this.#users.release(this.user, clean);
  }
}
