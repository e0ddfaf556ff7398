/** One process of a sandbox, on a terminal of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { FIRST_DESCRIPTOR } from '../descriptors.ts';
import { followFeed, type FeedEvents } from './feed-pipe.ts';
import { giveWay } from '../precedence.ts';
import { gateOf, openGate } from './gate.ts';
import type { Launch } from './launch.ts';
import { messageOf } from '../../message-of.ts';
import type { ProcessEnd, TerminalSize } from '../../protocol/messages.ts';
import { childrenOf, descendantsOf, killProcess, statOf } from './process-tree.ts';
import { openPty, resizePty } from './pty.ts';

/** Input that waits for a program that does not read, at most, in bytes. */
export const MAX_PENDING_INPUT = 256 * 1024;
/** How soon a full terminal is tried again, in milliseconds. */
const INPUT_RETRY = 20;
/** How long a wrapper may take to end after its program, in milliseconds. */
const WRAPPER_GRACE = 1000;
/**
 * How long what it told last may take to be read, in milliseconds. Its feed ends with the last process that has it,
 * and where nothing ends them all together, one may stay.
 */
const FEED_GRACE = 1000;
/** How soon it is looked again whether the program’s processes are gone, in milliseconds: later each time. */
const GONE_RETRY = { first: 5, slowest: 1000 };
/** bwrap and shells report a death by signal N as exit status 128 + N. */
const SIGNAL_STATUS = 128;

const ENVIRONMENT = {
  PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
};

/** What a process tells its session. */
export interface TerminalProcessEvents {
  /** The process printed. The bytes are the callee’s to keep. */
  output(bytes: Buffer): void;
  /** What comes through its feed, if it has one. */
  readonly feed?: FeedEvents;
  /** The process has ended, and all that it printed and told has been delivered. Called once. */
  end(end: ProcessEnd): void;
}

function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}

/** @param wrapped whether the status is a wrapper’s, which can only be one of the two */
function describeEnd(code: number | null, signal: string | null, wrapped: boolean): ProcessEnd {
  if (signal !== null) return { kind: 'signaled', signal };
  const named = wrapped && code !== null ? signalName(code - SIGNAL_STATUS) : undefined;
  return named ? { kind: 'signaled', signal: named } : { kind: 'exited', code: code ?? 0 };
}

