/**
 * What catches an exception that nobody else caught. Everything a session sets going (timers, children,
 * pipes) carries the session along, so a mistake costs one reader a run and not everybody theirs.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** What can be ended instead of the server. */
export interface Owner {
  /** Ends it because of a mistake of the server’s. Must not throw. */
  fail(): void;
}

/** Knows on whose behalf the code that runs now runs. */
export class LastResort {
  readonly #owners = new AsyncLocalStorage<Owner>();

  /** Runs `work`, and whatever it sets going, on behalf of `owner`. */
  on<T>(owner: Owner, work: () => T): T {
    return this.#owners.run(owner, work);
  }

  /**
   * Logs the mistake and ends the owner of the code that made it; the server goes on. What belongs to
   * nobody is only logged: by then it has failed, and the other readers’ runs have not.
   */
  readonly take = (error: unknown): void => {
    console.error('A mistake of the server’s:', error);
    this.#owners.getStore()?.fail();
  };

  /** Takes what this process does not catch: 'uncaughtException', rejected promises included. */
  install(): void {
    process.on('uncaughtException', this.take);
  }

  /** Lets uncaught exceptions end the process again. */
  uninstall(): void {
    process.off('uncaughtException', this.take);
  }
}
