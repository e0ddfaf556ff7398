/** What the kernel holds for a run, as its page is told: who is watched, and whether anybody looks. */
import { AsyncResource } from 'node:async_hooks';
import type { Role, ServerMessage, Unnumbered } from '../../protocol/messages.ts';
import { GAUGE_INTERVAL } from './gauge-messages.ts';
import type { GaugeReader, KernelWatch } from './gauge-reader.ts';
import type { HeldListener, KernelReading } from './kernel-reader.ts';

/** Of so many listeners it is remembered how many may wait: programs say it of themselves, as often as they like. */
const MOST_BACKLOGS = 64;

/** One process of a run. */
interface Member {
  readonly name: string;
  readonly role: Role;
  readonly wrapper: number;
}

/** A process of a tree, as its program knows it. */
interface TreePlace {
  readonly pid: number;
  readonly parent: number;
}

/** Tells one page. */
export class KernelTeller {
  readonly #port: number;
  readonly #passing: (message: Unnumbered<ServerMessage>) => boolean;
  readonly #watch: KernelWatch;
  readonly #members = new Map<number, Member>();
  /** What programs have said at listen(2), by process, pid and descriptor. */
  readonly #backlogs = new Map<string, number>();
  #watched = true;
  #reading: KernelReading | undefined;
  #shown = '';
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @param port the lab’s
   * @param passing sends what a later message makes worthless. It returns false when the page has fallen behind
   */
  constructor(
    port: number,
    reader: Pick<GaugeReader, 'kernel'>,
    passing: (message: Unnumbered<ServerMessage>) => boolean,
  ) {
    this.#port = port;
    this.#passing = passing;
    // A reading belongs to the session that asked for it, whoever made the thread start.
    this.#watch = reader.kernel(
      AsyncResource.bind((reading: KernelReading) => this.#take(reading)),
    );
  }

  /** A process of the run has started. */
  started(process: number, name: string, role: Role, wrapper: number): void {
    this.#members.set(process, { name, role, wrapper });
    this.#ask();
  }

  /** It has ended. */
  ended(process: number): void {
    if (this.#members.delete(process)) this.#ask();
  }

  /** Whether the reader can see the lab. */
  watch(watched: boolean): void {
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#ask();
  }

  /** A program says that it listens: listen(2). */
  listens(process: number, pid: number, fd: number, backlog: number): void {
    const key = `${process} ${pid} ${fd}`;
    this.#backlogs.delete(key);
    this.#backlogs.set(key, backlog);
    const [oldest] = this.#backlogs.keys();
    if (this.#backlogs.size > MOST_BACKLOGS && oldest !== undefined) this.#backlogs.delete(oldest);
    this.#show();
  }

  /**
   * The client whose connection a process has that no other has, except for its parent.
   * @param process the program, by its number in the protocol
   * @returns undefined for the program’s first process, whose clients are everybody
   */
  clientOf(process: number, { pid, parent }: TreePlace): string | undefined {
    if (parent === 0) return undefined;
    const own = (this.#reading?.connections ?? []).filter(
      ({ holders }) =>
        holders.some((holder) => holder.process === process && holder.pid === pid) &&
        holders.every(
          (holder) => holder.process === process && (holder.pid === pid || holder.pid === parent),
        ),
    );
    return own.length === 1 ? own[0]?.client : undefined;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#watch.close();
  }

  #ask(): void {
    if (this.#closed) return;
    const members = [...this.#members];
    this.#watch.ask(
      this.#watched && members.length > 0
        ? {
            port: this.#port,
            programs: members.flatMap(([process, { role, wrapper }]) =>
              role === 'client' ? [] : [{ process, wrapper }],
            ),
            clients: members.flatMap(([, { name, role, wrapper }]) =>
              role === 'client' ? [{ name, wrapper }] : [],
            ),
          }
        : undefined,
    );
  }

  #take(reading: KernelReading): void {
    this.#reading = reading;
    this.#show();
  }

  /** What a page that has fallen behind can’t take is told later, as it is then. */
  #show(): void {
    clearTimeout(this.#retry);
    if (this.#closed || !this.#reading) return;
    const { connections, listeners, longestQueue } = this.#reading;
    const fields = {
      connections: [...connections],
      listeners: listeners.map((listener) => this.#listener(listener, longestQueue)),
    };
    const text = JSON.stringify(fields);
    if (text === this.#shown) return;
    if (this.#passing({ type: 'kernel', ...fields })) this.#shown = text;
    else this.#retry = setTimeout(() => this.#show(), GAUGE_INTERVAL);
  }

  #listener(
    { port, waiting, holders }: HeldListener,
    longestQueue: number,
  ): { port: number; waiting: number; most?: number } {
    const backlog = holders
      .map(({ process, pid, fd }) => this.#backlogs.get(`${process} ${pid} ${fd}`))
      .find((each) => each !== undefined);
    if (backlog === undefined) return { port, waiting };
    // A negative one is a large one to the kernel, and one more than the backlog may wait.
    const most = Math.min(backlog < 0 ? longestQueue : backlog, longestQueue) + 1;
    return { port, waiting, most };
  }
}
