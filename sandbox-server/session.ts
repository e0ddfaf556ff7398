/** One reader’s run of one lab: a sandbox, the lab’s server program, and its clients. */
import type { Isolation, Sandbox, Slot } from './isolation/isolation.ts';
import type { LoadedLab } from './labs.ts';
import type { Outbox } from './outbox.ts';
import { MAX_CLIENTS, type ProcessEnd, type SessionEnd } from './protocol.ts';
import type { TerminalSize } from './pty.ts';
import type { Runtime } from './runtime.ts';
import { TerminalProcess } from './terminal-process.ts';

/** The names of clients that a reader connects without naming them. */
const CLIENT_NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
/** How long clients may take to notice that the server program is gone, in milliseconds. */
const CLIENTS_GRACE = 1000;

/** What a session works with. */
export interface SessionSetting {
  readonly id: string;
  readonly lab: LoadedLab;
  readonly slot: Slot;
  readonly isolation: Isolation;
  readonly runtime: Runtime;
  readonly outbox: Outbox;
  /** In seconds. */
  readonly timeLimit: number;
  /** In bytes, over all terminals. */
  readonly outputLimit: number;
  readonly version: number;
}

interface Running {
  readonly name: string;
  readonly role: 'server' | 'client';
  readonly process: TerminalProcess;
}

/** A session. It is over when {@link Session.over} resolves: by then nothing of it is left. */
export class Session {
  readonly #setting: SessionSetting;
  readonly #running = new Map<number, Running>();
  readonly #over = Promise.withResolvers<void>();
  readonly #size: TerminalSize;
  #sandbox: Sandbox | undefined;
  #nextProcess = 1;
  #printed = 0;
  #ready = false;
  #ending = false;
  #allEnded: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param size the size of each terminal until the page says otherwise */
  constructor(setting: SessionSetting, size: TerminalSize) {
    this.#setting = setting;
    this.#size = size;
  }