/** The master as a stream, which closes it; a master that can’t become one is closed here. */
function openStream(master: number): ReadStream {
  try {
    return new ReadStream(master);
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

function start(launch: Launch, tty: number, terminal: ReadStream): ChildProcess {
  const { file, args, descriptors, feed, directory, environment, started, uid } = launch;
  const pipes = [...(feed ? (['pipe'] as const) : []), ...(started ? (['pipe'] as const) : [])];
  try {
    return spawn(file, args, {
      stdio: [tty, tty, tty, ...descriptors, ...pipes],
      cwd: directory,
      env: { ...ENVIRONMENT, ...environment },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
  } catch (error) {
    terminal.destroy();
    throw error;
  }
}

/** A running process. */
export class TerminalProcess {
  readonly #child: ChildProcess;
  readonly #events: TerminalProcessEvents;
  readonly #master: number;
  readonly #terminal: ReadStream;
  /** Input that the terminal had no room for: the bytes from `#pendingStart` to `#pendingEnd`. */
  #pending: Buffer | undefined;
  #pendingStart = 0;
  #pendingEnd = 0;
  #retry: NodeJS.Timeout | undefined;
  readonly #wrapped: boolean;
  #hardKill: NodeJS.Timeout | undefined;
  /** The wrapper’s children, each with its start: the first processes of the program’s namespaces. */
  readonly #inner = new Map<number, string>();
  #stopping = false;
  #terminalOpen = true;
  /** Its feed, until that is closed. */
  #feed: Readable | undefined;
  /** Runs while nothing but the end of the feed is waited for. */
  #feedLimit: NodeJS.Timeout | undefined;
  #end: ProcessEnd | undefined;

  /**
   * Starts it. The descriptors of the launch are closed then, even if it can’t be started.
   * @throws Error when the computer has no terminal, descriptor or memory left
   */
  constructor(launch: Launch, size: TerminalSize, events: TerminalProcessEvents) {
    this.#events = events;
    this.#wrapped = launch.wrapped;
    try {
      const { master, slave } = openPty(size, launch.uid, launch.editing);
      this.#master = master;
      try {
        this.#terminal = openStream(master);
        this.#child = start(launch, slave, this.#terminal);
      } finally {
        closeSync(slave);
      }
    } finally {
      for (const descriptor of launch.descriptors) closeSync(descriptor);
    }
    this.#child.on('error', (error) => {
      this.#end = { kind: 'failed', message: error.message };
      this.#terminal.destroy();
    });
    if (launch.started) {
      openGate(this.#child, gateOf(launch), launch.started, (error) => {
        this.#end ??= { kind: 'failed', message: messageOf(error) };
      });
    }
    this.#followFeed(launch);
    this.#terminal.once('data', () => {
      // By now it has left the server’s session.
      if (this.#child.pid !== undefined) giveWay(this.#child.pid);
    });
    this.#terminal.on('data', (bytes: Buffer) => {
      if (this.#inner.size === 0) this.#lookInside();
      if (!this.#stopping) events.output(bytes);
    });
    // EIO is how a master reads the end of its terminal: pty(7).
    this.#terminal.on('error', () => {});
    this.#terminal.on('close', () => {
      this.#terminalOpen = false;
      clearTimeout(this.#retry);
      this.#finish();
    });
    this.#child.on('exit', (code, signal) => {
      clearTimeout(this.#hardKill);
      this.#end ??= this.#stopping ? { kind: 'stopped' } : describeEnd(code, signal, this.#wrapped);
      this.#finish();
    });
  }

  /** The process’s id on this computer, that of its wrapper if it has one; undefined if it never ran. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  #followFeed({ feed, descriptors }: Launch): void {
    // A child that could not be spawned has no pipes at all.
    if (!feed || this.#child.pid === undefined) return;
    const pipe = this.#child.stdio.at(FIRST_DESCRIPTOR + descriptors.length);
    if (!(pipe instanceof Readable)) return;
    if (!this.#events.feed) {
      pipe.resume();
      return;
    }
    this.#feed = pipe;
    pipe.once('close', () => this.#feedClosed());
    followFeed(pipe, this.#events.feed);
  }

  #feedClosed(): void {
    this.#feed = undefined;
    if (this.#feedLimit === undefined) return;
    clearTimeout(this.#feedLimit);
    this.#feedLimit = undefined;
    this.#finish();
  }

  /**
   * The end is told when the exit, the last byte of output and the end of the feed have all happened, and
   * nothing of the program is left: a wrapper may end before the namespace that it made has.
   */
  #finish(retry = GONE_RETRY.first): void {
    if (!this.#end || this.#terminalOpen) return;
    for (const [pid, started] of this.#inner) {
      if (statOf(pid)?.started !== started) continue;
      // One that can’t be killed must not keep the server busy.
      setTimeout(() => {
        this.#finish(Math.min(2 * retry, GONE_RETRY.slowest));
      }, retry);
      return;
    }
    if (this.#feed && !this.#stopping) {
      this.#feedLimit ??= setTimeout(() => this.#feed?.destroy(), FEED_GRACE);
      return;
    }
    // Nothing is told after the end, whoever still has it.
    this.#feed?.destroy();
    this.#events.end(this.#end);
  }

  #lookInside(): void {
    const { pid } = this.#child;
    if (!this.#wrapped || pid === undefined) return;
    for (const child of childrenOf(pid)) {
      const stat = statOf(child);
      if (stat) this.#inner.set(child, stat.started);
    }
  }

  /**
   * Types into the terminal.
   * @returns false when the program has not read for so long that this input is dropped
   */
  write(bytes: Uint8Array): boolean {
    if (this.#terminal.destroyed || bytes.length === 0) return true;
    if (!this.#pending) {
      const written = this.#put(bytes);
      return written === bytes.length || this.#keep(bytes.subarray(written));
    }
    return this.#keep(bytes);
  }

  /** Keeps input for later, one copy of it in one place, however many frames it came in. */
  #keep(bytes: Uint8Array): boolean {
    const waiting = this.#pendingEnd - this.#pendingStart;
    if (waiting + bytes.length > MAX_PENDING_INPUT) return false;
    const pending = (this.#pending ??= Buffer.allocUnsafe(MAX_PENDING_INPUT));
    if (this.#pendingEnd + bytes.length > pending.length) {
      pending.copyWithin(0, this.#pendingStart, this.#pendingEnd);
      this.#pendingStart = 0;
      this.#pendingEnd = waiting;
    }
    pending.set(bytes, this.#pendingEnd);
    this.#pendingEnd += bytes.length;
    this.#retry ??= setTimeout(() => this.#flush(), INPUT_RETRY);
    return true;
  }

  #flush(): void {
    this.#retry = undefined;
    if (!this.#pending || this.#terminal.destroyed) return;
    const waiting = this.#pending.subarray(this.#pendingStart, this.#pendingEnd);
    const written = this.#put(waiting);
    this.#pendingStart += written;
    if (written < waiting.length) {
      this.#retry = setTimeout(() => this.#flush(), INPUT_RETRY);
    } else {
      this.#pending = undefined;
      this.#pendingStart = this.#pendingEnd = 0;
    }
  }

  /** Writes what the terminal has room for. @returns how many bytes that were */
  #put(bytes: Uint8Array): number {
    let written = 0;
    try {
      while (written < bytes.length) {
        const taken = writeSync(this.#master, bytes, written);
        if (taken === 0) break;
        written += taken;
      }
    } catch (error) {
      // EAGAIN: it is full. Anything else is its end, and nobody is left to read the rest.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) {
        return bytes.length;
      }
    }
    return written;
  }

  /** Tells the terminal its new size. */
  resize(size: TerminalSize): void {
    // A stream that is destroyed has closed the descriptor before it says so.
    if (!this.#terminal.destroyed) resizePty(this.#master, size);
  }

  /** Stops reading, so that the program blocks as soon as its terminal is full. */
  pause(): void {
    this.#terminal.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#terminal.resume();
  }

  /** Ends it and everything it started: SIGKILL. What it printed or told and was not yet read is dropped. */
  kill(): void {
    this.#stopping = true;
    this.#terminal.resume();
    // Whoever kills it does not expect its end before this returns.
    if (this.#feedLimit !== undefined) this.#feed?.destroy();
    const { pid } = this.#child;
    if (pid === undefined || this.#end) return;
    this.#lookInside();
    const below = this.#wrapped ? descendantsOf(pid) : [];
    // A wrapper that is left to end by itself reaps the program. Killed together with it, the program
    // is a zombie until the computer’s init looks, and its namespace waits for that.
    for (const descendant of below) killProcess(descendant);
    if (below.length === 0) this.#killGroup(pid);
    else this.#hardKill = setTimeout(() => this.#killGroup(pid), WRAPPER_GRACE);
  }

  /** A session leader is its group’s number; before setsid(2) has run there is no such group. */
  #killGroup(pid: number): void {
    killProcess(-pid);
    killProcess(pid);
  }
}
