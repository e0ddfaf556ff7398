/** Has the gauges of programs read by a thread of its own, see `gauge-thread.ts`. */
import { Worker } from 'node:worker_threads';
import type { Gauge } from '../../protocol/messages.ts';
import type { GaugeCommand, GaugeReport } from './gauge-messages.ts';
import type { Reading } from './gauges.ts';

/** How often gauges are read, in milliseconds. */
export const GAUGE_INTERVAL = 250;
/** A thread that ends sooner than this after its start is not started again at once: milliseconds. */
const RESTART_DELAY = 1000;

interface Watch {
  readonly wrapper: number;
  readonly wanted: readonly Gauge[];
  readonly show: (reading: Reading) => void;
}

/** Reads gauges for all sessions. The thread starts with the first program that has any. */
export class GaugeReader {
  readonly #watches = new Map<number, Watch>();
  #thread: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #next = 1;
  #closed = false;

  /**
   * Watches a program.
   * @param wrapper the process that it was started by, or the program itself
   * @param show called a few times a second while it runs
   * @returns ends the watch
   */
  watch(wrapper: number, wanted: readonly Gauge[], show: (reading: Reading) => void): () => void {
    const id = this.#next++;
    this.#watches.set(id, { wrapper, wanted, show });
    if (this.#thread) this.#say({ kind: 'watch', watch: id, wrapper, wanted });
    else if (!this.#restart) this.#start();
    return () => {
      this.#watches.delete(id);
      this.#say({ kind: 'unwatch', watch: id });
    };
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    this.#watches.clear();
    await this.#thread?.terminate();
  }

  #say(command: GaugeCommand): void {
    this.#thread?.postMessage(command);
  }

  #start(): void {
    this.#restart = undefined;
    if (this.#closed || this.#watches.size === 0) return;
    const thread = new Worker(new URL('gauge-thread.ts', import.meta.url));
    this.#thread = thread;
    thread.unref();
    thread.on('message', ({ watch, reading }: GaugeReport) => {
      this.#watches.get(watch)?.show(reading);
    });
    thread.on('error', (error) => console.error('The thread that reads gauges failed:', error));
    thread.on('exit', () => {
      this.#thread = undefined;
      if (this.#closed) return;
      this.#restart = setTimeout(() => this.#start(), RESTART_DELAY).unref();
    });
    for (const [watch, { wrapper, wanted }] of this.#watches) {
      this.#say({ kind: 'watch', watch, wrapper, wanted });
    }
  }
}
