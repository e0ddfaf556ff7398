/**
 * One run of a lab: its connection, and of each terminal which process is in it, what was printed and
 * how the process is. It knows nothing of the page; it is the stage of the scenario player.
 */
import type { CheckRecord } from '../protocol/check-feed.ts';
import type { CrowdOrder } from '../protocol/crowd-feed.ts';
import type { MeasureRecord } from '../protocol/measure-feed.ts';
import {
  type Fault,
  type Figures,
  type Gauge,
  type IsolationName,
  type ProcessEnd,
  type Role,
  type TerminalSize,
} from '../protocol/messages.ts';
import { checkOutcome, type CheckOutcome } from './check-outcome.ts';
import type { Lab, LabProgram } from './definition.ts';
import type { Connection, ConnectionEvents, ConnectionMessage } from './connection.ts';
import type { Stage, Trouble } from './player.ts';
import { sentence } from './sentence.ts';
import { endText, type QueueRank, type RunEnd } from './status.ts';
import { TextLog, Transcript } from './transcript.ts';

/** Which programs of a lab read what is typed. */
interface ReadingLab {
  readonly server: Pick<LabProgram, 'reads'>;
  readonly programs: readonly Pick<Lab['programs'][number], 'name' | 'reads'>[];
}

/** How a client, or the server, is. */
export type Phase = 'starting' | 'connected' | 'half-closed' | 'ended';

/** A terminal’s process, the latest if there were several. */
export interface Participant {
  readonly name: string;
  readonly role: Role;
  readonly phase: Phase;
  /** How the process ended, once it has. */
  readonly end: ProcessEnd | undefined;
}

interface Actor extends Participant {
  phase: Phase;
  end: ProcessEnd | undefined;
  process: number;
  transcript: Transcript;
  /** What was typed into the terminal, for its earlier processes too. */
  typed: TextLog;
  /** Whether text was typed since the last Enter: Ctrl-D then has to be pressed twice. */
  withinLine: boolean;
  figures: Figures | undefined;
  /** How often it has made each call that was told of. */
  readonly calls: Map<string, number>;
}

/** The most names of calls that are counted: a program can make names up. */
const MOST_CALL_NAMES = 200;

/** One kind of message about a session. */
export type MessageOf<T extends ConnectionMessage['type']> = Extract<
  ConnectionMessage,
  { type: T }
>;

/** Told of what happens in a run. */
export interface RunEvents {
  /** A process has started in the terminal of this name. */
  started(participant: Participant): void;
  output(name: string, bytes: Uint8Array): void;
  /** What the gauges show of the program of this name. */
  measured(name: string, gauges: MessageOf<'gauges'>): void;
  /** The program of this name calls select(2), or has come back from it. */
  selects(name: string, call: MessageOf<'select'>): void;
  /** What the program, or the client, of this name has done. It comes before the end of a process does. */
  timeline?(name: string, message: MessageOf<'timeline'>): void;
  /** What the kernel holds for the run. */
  kernel?(message: MessageOf<'kernel'>): void;
  /** How the crowd is, or that it is gone. */
  crowd?(message: MessageOf<'crowd'>): void;
  /** What a measurement has found. */
  found?(record: MeasureRecord): void;
  /** It had to wait for a place, and has one now. */
  letIn(): void;
  /** The reader’s own programs have these mistakes, so that nothing is run; the end follows. */
  faulted?(faults: readonly Fault[]): void;
  /** How the check of an exercise goes. How it went: {@link Run.checkOutcome}, once the run is over. */
  checked?(record: CheckRecord): void;
  /** Something could not be done, in a sentence or two; the run goes on. */
  error(message: string): void;
  over(end: RunEnd): void;
  /** Something has changed that buttons or the status line depend on. */
  changed(): void;
}

const ENTER = 0x0d;
const LINE_FEED = 0x0a;
const END_OF_FILE = 0x04;
const INTERRUPT = '\u0003';

