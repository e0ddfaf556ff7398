/**
 * Follows a program and all that it starts, from call to call: ptrace(2). It runs in the thread that called it,
 * and does nothing else, since the program stands still at each of its calls until it is let go on.
 */
import { constants } from 'node:os';
import { readFileSync } from 'node:fs';
import { Calls, type Machine } from './calls.ts';
import { BEGIN } from './handshake.ts';
import * as ptrace from './ptrace.ts';
import { readStatus, type Stop } from './stops.ts';
import { ToldThread, type Teller } from './teller.ts';

/** How long calls may go on untold when there were too many to tell, in milliseconds: shorter than anybody can see. */
const PATIENCE = 20;
/** How often it is looked whether a thread has stopped before it is slept for one: each look takes a microsecond. */
const LOOKS = 20;

/** How a program ended. */
export type End =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: number };

const SIGURG = constants.signals[BEGIN];

/** Follows one program. */
export class Tracer {
  readonly #calls: Calls;
  readonly #teller: Teller;
  readonly #program: number;
  readonly #threads = new Map<number, ToldThread>();
  #begun = false;
  /** When it was looked last what is owed, by performance.now(). */
  #settled = 0;

  /** @param program its pid; it is traced, or a child of this process that can’t be */
  constructor(machine: Machine, teller: Teller, program: number) {
    this.#calls = new Calls(machine);
    this.#teller = teller;
    this.#program = program;
  }

  /** Follows it to its end. What it has started goes on by itself then. */
  follow(): End {
    for (;;) {
      const waited = ptrace.wait(false) ?? this.#idle();
      // Nothing to wait for without having heard of the program’s end: it can’t be, and must not be waited for.
      if (!waited) return { kind: 'exited', code: 1 };
      const stop = readStatus(waited.status);
      const end = this.#take(waited.thread, stop);
      if (end) {
        this.#teller.settle(0);
        this.#teller.flush();
        return end;
      }
      if (this.#teller.owes) this.#settle();
    }
  }

  /** Whether threads are to stop at their calls. */
  get #tells(): boolean {
    return this.#begun && this.#teller.isHeard;
  }

  /** While some threads call and call, others may have waited for long. */
  #settle(): void {
    const now = performance.now();
    if (now - this.#settled < PATIENCE) return;
    this.#settled = now;
    this.#teller.settle(PATIENCE);
  }

  /** No thread has stopped. */
  #idle(): ptrace.Waited | null {
    this.#teller.flush();
    if (this.#teller.owes) {
      const until = performance.now() + PATIENCE;
      for (let looks = 0; performance.now() < until; looks++) {
        if (looks >= LOOKS) ptrace.nap(1);
        const waited = ptrace.wait(false);
        if (waited !== undefined) return waited;
      }
      this.#teller.settle(0);
      this.#teller.flush();
    }
    return ptrace.wait(true) ?? null;
  }

  /** @returns how the program has ended, if it has */
  #take(id: number, stop: Stop): End | undefined {
    if (stop.kind === 'exited' || stop.kind === 'killed') {
      const thread = this.#threads.get(id);
      this.#threads.delete(id);
      // The first thread of a process is the last that is heard of.
      if (thread) this.#teller.end(thread, thread.pid === id);
      return id === this.#program ? stop : undefined;
    }
    const thread = this.#threads.get(id) ?? this.#meet(id);
    switch (stop.kind) {
      case 'call':
        this.#takeCall(thread);
        ptrace.resume(id, this.#tells);
        break;
      case 'exec':
        this.#forgetOthers(thread);
        ptrace.resume(id, this.#tells);
        break;
      case 'started':
      case 'asked':
        ptrace.resume(id, this.#tells);
        break;
      case 'group':
        ptrace.listen(id);
        break;
      case 'signal':
        if (stop.signal === SIGURG && !this.#begun) this.#begin(thread);
        else ptrace.resume(id, this.#tells, stop.signal);
    }
    return undefined;
  }

  #meet(id: number): ToldThread {
    const thread = new ToldThread(id, processOf(id));
    this.#threads.set(id, thread);
    return thread;
  }

  #begin(first: ToldThread): void {
    this.#begun = true;
    ptrace.resume(first.thread, this.#tells);
    // They were let go on without stopping at their calls, and have to stop once to be told otherwise.
    for (const thread of this.#threads.values()) {
      if (thread === first) continue;
      thread.isCounted = true;
      ptrace.interrupt(thread.thread);
    }
  }

  #takeCall(thread: ToldThread): void {
    const info = ptrace.callInfo(thread.thread);
    if (info?.kind === 'enters') {
      this.#teller.enter(thread, this.#calls.find(info.arch, info.number), info.args);
    } else if (info) {
      this.#teller.leave(thread, info.result, info.failed);
    }
  }

  /** Of a process that runs another program only one thread is left, and not all of their ends are told. */
  #forgetOthers({ pid, thread }: ToldThread): void {
    for (const other of this.#threads.values()) {
      if (other.pid !== pid || other.thread === thread) continue;
      this.#threads.delete(other.thread);
      this.#teller.end(other, false);
    }
  }
}

/** Whose thread it is; its own, if nobody can say any more. */
function processOf(thread: number): number {
  try {
    const status = readFileSync(`/proc/${thread}/status`, 'latin1');
    return Number(/^Tgid:\s+(\d+)$/m.exec(status)?.[1] ?? thread);
  } catch {
    return thread;
  }
}
