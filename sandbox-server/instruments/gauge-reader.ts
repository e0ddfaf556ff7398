/** Has what /proc says of programs read by a thread of its own, see `gauge-thread.ts`. */
import { Worker } from 'node:worker_threads';
import type { Gauge } from '../../protocol/messages.ts';
import type { GaugeCommand, GaugeReport } from './gauge-messages.ts';
import type { Reading } from './gauges.ts';
import type { KernelQuestion, KernelReading } from './kernel-reader.ts';

/** A watch over what the kernel holds for a run. */
export interface KernelWatch {
  /** Whose it is to look at from now on; without a question it is not read for now. */
  ask(question: KernelQuestion | undefined): void;
  /** Ends it. */
  close(): void;
}

/**
 * Reads gauges for all sessions, what the kernel holds for them, and where their programs listen. Its thread
 * is started once, with the server: later its files may be those of another version.
 */
export class GaugeReader {
  readonly #shows = new Map<number, (reading: Reading) => void>();
  readonly #kernels = new Map<number, (reading: KernelReading) => void>();
  /** Those who wait for an answer about listeners, by the numbers of their questions. */
  readonly #questions = new Map<number, (found: readonly (readonly string[])[]) => void>();
  readonly #thread: Worker;
  #gone = false;
  #next = 1;

  private constructor(thread: Worker) {
    this.#thread = thread;
  }

  /**
   * Starts the thread; resolves when all that it runs has been read from the disk.
   * @param file what it runs
   */
  static async start(file = new URL('gauge-thread.ts', import.meta.url)): Promise<GaugeReader> {
    const thread = new Worker(file);
    const reader = new GaugeReader(thread);
    const ready = Promise.withResolvers<void>();
    thread.on('message', (report: GaugeReport) => {
      if (report.kind === 'ready') ready.resolve();
      else if (report.kind === 'failed') complain(report.error);
      else if (report.kind === 'listeners') reader.#answer(report.question, report.found);
      else if (report.kind === 'kernel') reader.#kernels.get(report.watch)?.(report.reading);
      else reader.#shows.get(report.watch)?.(report.reading);
    });
    thread.on('error', (error) => {
      complain(error);
      reader.#end();
      console.error('Gauges show nothing until the server is started again.');
      ready.reject(error);
    });
    await ready.promise;
    thread.unref();
    return reader;
  }

  /**
   * Watches a program.
   * @param wrapper the process that it was started by, or the program itself
   * @param show called a few times a second while it runs
   * @returns ends the watch
   */
  watch(wrapper: number, wanted: readonly Gauge[], show: (reading: Reading) => void): () => void {
    const id = this.#next++;
    this.#shows.set(id, show);
    this.#say({ kind: 'watch', watch: id, wrapper, wanted });
    return () => {
      this.#shows.delete(id);
      this.#say({ kind: 'unwatch', watch: id });
    };
  }

  /**
   * Watches what the kernel holds for a run, once it is asked about somebody.
   * @param show called a few times a second while it changes
   */
  kernel(show: (reading: KernelReading) => void): KernelWatch {
    const id = this.#next++;
    this.#kernels.set(id, show);
    return {
      ask: (question) => this.#say({ kind: 'kernel', watch: id, question }),
      close: () => {
        this.#kernels.delete(id);
        this.#say({ kind: 'unwatch', watch: id });
      },
    };
  }

  /**
   * Looks where programs listen, see {@link listenersOf}. Never rejects.
   * @param pids the process that each was started by, or the program itself
   * @returns the addresses of each; none once the thread is gone
   */
  listeners(pids: readonly number[]): Promise<readonly (readonly string[])[]> {
    if (this.#gone) return Promise.resolve([]);
    const question = this.#next++;
    return new Promise((resolve) => {
      this.#questions.set(question, resolve);
      this.#say({ kind: 'listeners', question, pids });
    });
  }

  #answer(question: number, found: readonly (readonly string[])[]): void {
    this.#questions.get(question)?.(found);
    this.#questions.delete(question);
  }

  /** Nobody waits for a thread that is gone. */
  #end(): void {
    this.#gone = true;
    for (const question of this.#questions.keys()) this.#answer(question, []);
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    this.#shows.clear();
    this.#kernels.clear();
    this.#end();
    await this.#thread.terminate();
  }

  #say(command: GaugeCommand): void {
    this.#thread.postMessage(command);
  }
}

function complain(error: unknown): void {
  console.error('The thread that reads gauges failed:', error);
}