/** A run of a lab. */
export class Run implements Stage {
  readonly #connection: Connection;
  readonly #events: RunEvents;
  readonly #sizeOf: (name: string) => TerminalSize;
  readonly #actors = new Map<string, Actor>();
  readonly #byProcess = new Map<number, Actor>();
  readonly #listeners = new Set<() => void>();
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  #isolation: IsolationName = 'none';
  #limit: number | undefined;
  /** Whether it has a place. */
  #welcome = false;
  #ready = false;
  #away = false;
  #queued: QueueRank | undefined;
  #idle: number | undefined;
  #end: RunEnd | undefined;
  /** What the checker of an exercise said last. */
  #record: CheckRecord | undefined;
  #trouble: Trouble | undefined;
  #crowd: CrowdOrder | undefined;

  /**
   * @param open opens the connection, which tells the run what happens
   * @param sizeOf the size of a terminal, also of one that is not there yet
   */
  constructor(
    open: (events: ConnectionEvents) => Connection,
    sizeOf: (name: string) => TerminalSize,
    events: RunEvents,
  ) {
    this.#sizeOf = sizeOf;
    this.#events = events;
    this.#connection = open({
      message: (message) => this.#take(message),
      output: (process, bytes) => this.#output(process, bytes),
      away: (away) => {
        this.#away = away;
        this.#changed();
      },
      dropped: (most) => {
        const size = Math.round(most / (1024 * 1024));
        this.#events.error(`Too much at once: ${size} MB may wait to be sent. Nothing was sent.`);
      },
      over: (end) => this.#over(end),
    });
  }

  get isolation(): IsolationName {
    return this.#isolation;
  }

  /** How many seconds it may last, once it has begun. */
  get limit(): number | undefined {
    return this.#limit;
  }

  /** Where in the queue it is, while it waits for a place. */
  get queued(): QueueRank | undefined {
    return this.#queued;
  }

  /** For how many seconds nothing has happened, if that is long; the server says how long is. */
  get idle(): number | undefined {
    return this.#idle;
  }

  /** Resolves when it waits for no place, or no longer. */
  async admitted(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = (): void => {
      if (this.#welcome || this.#end || signal.aborted) resolve();
    };
    const ignore = this.onChange(check);
    signal.addEventListener('abort', check);
    check();
    await promise;
    ignore();
    signal.removeEventListener('abort', check);
  }

  /** Whether the server listens. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Whether the connection is lost, for a while or for good. */
  get away(): boolean {
    return this.#away;
  }

  /** Why it is over, or `undefined` while it goes on. */
  get end(): RunEnd | undefined {
    return this.#end;
  }

  /**
   * How the check of an exercise went; undefined while it goes on. A run that checks nothing has no outcome to
   * ask for: it would be one that was not finished.
   */
  get checkOutcome(): CheckOutcome | undefined {
    return this.#end && checkOutcome(this.#record, this.#end);
  }

  /** How many programs of the lab, or clients, run now. */
  count(what: 'programs' | 'clients'): number {
    const running = [...this.#byProcess.values()];
    return running.filter(({ role }) => (role === 'client') === (what === 'clients')).length;
  }

  /** Whether a program of the lab runs that reads what is typed into its terminal. */
  reads({ server, programs }: ReadingLab): boolean {
    const named = [{ ...server, name: 'server' }, ...programs];
    const reading = new Set(named.filter(({ reads }) => reads).map(({ name }) => name));
    return [...this.#byProcess.values()].some(({ name }) => reading.has(name));
  }

  participant(name: string): Participant | undefined {
    return this.#actors.get(name);
  }

  /** Sends bytes to the process in a terminal; without one they go nowhere, as typing would. */
  input(name: string, bytes: Uint8Array): void {
    const actor = this.#actors.get(name);
    const last = bytes.at(-1);
    if (!actor || actor.end || last === undefined) return;
    actor.withinLine = last !== ENTER && last !== LINE_FEED && last !== END_OF_FILE;
    this.#connection.input(actor.process, bytes);
    // A character that comes in pieces is no line end, and no key.
    actor.typed.append(this.#decoder.decode(bytes).replaceAll('\r', '\n'));
    for (const listener of [...this.#listeners]) listener();
  }

  type(name: string, text: string): void {
    this.input(name, this.#encoder.encode(text.replaceAll('\n', '\r')));
  }

  halfClose(name: string): void {
    const actor = this.#actors.get(name);
    // Within a line the first Ctrl-D only hands over what was typed, as in any terminal.
    if (actor) this.type(name, actor.withinLine ? '\u0004\u0004' : '\u0004');
  }

  interrupt(name: string): void {
    this.type(name, INTERRUPT);
  }

  /** Starts a program that starts on demand. */
  launch(name: string, way: string | undefined): void {
    this.#connection.launch(name, way, this.#sizeOf(name));
  }

  /** Connects a client, the next free one unless one is named. */
  connect(name?: string): void {
    this.#connection.connect(this.#sizeOf(name ?? ''), name);
  }

  /** Sends a crowd, changes the one that is there, or sends it away. */
  crowd(order: CrowdOrder): void {
    this.#connection.crowd(order);
  }

  resize(name: string, size: TerminalSize): void {
    const actor = this.#actors.get(name);
    if (actor && !actor.end) this.#connection.resize(actor.process, size);
  }

  /** Says whether the reader can see the lab; until then, it is taken for seen. */
  watch(watched: boolean): void {
    if (!this.#end) this.#connection.watch(watched);
  }

  /** Asks for the end; `over` follows, at once if there is nobody to ask. */
  stop(): void {
    if (this.#away) this.#leave({ kind: 'stopped-unheard' });
    else this.#connection.stop();
  }

  /** Ends it, for the reader goes to another page. They may come back and see why it is over. */
  leave(): void {
    this.#leave({ kind: 'left' });
  }

  /** Ends it without another word. */
  abandon(): void {
    this.#connection.abandon();
  }

  /** Tries at once to come back, if the connection is lost. */
  hurry(): void {
    this.#connection.hurry();
  }

  received(client: string): TextLog | undefined {
    return this.#actors.get(client)?.transcript.received;
  }

  noted(client: string): TextLog | undefined {
    return this.#actors.get(client)?.transcript.own;
  }

  typed(name: string): TextLog | undefined {
    return this.#actors.get(name)?.typed;
  }

  printed(program: string): TextLog | undefined {
    return this.#actors.get(program)?.transcript.printed;
  }

  connected(client: string): boolean {
    const phase = this.#actors.get(client)?.phase;
    return phase === 'connected' || phase === 'half-closed';
  }

  ended(name: string): boolean {
    return this.#actors.get(name)?.phase === 'ended';
  }

  process(name: string): number | undefined {
    return this.#actors.get(name)?.process;
  }

  exitCode(program: string): number | undefined {
    const end = this.#actors.get(program)?.end;
    return end?.kind === 'exited' ? end.code : undefined;
  }

  gauge(program: string, gauge: Gauge): number | undefined {
    return this.#actors.get(program)?.figures?.[gauge];
  }

  crowdOrder(): CrowdOrder | undefined {
    return this.#crowd;
  }

  calls(program: string, name: string): number {
    return this.#actors.get(program)?.calls.get(name) ?? 0;
  }

  over(): string | undefined {
    return this.#end && endText(this.#end);
  }

  trouble(): Trouble | undefined {
    return this.#trouble;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #take(message: ConnectionMessage): void {
    switch (message.type) {
      case 'queued':
        this.#queued = {
          ahead: message.ahead,
          wait: message.wait,
          ...(message.measuring && { measuring: true }),
        };
        break;
      case 'welcome':
        this.#welcome = true;
        this.#isolation = message.isolation;
        this.#limit = message.seconds;
        if (this.#queued) {
          this.#queued = undefined;
          this.#events.letIn();
        }
        break;
      case 'idle':
        this.#idle = message.idle ? message.seconds : undefined;
        break;
      case 'started':
        this.#started(message.process, message.name, message.role);
        break;
      case 'ready':
        this.#ready = true;
        break;
      case 'client': {
        const actor = this.#byProcess.get(message.process);
        if (actor) actor.phase = message.state;
        break;
      }
      case 'ended': {
        const actor = this.#byProcess.get(message.process);
        if (actor) this.#processEnded(actor, message.end);
        break;
      }
      case 'gauges': {
        const actor = this.#byProcess.get(message.process);
        if (!actor) return;
        actor.figures = message.figures;
        this.#events.measured(actor.name, message);
        for (const listener of [...this.#listeners]) listener();
        return;
      }
      case 'select': {
        const actor = this.#byProcess.get(message.process);
        if (actor) this.#events.selects(actor.name, message);
        return;
      }
      case 'timeline': {
        const actor = this.#byProcess.get(message.process);
        if (!actor) return;
        for (const entry of message.entries) {
          if (entry.kind === 'entered') countCall(actor.calls, entry.name);
        }
        this.#events.timeline?.(actor.name, message);
        for (const listener of [...this.#listeners]) listener();
        return;
      }
      case 'kernel':
        this.#events.kernel?.(message);
        return;
      case 'crowd': {
        const { state } = message;
        this.#crowd = state ? { count: state.wanted, talks: state.talks } : undefined;
        this.#events.crowd?.(message);
        for (const listener of [...this.#listeners]) listener();
        return;
      }
      case 'faults':
        this.#events.faulted?.(message.faults);
        return;
      case 'checked':
        this.#record = message.record;
        this.#events.checked?.(message.record);
        return;
      case 'measured':
        this.#events.found?.(message.record);
        // The status line says how far it has come; nothing else depends on a figure.
        if (message.record.state === 'served' || message.record.state === 'passed') return;
        break;
      case 'error':
        this.#trouble = { text: message.message };
        this.#events.error(`The sandbox server says: ${sentence(message.message)}`);
        return;
    }
    this.#changed();
  }

  #started(process: number, name: string, role: Role): void {
    const before = this.#actors.get(name);
    const actor: Actor = {
      name,
      role,
      process,
      phase: 'starting',
      end: undefined,
      withinLine: false,
      figures: undefined,
      calls: new Map(),
      transcript: new Transcript(before?.transcript),
      typed: before?.typed ?? new TextLog(),
    };
    this.#actors.set(name, actor);
    this.#byProcess.set(process, actor);
    this.#events.started(actor);
    // The server chose a size before this terminal’s was known.
    this.#connection.resize(process, this.#sizeOf(name));
  }

  #output(process: number, bytes: Uint8Array): void {
    const actor = this.#byProcess.get(process);
    if (!actor) return;
    actor.transcript.append(bytes);
    this.#events.output(actor.name, bytes);
    for (const listener of [...this.#listeners]) listener();
  }

  #processEnded(actor: Actor, end: ProcessEnd): void {
    actor.phase = 'ended';
    actor.end = end;
    this.#byProcess.delete(actor.process);
  }

  #leave(end: RunEnd): void {
    if (this.#end) return;
    this.#connection.abandon();
    this.#over(end);
  }

  #over(reason: RunEnd): void {
    const end: RunEnd = this.#queued && reason.kind === 'stopped' ? { kind: 'left-queue' } : reason;
    this.#end = end;
    this.#queued = undefined;
    for (const actor of this.#byProcess.values()) {
      this.#processEnded(actor, { kind: 'stopped' });
    }
    this.#events.over(end);
    this.#changed();
  }

  #changed(): void {
    this.#events.changed();
    for (const listener of [...this.#listeners]) listener();
  }
}

function countCall(calls: Map<string, number>, name: string): void {
  const before = calls.get(name);
  if (before !== undefined || calls.size < MOST_CALL_NAMES) calls.set(name, (before ?? 0) + 1);
}
