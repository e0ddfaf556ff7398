/**
 * A process that has loaded what programs need, and waits to be told which one to be: guest/wait.ts. It
 * is told once, by a named pipe that only it and the server still have when the first program runs.
 */
import { AsyncResource } from 'node:async_hooks';
import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { Allowance } from '../allowance.ts';
import { WAITING, encodeInstruction, type Instruction } from '../guest/instruction.ts';
import type { ProcessEnd, TerminalSize } from '../../protocol/messages.ts';
import type { FeedEvents } from './feed-pipe.ts';
import type { Launch } from './launch.ts';
import { TerminalProcess, type TerminalProcessEvents } from './terminal-process.ts';

/** Nobody looks at its terminal before it has a reader, who then says how large it is. */
const ANY_SIZE: TerminalSize = { cols: 80, rows: 24 };

/**
 * How far it has got: it loads; it waits; it is the program that it was told; it has
 * ended, or is about to, and is of no use.
 */
type State = 'loading' | 'waiting' | 'running' | 'lost';

/** Such a process. */
export class WaitingProcess {
  readonly #process: TerminalProcess;
  readonly #path: string;
  /** The server’s end of the pipe; undefined when it is closed. */
  #pipe: number | undefined;
  #state: State = 'loading';
  #events: TerminalProcessEvents | undefined;
  /** Of nobody’s time: nothing is heard before it runs a program. */
  readonly #unheard = new Allowance(1, 1, performance.now());
  readonly #settled = Promise.withResolvers<boolean>();
  readonly #gone = Promise.withResolvers<void>();

  /**
   * Starts it.
   * @param launch what runs guest/wait.ts
   * @param pipe the path of the pipe that it was told of
   * @throws Error when the computer has no terminal, descriptor or memory left
   */
  constructor(launch: Launch, pipe: string) {
    this.#path = pipe;
    // With somebody to write to it, the process need not wait for one when it opens it.
    this.#pipe = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      this.#process = new TerminalProcess(launch, ANY_SIZE, this.#delegate(launch.feed));
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  /** Resolves when it waits, or to false when it never will. */
  get settled(): Promise<boolean> {
    return this.#settled.promise;
  }

  /** Whether it can be told. */
  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Resolves when it has ended without having been told. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /**
   * Tells it which program to be. Whatever it does from here on is that program’s, and on behalf of
   * whoever calls this.
   * @returns the program; undefined when the process is of no use and something else has to run it
   */
  run(
    instruction: Instruction,
    size: TerminalSize,
    events: TerminalProcessEvents,
  ): TerminalProcess | undefined {
    const pipe = this.#pipe;
    if (this.#state !== 'waiting' || pipe === undefined) return undefined;
    const bytes = encodeInstruction(instruction);
    try {
      this.#process.resize(size);
      // EPIPE: the process has ended, and we have not heard yet.
      if (writeSync(pipe, bytes) !== bytes.length) throw new Error('the pipe is too small');
    } catch {
      this.kill();
      return undefined;
    } finally {
      this.#close();
    }
    this.#state = 'running';
    this.#events = bound(events);
    return this.#process;
  }

  /** Ends it, unless it runs a program, which is that program’s session’s to end. */
  kill(): void {
    if (this.#state === 'running' || this.#state === 'lost') return;
    this.#lose();
    this.#process.kill();
  }

  /** What the process does is for the program’s session, once there is one. */
  #delegate(hasFeed: boolean): TerminalProcessEvents {
    const events = (): TerminalProcessEvents | undefined => this.#events;
    const unheard = this.#unheard;
    const feed: FeedEvents = {
      get hearing() {
        return events()?.feed?.hearing ?? unheard;
      },
      takes: (bytes) => events()?.feed?.takes(bytes) ?? true,
      line: (text) => events()?.feed?.line(text),
      tooLong: () => events()?.feed?.tooLong(),
      dropped: () => events()?.feed?.dropped(),
      skipped: (bytes) => events()?.feed?.skipped(bytes),
      closed: () => events()?.feed?.closed(),
    };
    return {
      output: (bytes) => {
        if (this.#events) this.#events.output(bytes);
        else this.#heard(bytes);
      },
      ...(hasFeed && { feed }),
      end: (end) => {
        if (this.#events) {
          this.#events.end(end);
        } else {
          this.#lose();
          this.#gone.resolve();
        }
      },
    };
  }

  #heard(bytes: Buffer): void {
    if (this.#state !== 'loading' || bytes.length !== 1 || bytes[0] !== WAITING) {
      // An error message: it is of no use.
      this.kill();
      return;
    }
    try {
      // Its end is open now. As the only one left to write, we hear when it is closed; and without a
      // name, nothing else that ever runs in the sandbox finds the pipe.
      const pipe = openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
      this.#close();
      this.#pipe = pipe;
      unlinkSync(this.#path);
    } catch {
      this.kill();
      return;
    }
    this.#state = 'waiting';
    this.#settled.resolve(true);
  }

  #lose(): void {
    this.#state = 'lost';
    this.#close();
    this.#settled.resolve(false);
  }

  #close(): void {
    if (this.#pipe !== undefined) closeSync(this.#pipe);
    this.#pipe = undefined;
  }
}

/** The same events, on behalf of whoever calls this: the process was started on behalf of nobody. */
function bound(events: TerminalProcessEvents): TerminalProcessEvents {
  const { feed } = events;
  return {
    output: AsyncResource.bind((bytes: Buffer) => events.output(bytes)),
    ...(feed && { feed: boundFeed(feed) }),
    end: AsyncResource.bind((how: ProcessEnd) => events.end(how)),
  };
}

function boundFeed(feed: FeedEvents): FeedEvents {
  return {
    hearing: feed.hearing,
    takes: (bytes) => feed.takes(bytes),
    line: AsyncResource.bind((text: string) => feed.line(text)),
    tooLong: AsyncResource.bind(() => feed.tooLong()),
    dropped: AsyncResource.bind(() => feed.dropped()),
    skipped: AsyncResource.bind((bytes: number) => feed.skipped(bytes)),
    closed: AsyncResource.bind(() => feed.closed()),
  };
}