  /** Resolves when every process, the sandbox and its network are gone. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Opens the sandbox and starts the lab’s server program. Never rejects. */
  async start(): Promise<void> {
    const { id, isolation, lab, outbox, runtime, slot, timeLimit, version } = this.#setting;
    this.#timer = setTimeout(() => {
      void this.end({ kind: 'time-limit', seconds: timeLimit });
    }, timeLimit * 1000);
    outbox.message({
      type: 'welcome',
      version,
      session: id,
      isolation: isolation.name,
      seconds: timeLimit,
    });
    try {
      const sandbox = await isolation.open(slot);
      this.#sandbox = sandbox;
      if (this.#ending) return;
      const { id: labId, server } = lab.definition;
      this.#startProcess('server', 'server', this.#size, [
        ...runtime.programArgs(labId, lab.folder, server.program),
      ]);
    } catch (error) {
      void this.end({ kind: 'failed', message: messageOf(error) });
    } finally {
      this.#opened.resolve();
    }
  }

  /** Settled once {@link start} has either opened the sandbox or failed to. */
  readonly #opened = Promise.withResolvers<void>();

  /**
   * Connects a client.
   * @returns why not, in words for the reader, or undefined
   */
  connect(name: string | undefined, size: TerminalSize): string | undefined {
    if (this.#ending) return undefined;
    if (!this.#ready) return 'The server program does not listen yet.';
    const taken = new Set([...this.#running.values()].map((running) => running.name));
    const chosen = name ?? CLIENT_NAMES.find((candidate) => !taken.has(candidate));
    if (chosen === undefined || taken.size > MAX_CLIENTS) {
      return `A run has room for ${MAX_CLIENTS} clients.`;
    }
    if (taken.has(chosen)) return `${chosen} is connected already.`;
    try {
      this.#startClient(chosen, size);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  /**
   * Types into a process’s terminal. Input for a process that has ended is no error: it was typed
   * before the page knew.
   * @returns why not, in words for the reader, or undefined
   */
  input(process: number, bytes: Uint8Array): string | undefined {
    const running = this.#running.get(process);
    if (!running || running.process.write(bytes)) return undefined;
    return `${running.name} does not read: what you typed was dropped.`;
  }

  /** Resizes a process’s terminal. */
  resize(process: number, size: TerminalSize): void {
    this.#running.get(process)?.process.resize(size);
  }

  /** The page fell behind, or caught up. */
  pressure(full: boolean): void {
    for (const { process } of this.#running.values()) {
      if (full) process.pause();
      else process.resume();
    }
  }

  /** Ends the session; the first reason counts. Resolves as {@link over} does. */
  async end(reason: SessionEnd): Promise<void> {
    if (this.#ending) return this.over;
    this.#ending = true;
    clearTimeout(this.#timer);
    await this.#opened.promise;
    if (this.#running.size > 0) {
      const allEnded = new Promise<void>((resolve) => (this.#allEnded = resolve));
      for (const { process } of this.#running.values()) process.kill();
      await allEnded;
    }
    await this.#sandbox?.close();
    this.#setting.outbox.message({ type: 'session-ended', end: reason });
    this.#over.resolve();
  }

  #startClient(name: string, size: TerminalSize): void {
    const { lab, runtime } = this.#setting;
    this.#startProcess(name, 'client', size, runtime.clientArgs(lab.definition.server.port));
  }

  #startProcess(
    name: string,
    role: Running['role'],
    size: TerminalSize,
    args: readonly string[],
  ): void {
    if (!this.#sandbox) throw new Error('the sandbox is not open');
    const id = this.#nextProcess++;
    const { outbox } = this.#setting;
    const watch = role === 'server' ? this.#readinessWatch(id) : undefined;
    const process = new TerminalProcess(this.#sandbox.launch(args), size, {
      output: (bytes) => {
        this.#output(id, bytes);
        watch?.(bytes);
      },
      end: (end) => {
        this.#processEnded(id, end);
      },
    });
    this.#running.set(id, { name, role, process });
    outbox.message({ type: 'started', process: id, name, role });
  }

  #output(id: number, bytes: Buffer): void {
    const { outbox, outputLimit } = this.#setting;
    if (this.#ending) return;
    this.#printed += bytes.length;
    outbox.output(id, bytes);
    if (this.#printed > outputLimit) void this.end({ kind: 'output-limit', bytes: outputLimit });
  }

  /** Looks for the text that says that the server listens, also across two reads. */
  #readinessWatch(id: number): (bytes: Buffer) => void {
    const { lab, outbox } = this.#setting;
    const text = Buffer.from(lab.definition.server.ready);
    let tail = Buffer.alloc(0);
    return (bytes) => {
      if (this.#ready || this.#ending) return;
      tail = Buffer.concat([tail, bytes]);
      if (!tail.includes(text)) {
        tail = tail.subarray(Math.max(0, tail.length - text.length + 1));
        return;
      }
      this.#ready = true;
      outbox.message({ type: 'ready', process: id });
      for (const client of lab.definition.clients) {
        try {
          this.#startClient(client, this.#size);
        } catch (error) {
          void this.end({ kind: 'failed', message: messageOf(error) });
          return;
        }
      }
    };
  }

  #processEnded(id: number, end: ProcessEnd): void {
    const ended = this.#running.get(id);
    this.#running.delete(id);
    this.#setting.outbox.message({ type: 'ended', process: id, end });
    if (this.#running.size === 0) this.#allEnded?.();
    if (ended?.role === 'server') this.#finish({ kind: 'finished', end });
  }

  /** The server program is gone: clients see it and end by themselves, as they would anywhere. */
  #finish(reason: SessionEnd): void {
    if (this.#ending) return;
    const finish = (): void => {
      clearTimeout(grace);
      void this.end(reason);
    };
    const grace = setTimeout(finish, CLIENTS_GRACE);
    if (this.#running.size === 0) finish();
    else this.#allEnded = finish;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
