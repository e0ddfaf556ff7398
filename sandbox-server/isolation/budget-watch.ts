/** Has budgets watched by a thread of its own, see `budget-thread.ts`. */
import { Worker } from 'node:worker_threads';
import type { BudgetResource } from '../../protocol/messages.ts';
import type { BudgetCommand, BudgetLimits, BudgetReport } from './budget-messages.ts';
import type { GroupFiles } from './cgroup.ts';

/** What a watch tells. */
export interface WatchEvents {
  /** The session has more than its budget. Called at most once. */
  over(resource: BudgetResource): void;
  /** The session could not start a process, and goes on. Called at most once. */
  full(): void;
}

/** A session that is watched. */
export interface Watched {
  /** A process was spawned for it. */
  add(pid: number): void;
  /** Nobody waits for it, or somebody does now. */
  keep(waits: boolean): void;
  /** Ends the watch. */
  end(): void;
}

/** Watches the budgets of all sessions. Its thread is started once, with the server. */
export class BudgetWatch {
  readonly #events = new Map<number, WatchEvents>();
  readonly #thread: Worker;
  #next = 1;

  private constructor(thread: Worker) {
    this.#thread = thread;
  }

  /** Starts the thread; resolves when all that it runs has been read from the disk. */
  static async start(): Promise<BudgetWatch> {
    const thread = new Worker(new URL('budget-thread.ts', import.meta.url));
    const watch = new BudgetWatch(thread);
    const ready = Promise.withResolvers<void>();
    thread.on('message', (report: BudgetReport) => {
      if (report.kind === 'ready') ready.resolve();
      else if (report.kind === 'failed') complain(report.error);
      else if (report.kind === 'full') watch.#events.get(report.watch)?.full();
      else watch.#events.get(report.watch)?.over(report.resource);
    });
    thread.on('error', (error) => {
      complain(error);
      console.error('Budgets are not watched until the server is started again.');
      ready.reject(error);
    });
    await ready.promise;
    thread.unref();
    return watch;
  }

  /**
   * Watches a session.
   * @param group its group; without one, what runs below its processes is counted
   */
  watch(limits: BudgetLimits, group: GroupFiles | undefined, events: WatchEvents): Watched {
    const watch = this.#next++;
    this.#events.set(watch, events);
    this.#say({ kind: 'watch', watch, limits, group });
    return {
      add: (pid) => {
        if (!group) this.#say({ kind: 'root', watch, pid });
      },
      keep: (waits) => this.#say({ kind: 'keep', watch, waits }),
      end: () => {
        this.#events.delete(watch);
        this.#say({ kind: 'unwatch', watch });
      },
    };
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    this.#events.clear();
    await this.#thread.terminate();
  }

  #say(command: BudgetCommand): void {
    this.#thread.postMessage(command);
  }
}

function complain(error: unknown): void {
  console.error('The thread that watches budgets failed:', error);
}
