/** One reader’s run of one lab: a sandbox, the lab’s server program, and its clients. */
import { CLIENT_NAMES } from '../../lab/client-names.ts';
import type { Lab, LabProgram } from '../../lab/definition.ts';
import { Allowance } from '../allowance.ts';
import type { CheckedEdit } from '../edits/edit-checker.ts';
import { readCheckRecord } from '../../protocol/check-result.ts';
import { crowdOrderLine, type CrowdOrder } from '../../protocol/crowd-feed.ts';
import type { MeasureOrder } from '../../protocol/measure-feed.ts';
import { readMeasureRecord } from '../../protocol/measure.ts';
import { readCrowdRecord } from '../../protocol/crowd.ts';
import { readFeed, type FeedItem } from '../../protocol/feed.ts';
import type { Isolation, LaunchRequest, Sandbox } from '../isolation/isolation.ts';
import type { SandboxUsers } from '../isolation/users.ts';
import type { LoadedLab } from '../labs.ts';
import type { Log } from '../log.ts';
import { memoryFor, startsWith, type Running } from '../memory-plan.ts';
import { processorTime } from '../process/processor-time.ts';
import type { GaugeReader } from '../instruments/gauge-reader.ts';
import { IdleWatch } from './idle-watch.ts';
import type { Outbox } from './outbox.ts';
import { Instruments } from '../instruments/instruments.ts';
import { KernelTeller } from '../instruments/kernel-teller.ts';
import { TimelineTeller } from '../instruments/timeline-teller.ts';
import {
  DEFAULT_SIZE,
  MAX_CLIENTS,
  type ProcessEnd,
  type Role,
  type ServerMessage,
  type SessionEnd,
  type TerminalSize,
  type Unnumbered,
} from '../../protocol/messages.ts';
import { messageOf } from '../../message-of.ts';
import {
  checkRequest,
  clientRequest,
  crowdRequest,
  measureRequest,
  editingOf,
  programRequest,
} from './requests.ts';
import { RingWatch, ringPermission } from './ring.ts';
import type { Runtime } from '../runtime.ts';
import {
  MAX_PENDING_INPUT,
  TerminalProcess,
  type TerminalProcessEvents,
} from '../process/terminal-process.ts';
import type { Stock } from './stock.ts';
import { SyntaxMistake } from '../strip-types.ts';
import type { WarmSandbox } from './warm-sandbox.ts';
import { within } from '../within.ts';
import { awaitConnection, awaitReady, listenText, type Watch } from './start-watch.ts';

/** How long clients may take to notice that the server program is gone, in milliseconds. */
const CLIENTS_GRACE = 1000;
/** How long killed processes may take to be gone before the sandbox is closed over them, in milliseconds. */
const END_LIMIT = 10_000;
/**
 * How much of the server's processor time the feeds of a session may take: milliseconds a second, and at once.
 * In that, 30,000 lines are heard in a second, of 15 threads that call without a pause.
 */
const HEARING_A_SECOND = 50;
const HEARING_AT_ONCE = 100;
/**
 * What the programs of a session may tell through their feeds in all, in bytes. A thread that calls without a
 * pause tells of 280 KB a second, so two of them have ten minutes for 340 MB. Whoever writes lies as fast as
 * they are read has a minute.
 */
const MOST_TRACE = 512 * 1024 * 1024;
/** Entries of its timelines that a session may tell in a second, and at once: half a megabyte, on any network. */
const TOLD_A_SECOND = 4000;
const TOLD_AT_ONCE = 4000;
/** What is not heard of a feed is told as so many calls: the two records of one have about so many bytes. */
const CALL_SIZE = 256;
/**
 * Bytes that the programs of a session print in a second, and at once; beyond it they wait, as at a slow
 * terminal. No page shows more, and whoever prints without end would have the server for themselves.
 */
const PRINTED_A_SECOND = 2 * 1024 * 1024;
const PRINTED_AT_ONCE = 1024 * 1024;
/** What a frame counts for beside its bytes: one with a byte is as much work as one with so many. */
const FRAME = 1024;
/** The most troubles that an operator is told of, and what a reader is: no path of the server’s is theirs to see. */
const MOST_TROUBLES = 8;
const TROUBLE = 'It could not be started. The sandbox server’s log says why.';
/** How long what waits in a sandbox from stock is kept for a run that doesn’t come up, in milliseconds. */
const WARM_LIMIT = 5000;
/** How many clients and programs a reader may have started, at once and then in every second: each is work for all. */
const STARTS_AT_ONCE = 16;
const STARTS_A_SECOND = 1;
/** How many orders a crowd takes, at once and then in every second: each can make a thousand clients leave. */
const ORDERS_AT_ONCE = 8;
const ORDERS_A_SECOND = 2;
/** How long the next client waits for the one before it to be connected, in milliseconds. */
const CONNECT_GRACE = 1000;

/** What a session works with. */
export interface SessionSetting {
  readonly id: string;
  readonly lab: LoadedLab;
  readonly users: SandboxUsers;
  readonly isolation: Isolation;
  /** The sandboxes that are open already. */
  readonly stock: Pick<Stock<WarmSandbox>, 'take'>;
  readonly runtime: Runtime;
  readonly outbox: Outbox;
  readonly gauges: GaugeReader;
  readonly log: Log;
  /** In seconds. */
  readonly timeLimit: number;
  /** What its page comes back with. */
  readonly token: string;
  /** How long it waits for its page, in seconds. */
  readonly hold: number;
  /** In bytes, over all terminals. */
  readonly outputLimit: number;
  /** Whether labs that show io_uring get it. */
  readonly ioUring: boolean;
  /** After so many seconds without anything it is idle; 0 for never. */
  readonly idle: number;
  /** Sets more memory aside for it, in bytes. @returns why there is none, in words */
  readonly moreMemory: (bytes: number) => string | undefined;
  readonly version: number;
  /** Takes what the computer would not do, in words for the operator. */
  readonly trouble: (message: string) => void;
  /** The name of the server, if it has one. */
  readonly server: string | undefined;
  /** Takes what went wrong in the session by a mistake of the server’s. */
  readonly mistake: (error: unknown) => void;
  /** The way of the server program that the reader chose, if it has several. */
  readonly way: string | undefined;
  /** Check the exercise, with this seed or with null any; undefined to run the lab. */
  readonly check?: number | null | undefined;
  /** What to measure, in a lab that is a measurement. */
  readonly measure?: MeasureOrder | undefined;
  /** The labs whose servers are measured beside this one's. */
  readonly beside?: readonly LoadedLab[];
}

/** How a session ended. */
export interface SessionOver {
  readonly end: SessionEnd;
  /** Whether nothing of it is left. Else some process could not be killed in time. */
  readonly clean: boolean;
  /** Whom its sandbox's processes were outside, if the server switches users. */
  readonly user: number | undefined;
}

interface RunningProcess {
  readonly name: string;
  readonly role: Role | 'crowd';
  readonly process: TerminalProcess;
}

/** A crowd whose process goes on. */
interface Crowd {
  readonly process: TerminalProcess;
  /** Whether it has been sent away. */
  isLeaving: boolean;
  /** How many clients were asked for at most, and how many were connected at once. */
  asked: number;
  kept: number;
}

/** A session. It is over when {@link Session.over} resolves: by then nothing of it is left that can be ended. */
export class Session {
  readonly #setting: SessionSetting;
  readonly #running = new Map<number, RunningProcess>();
  readonly #over = Promise.withResolvers<SessionOver>();
  /** Settled once {@link start} has either opened the sandbox or failed to. */
  readonly #opened = Promise.withResolvers<void>();
  readonly #size: TerminalSize;
  /** When it was let in. */
  #began = performance.now();
  /** What the computer’s clock said when its own was 0, once it has begun: clocks are set now and then. */
  #clock = 0;
  #firstByte: number | undefined;
  #sandbox: Sandbox | undefined;
  /** The reader’s own programs, until they are where the sandbox finds them. */
  #edits: readonly CheckedEdit[] = [];
  /** The files of these. */
  #edited: ReadonlySet<string> = new Set();
  /** The folder of the lab’s programs, as a process of the sandbox finds it. */
  #folder = '';
  #user: number | undefined;
  /** What was in stock, while something of it may still be of use. */
  #warm: WarmSandbox | undefined;
  #warmLimit: NodeJS.Timeout | undefined;
  readonly #hearing = new Allowance(HEARING_AT_ONCE, HEARING_A_SECOND, performance.now());
  /** A program that calls and calls must not keep it unheard that a client is connected. */
  readonly #hearingClients = new Allowance(HEARING_AT_ONCE, HEARING_A_SECOND, performance.now());
  /** It goes by the time of day, as its timelines do. */
  readonly #told = new Allowance(TOLD_AT_ONCE, TOLD_A_SECOND, Date.now());
  readonly #prints = new Allowance(PRINTED_AT_ONCE, PRINTED_A_SECOND, performance.now());
  readonly #starts = new Allowance(STARTS_AT_ONCE - 1, STARTS_A_SECOND, performance.now());
  readonly #orders = new Allowance(ORDERS_AT_ONCE - 1, ORDERS_A_SECOND, performance.now());
  #nextProcess = 1;
  /** What the kernel holds for it, unless its lab does without. */
  #kernel: KernelTeller | undefined;
  #isWatched = true;
  #printed = 0;
  /** Runs while programs wait because they print too fast. */
  #pace: NodeJS.Timeout | undefined;
  #traced = 0;
  #troubles = 0;
  #ready = false;
  #ending = false;
  /** Whether the page has fallen behind, so that programs have to wait. */
  #pressed = false;
  #allEnded: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether it has a place, and so something to close at its end. */
  #begun = false;
  #idle: IdleWatch | undefined;
  /** The crowd, until its process has ended. */
  #crowd: Crowd | undefined;
  /** The instruments of the server program. */
  #served: Instruments | undefined;
  /** What it has memory set aside for. */
  #room: Running;

  /** @param size the size of each terminal until the page says otherwise */
  constructor(setting: SessionSetting, size: TerminalSize) {
    this.#setting = setting;
    this.#size = size;
    this.#room = startsWith(setting.lab.definition);
  }

  /** Resolves when every process, the sandbox and its network are gone, or can’t be made to go. */
  get over(): Promise<SessionOver> {
    return this.#over.promise;
  }

  /** Whether it is at its end, or about to be. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Since when nothing has happened in it, by performance.now(), if it may be ended for that. */
  get yieldsSince(): number | undefined {
    return this.#idle?.yieldsSince;
  }

  get #lab(): Lab {
    return this.#setting.lab.definition;
  }

  /** Of a checker, or what measures, no call is told: it is not what the lab is about. */
  get #hasTimeline(): boolean {
    return this.#lab.timeline && this.#runsItself;
  }

  /** Whether the lab’s programs are run as they are, and nobody checks or measures them. */
  get #runsItself(): boolean {
    return this.#setting.check === undefined && !this.#lab.measures;
  }

  /** Nobody looks at a session that ends: whatever came now would be sent for nothing. */
  readonly #passing = (message: Unnumbered<ServerMessage>): boolean =>
    this.#ending || this.#setting.outbox.passing(message);

  /** Whether the reader can see the lab. It may be said while the session waits for its place. */
  watch(watched: boolean): void {
    this.#isWatched = watched;
    if (!this.#ending) this.#kernel?.watch(watched);
  }

  /** Takes programs of the reader’s own, to be run in place of the lab’s. Before it is started. */
  useEdits(edits: readonly CheckedEdit[]): void {
    this.#edits = edits;
    this.#edited = new Set(edits.map(({ file }) => file));
  }

  /** Opens the sandbox, starts the lab’s programs and then its clients. Never rejects. */
  async start(): Promise<void> {
    const { hold, id, isolation, lab, outbox, runtime, server, timeLimit, token, version } =
      this.#setting;
    this.#begun = true;
    this.#began = performance.now();
    this.#clock = Date.now() - this.#began;
    if (this.#hasTimeline) {
      const { gauges } = this.#setting;
      this.#kernel = new KernelTeller(this.#lab.server.port, gauges, this.#passing);
      this.#kernel.watch(this.#isWatched);
    }
    this.#idle = this.#watchIdle();
    this.#timer = setTimeout(() => {
      void this.end({ kind: 'time-limit', seconds: timeLimit });
    }, timeLimit * 1000);
    outbox.message({
      type: 'welcome',
      version,
      session: id,
      token,
      server,
      isolation: isolation.name,
      seconds: timeLimit,
      hold,
    });
    try {
      runtime.addLab(this.#lab, lab.folder);
      this.#sandbox = this.#takeWarm() ?? (await this.#open());
      this.#folder = this.#sandbox.show(this.#lab.id, this.#edits);
      this.#edits = [];
      this.#sandbox.budget?.report({
        over: (overrun) => void this.end({ kind: 'budget', ...overrun }),
        full: (most) =>
          this.tell(
            `This run could not start another process or thread: it has ${most}, the most that it may have.`,
          ),
      });
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#opened.resolve();
    }
    try {
      if (this.#setting.check !== undefined) {
        this.#startCheck(this.#setting.check);
      } else if (this.#lab.measures) {
        this.#startMeasurement();
      } else {
        await this.#startPrograms();
        await this.#startClients();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      void this.#dismiss();
    }
  }

  #takeWarm(): Sandbox | undefined {
    const warm = this.#setting.stock.take();
    if (!warm) return undefined;
    this.#warm = warm;
    this.#warmLimit = setTimeout(() => void this.#dismiss(), WARM_LIMIT);
    this.#user = warm.user;
    return warm.sandbox;
  }

  #open(): Promise<Sandbox> {
    const { isolation, users } = this.#setting;
    this.#user = users.take();
    return isolation.open(this.#user);
  }

  /** Ends what still waits in a sandbox from stock. */
  async #dismiss(): Promise<void> {
    clearTimeout(this.#warmLimit);
    try {
      await this.#warm?.dismiss();
    } catch (error) {
      this.#setting.mistake(error);
    }
  }

  /**
   * Connects a client.
   * @returns why not, in words for the reader, or undefined
   */
  connect(name: string | undefined, size: TerminalSize): string | undefined {
    if (this.#ending) return undefined;
    if (this.#lab.measures) return 'A measurement brings its own clients.';
    if (!this.#ready) return 'The server program is not listening yet.';
    const taken = this.#names('client');
    const chosen = name ?? this.#freeName(taken);
    if (chosen === undefined || taken.size >= MAX_CLIENTS) {
      return `A run has room for ${MAX_CLIENTS} clients.`;
    }
    if (taken.has(chosen)) return `${chosen} is connected already.`;
    return (
      this.#takeStart() ??
      this.#makeRoom({ programs: 0, clients: 1 }) ??
      this.#complaint(() => this.#startClient(chosen, size))
    );
  }

  /**
   * Starts a program that starts on demand.
   * @returns why not, in words for the reader, or undefined
   */
  launch(name: string, way: string | undefined, size: TerminalSize): string | undefined {
    if (this.#ending) return undefined;
    if (!this.#ready) return 'The server program is not listening yet.';
    const program = this.#lab.programs.find((each) => each.name === name);
    if (program?.starts !== 'on-demand') return `There is no program “${name}” to start.`;
    if (this.#names('program').has(name)) return `${name} is running already.`;
    return (
      this.#takeStart() ??
      this.#makeRoom({ programs: 1, clients: 0 }) ??
      this.#complaint(() => this.#startProgram(name, 'program', program, way, size))
    );
  }

  /**
   * Sends a crowd, makes the one that is there larger or smaller, or sends it away: a count of 0.
   * @returns why not, in words for the reader, or undefined
   */
  crowd({ count, talks }: CrowdOrder): string | undefined {
    if (this.#ending) return undefined;
    if (!this.#lab.crowd) return 'This lab has no crowd.';
    if (!this.#ready) return 'The server program is not listening yet.';
    const order = { count, talks };
    const crowd = this.#crowd;
    if (crowd?.isLeaving) return 'The crowd is still leaving. Try again in a second.';
    if (crowd) {
      const now = performance.now();
      if (this.#orders.overdrawn(now) > 0) {
        return 'The crowd has had too many orders in a short time. Try again in a second.';
      }
      this.#orders.use(1, now);
      // One that has not read what it was told so far hears nothing more.
      if (!crowd.process.write(Buffer.from(crowdOrderLine(order)))) {
        return 'The crowd is busy. Try again in a second.';
      }
      crowd.isLeaving = count === 0;
      crowd.asked = Math.max(crowd.asked, count);
      this.#idle?.happened();
      return undefined;
    }
    if (count === 0) return undefined;
    return (
      this.#takeStart() ??
      this.#makeRoom({ programs: 0, clients: 0, crowd: true }) ??
      this.#complaint(() => this.#startCrowd(order))
    );
  }

  /**
   * Types into a process’s terminal. Input for a process that has ended is no error: it was typed
   * before the page knew.
   * @returns why not, in words for the reader, or undefined
   */
  input(process: number, bytes: Uint8Array): string | undefined {
    const running = this.#running.get(process);
    if (!running || bytes.length === 0) return undefined;
    if (running.process.write(bytes)) {
      this.#idle?.happened();
      return undefined;
    }
    const most = MAX_PENDING_INPUT / 1024;
    return `Too much at once: ${most} KB may wait for ${running.name} to read, and the rest was dropped.`;
  }

  /** Resizes a process’s terminal. */
  resize(process: number, size: TerminalSize): void {
    this.#running.get(process)?.process.resize(size);
  }

  /** The page fell behind, or caught up. */
  pressure(full: boolean): void {
    this.#pressed = full;
    this.#hold();
  }

  /** Has the programs wait with what they print, or not. */
  #hold(): void {
    // What has been killed is read to its end, or it would never be over.
    if (this.#ending) return;
    for (const { process } of this.#running.values()) {
      if (this.#waits) process.pause();
      else process.resume();
    }
  }

  get #waits(): boolean {
    return this.#pressed || this.#pace !== undefined;
  }

  /**
   * Ends the session; the first reason counts. Resolves as {@link over} does, whatever goes wrong on the
   * way: a session that is never over would keep its place for good.
   */
  async end(reason: SessionEnd): Promise<SessionOver> {
    if (this.#ending) return this.over;
    this.#ending = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#pace);
    this.#idle?.close();
    this.#kernel?.close();
    const { mistake, outbox, users } = this.#setting;
    if (!this.#begun) this.#opened.resolve();
    await this.#opened.promise;
    this.#sandbox?.budget?.letGo();
    this.#edits = [];
    this.#killAll();
    const dismissed = within(END_LIMIT, this.#dismiss());
    await this.#allGone();
    let clean = await dismissed;
    try {
      // Whatever is still there in its namespaces goes with the sandbox.
      clean = (await within(END_LIMIT, this.#sandbox?.close())) && clean;
    } catch (error) {
      // Nobody knows what of it is left.
      clean = false;
      mistake(error);
    }
    outbox.message({ type: 'session-ended', end: reason });
    clean &&= this.#running.size === 0;
    users.release(this.#user, clean);
    this.#over.resolve({ end: reason, clean, user: this.#user });
    return this.over;
  }

  /** Counts what a reader has started, so that what ends at once is not started again and again. */
  #takeStart(): string | undefined {
    const now = performance.now();
    if (this.#starts.overdrawn(now) > 0) {
      return 'Too many were started in a short time. Try again in a second.';
    }
    this.#starts.use(1, now);
    return undefined;
  }

  /** Sets memory aside for what is about to start, unless as much has run before. */
  #makeRoom(more: Running): string | undefined {
    const running = [...this.#running.values()];
    const clients = running.filter(({ role }) => role === 'client').length;
    const programs = running.filter(({ role }) => role === 'server' || role === 'program').length;
    const wanted: Running = {
      programs: Math.max(this.#room.programs, programs + more.programs),
      clients: Math.max(this.#room.clients, clients + more.clients),
      crowd: this.#room.crowd === true || more.crowd === true,
    };
    const bytes = memoryFor(wanted) - memoryFor(this.#room);
    const none = bytes === 0 ? undefined : this.#setting.moreMemory(bytes);
    if (none === undefined) this.#room = wanted;
    return none;
  }

  #watchIdle(): IdleWatch | undefined {
    const { idle, outbox } = this.#setting;
    if (idle === 0) return undefined;
    return new IdleWatch({
      after: idle * 1000,
      work: () =>
        processorTime([...this.#running.values()].flatMap(({ process: { pid } }) => pid ?? [])),
      changed: (isIdle) => {
        if (!this.#ending) outbox.message({ type: 'idle', idle: isIdle, seconds: idle });
      },
    });
  }

  /** One process that can’t be killed keeps none of the others alive; it is tried once more itself. */
  #killAll(): void {
    const left = [...this.#running.values()].filter((each) => !this.#kill(each));
    for (const each of left) this.#kill(each);
  }

  #kill({ process }: RunningProcess): boolean {
    try {
      process.kill();
      return true;
    } catch (error) {
      this.#setting.mistake(error);
      return false;
    }
  }

  async #allGone(): Promise<void> {
    if (this.#running.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#allEnded = resolve;
    const limit = setTimeout(resolve, END_LIMIT);
    await promise;
    clearTimeout(limit);
  }

  #fail(error: unknown): void {
    void this.end({ kind: 'failed', message: this.#explain(error) });
  }

  /** Does what a reader asked for. Only then has something happened: a refusal keeps no place. @returns why not */
  #complaint(act: () => void): string | undefined {
    try {
      act();
    } catch (error) {
      return this.#explain(error);
    }
    this.#idle?.happened();
    return undefined;
  }

  /** What a reader is told of something that the computer would not do; the operator is told all of it. */
  #explain(error: unknown): string {
    // It is about a program, and for its author.
    if (error instanceof SyntaxMistake) return error.message;
    this.#trouble(messageOf(error));
    return TROUBLE;
  }

  #trouble(message: string): void {
    if (this.#troubles++ < MOST_TROUBLES) this.#setting.trouble(message);
  }

  #names(role: Role): Set<string> {
    const running = [...this.#running.values()].filter((each) => each.role === role);
    return new Set(running.map(({ name }) => name));
  }

  /** Those of the lab come first, then the usual ones. */
  #freeName(taken: ReadonlySet<string>): string | undefined {
    const names = [...this.#lab.clients.map(({ name }) => name), ...CLIENT_NAMES];
    return names.find((name) => !taken.has(name));
  }

  async #startPrograms(): Promise<void> {
    const { id: session, log, outbox, way } = this.#setting;
    const { programs, server } = this.#lab;
    for (const program of programs.filter(({ starts }) => starts === 'before')) {
      await this.#whenReady(program.name, 'program', program, program.ready);
    }
    const id = this.#nextProcess;
    const ready = this.#whenReady('server', 'server', server, server.ready);
    await ready;
    for (const program of programs.filter(({ starts }) => starts === 'with')) {
      // What runs together runs in the same way.
      const same = program.ways?.find((each) => each.name === way);
      await this.#whenReady(program.name, 'program', program, program.ready, same?.name);
    }
    if (this.#ending || !this.#running.has(id)) return;
    this.#ready = true;
    outbox.message({ type: 'ready', process: id });
    log.write({
      ...{ event: 'run-ready', session, lab: this.#lab.id },
      ...{ firstByteMs: this.#firstByte, ms: this.#age() },
    });
  }

  /** Starts what checks the server program instead of it: clients and further programs are its own. */
  #startCheck(seed: number | null): void {
    if (this.#ending) return;
    const request = checkRequest(this.#lab, this.#setting.runtime, this.#folder, seed);
    this.#startProcess('server', 'server', this.#size, request, undefined);
  }

  /** Starts what measures the server program, and others: their clients are its own. */
  #startMeasurement(): void {
    const sandbox = this.#sandbox;
    if (this.#ending || !sandbox) return;
    const { beside = [], measure, outbox, runtime } = this.#setting;
    const others = beside.map(({ definition, folder }) => {
      runtime.addLab(definition, folder);
      return { lab: definition, folder: sandbox.show(definition.id, []) };
    });
    const request = measureRequest(
      this.#lab,
      runtime,
      this.#folder,
      others,
      measure,
      sandbox.countsApart,
    );
    const process = this.#nextProcess;
    this.#startProcess('server', 'server', this.#size, request, undefined);
    outbox.message({ type: 'ready', process });
  }

  /** Starts a program; resolves when it has said that it is ready, or has ended. */
  #whenReady(
    name: string,
    role: Role,
    program: LabProgram,
    ready: string | undefined,
    way = role === 'server' ? this.#setting.way : undefined,
  ): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ending) {
        resolve();
        return;
      }
      const watch =
        ready === undefined
          ? undefined
          : awaitReady(
              {
                ...{ name, file: program.program, text: ready },
                // What the book’s own programs say is right, or for their author to know.
                listens: this.#edited.has(program.program)
                  ? () => this.#listens(name, role)
                  : undefined,
              },
              resolve,
              this.tell,
              this.#listening,
            );
      this.#startProgram(name, role, program, way, this.#size, watch);
      if (!watch) resolve();
    });
  }

  /** One after another, so that they are accepted in the order in which the lab names them. */
  async #startClients(): Promise<void> {
    for (const { name, address, later } of this.#lab.clients) {
      if (later || !this.#ready || this.#ending) continue;
      await new Promise<void>((resolve) => {
        const grace = setTimeout(resolve, CONNECT_GRACE);
        const over = (): void => {
          clearTimeout(grace);
          resolve();
        };
        const host = address.includes(':') ? `[${address}]` : address;
        const where = `${host}:${this.#lab.server.port}`;
        const watch = awaitConnection(name, where, over, this.tell, this.#listening);
        this.#startClient(name, this.#size, watch);
      });
    }
  }

  /** Its feed is a pipe as that of any client, and so is its share of what may be heard. */
  #startCrowd(order: CrowdOrder): void {
    if (!this.#sandbox) throw new Error('the sandbox is not open');
    const id = this.#nextProcess++;
    const { outbox } = this.#setting;
    const request = crowdRequest(this.#lab, this.#setting.runtime);
    const launch = { ...this.#sandbox.launch(request), editing: editingOf('client') };
    const process = new TerminalProcess(launch, DEFAULT_SIZE, {
      // Nothing, unless Node itself complains; and then its end says enough.
      output: () => {},
      feed: {
        hearing: this.#hearingClients,
        takes: () => true,
        line: (line) => {
          const record = this.#ending ? undefined : readCrowdRecord(line);
          if (!record) return;
          const { state, tally } = record;
          crowd.kept = Math.max(crowd.kept, state.connected);
          this.#served?.answered(tally);
          outbox.passing({ type: 'crowd', state });
        },
        tooLong: () => {},
        dropped: () => {},
        skipped: () => {},
        closed: () => {},
      },
      end: (end) => this.#crowdEnded(id, end),
    });
    const crowd: Crowd = { process, isLeaving: false, asked: order.count, kept: 0 };
    this.#crowd = crowd;
    this.#running.set(id, { name: 'crowd', role: 'crowd', process });
    process.write(Buffer.from(crowdOrderLine(order)));
  }

  #crowdEnded(id: number, end: ProcessEnd): void {
    const { isLeaving: wasSentAway = false, asked = 0, kept = 0 } = this.#crowd ?? {};
    this.#crowd = undefined;
    const { id: session, log } = this.#setting;
    log.write({ event: 'crowd', session, lab: this.#lab.id, asked, kept });
    this.#gone(id, end);
    // Of a run that is over the page keeps what it was told last.
    if (this.#ending) return;
    this.#setting.outbox.message({ type: 'crowd', state: null });
    if (wasSentAway) return;
    this.tell('The crowd has ended: its process could not go on.');
    this.#trouble(`the crowd of ${this.#lab.id} ended: ${JSON.stringify(end)}`);
  }

  #startClient(name: string, size: TerminalSize, watch?: Watch): void {
    const request = clientRequest(this.#lab, this.#setting.runtime, name);
    this.#startProcess(name, 'client', size, request, watch);
  }

  #startProgram(
    name: string,
    role: Role,
    program: LabProgram,
    way: string | undefined,
    size: TerminalSize,
    watch?: Watch,
  ): void {
    const { ioUring, runtime } = this.#setting;
    const edited = this.#edited;
    const ring = ringPermission(program, way, { ioUring, edited });
    const granted = ring === 'granted';
    const request = programRequest(this.#lab, runtime, program, this.#folder, way, edited, granted);
    this.#startProcess(name, role, size, request, watch);
    if (typeof ring === 'object') this.#withoutRing(name, ring.why);
  }

  #withoutRing(name: string, why: string): void {
    this.tell(`The ${name} runs on epoll: ${why}.`);
  }

  #startProcess(
    name: string,
    role: Role,
    size: TerminalSize,
    request: LaunchRequest,
    watch: Watch | undefined,
  ): void {
    if (!this.#sandbox) throw new Error('the sandbox is not open');
    const id = this.#nextProcess++;
    const { id: session, log, outbox } = this.#setting;
    let instruments: Instruments | undefined;
    const timeline = this.#timeline(id, role);
    const ring = request.completes
      ? new RingWatch((why) => this.#withoutRing(name, why))
      : undefined;
    const events: TerminalProcessEvents = {
      output: (bytes) => {
        this.#output(id, bytes);
        watch?.printed?.(bytes);
      },
      feed: {
        hearing: role === 'client' ? this.#hearingClients : this.#hearing,
        takes: (bytes) => {
          // A client of ours tells where it is connected, and of nothing else.
          if (role === 'client') return true;
          this.#traced += bytes;
          return this.#traced <= MOST_TRACE;
        },
        line: (line) => {
          if (this.#ending) return;
          if (this.#setting.check !== undefined) {
            const record = readCheckRecord(line);
            if (record) outbox.message({ type: 'checked', record });
            return;
          }
          if (this.#lab.measures) {
            this.#measured(line);
            return;
          }
          const item = readFeed(line);
          if (!item) {
            // Something was told, and nobody can say what. A client of ours makes no calls that are.
            if (role !== 'client') timeline?.lose(1);
            return;
          }
          timeline?.take(item);
          if (role !== 'client') {
            instruments?.take(item);
            ring?.take(item);
            if (item.kind === 'untraced' && request.traced) this.#untraced(name, item.why);
            this.#listensWith(id, item);
          } else if (item.kind === 'client') {
            outbox.message({ type: 'client', process: id, state: item.state });
            watch?.connected?.();
          }
        },
        dropped: () => {
          this.tell(`${name} makes more calls than can be shown. Some are left out.`);
          log.write({ event: 'feed-cut', session, program: name });
        },
        tooLong: () => timeline?.lose(1),
        skipped: (bytes) => {
          timeline?.lose(Math.ceil(bytes / CALL_SIZE));
          instruments?.lose();
        },
        closed: () => {
          this.tell(
            `This run has made more calls than can be shown, so further calls of ${name} are left out.`,
          );
          log.write({ event: 'feed-cut', session, program: name });
        },
      },
      end: (end) => {
        const tellEnd = (): void => {
          timeline?.close();
          this.#processEnded(id, end);
          instruments?.close();
        };
        // What the watch says comes before the end does: whoever waits is then told both at once.
        const said = watch?.ended();
        if (said) void said.then(tellEnd);
        else tellEnd();
      },
    };
    const process =
      this.#warm?.run(request, size, events) ??
      new TerminalProcess(
        { ...this.#sandbox.launch(request), editing: editingOf(role) },
        size,
        events,
      );
    if (role !== 'client' && this.#runsItself && process.pid !== undefined) {
      instruments = new Instruments(this.#lab, id, process.pid, this.#setting.gauges, {
        passing: this.#passing,
        clientOf: (place) => this.#kernel?.clientOf(id, place),
      });
    }
    if (role === 'server') this.#served = instruments;
    if (process.pid !== undefined) this.#kernel?.started(id, name, role, process.pid);
    if (this.#waits) process.pause();
    this.#running.set(id, { name, role, process });
    outbox.message({ type: 'started', process: id, name, role });
  }

  /** A page that has fallen behind is told how a measurement goes again in a moment; what it has found counts. */
  #measured(line: string): void {
    const record = readMeasureRecord(line);
    if (!record) return;
    this.#idle?.happened();
    const { outbox } = this.#setting;
    const message = { type: 'measured', record } as const;
    if (record.state === 'served' && !record.final) outbox.passing(message);
    else outbox.message(message);
  }

  #timeline(process: number, role: Role): TimelineTeller | undefined {
    if (!this.#hasTimeline) return undefined;
    const { outbox } = this.#setting;
    return new TimelineTeller({
      ...{ process, tells: role === 'client' ? 'lines' : 'calls', told: this.#told },
      began: this.#clock + this.#began,
      now: () => this.#clock + performance.now(),
      send: (message) => this.#ending || outbox.spare(message),
    });
  }

  /** A program says where it listens, and how many may wait there: the arguments of listen(2). */
  #listensWith(process: number, item: FeedItem): void {
    if (item.kind !== 'entered' || item.name !== 'listen') return;
    const [, fd, backlog] = /^(\d{1,10}), (-?\d{1,10})$/.exec(item.args) ?? [];
    if (fd === undefined || backlog === undefined) return;
    this.#kernel?.listens(process, item.pid, Number(fd), Number(backlog));
  }

  #untraced(name: string, why: string): void {
    this.tell(
      `This computer does not let one program trace another (ptrace: ${why}). ${name} runs all the same, but its calls can’t be shown.`,
    );
  }

  /** Tells the reader something; the session goes on. */
  readonly tell = (message: string): void => {
    if (!this.#ending) this.#setting.outbox.message({ type: 'error', message });
  };

  /** Where a program listens, once it does: the server program on the lab’s port, any other anywhere. */
  async #listens(name: string, role: Role): Promise<string | undefined> {
    const running = [...this.#running.values()].find((each) => each.name === name);
    const pid = running?.process.pid;
    const found = pid === undefined ? [] : await this.#setting.gauges.listeners([pid]);
    const port = `:${this.#lab.server.port}`;
    return found[0]?.find((address) => role !== 'server' || address.endsWith(port));
  }

  /** Where the programs of this run listen, in a sentence. */
  readonly #listening = async (): Promise<string> => {
    const programs = [...this.#running.values()].flatMap(({ name, role, process: { pid } }) =>
      role === 'client' || role === 'crowd' || pid === undefined ? [] : [{ name, pid }],
    );
    const found = await this.#setting.gauges.listeners(programs.map(({ pid }) => pid));
    return listenText(new Map(programs.map(({ name }, index) => [name, found[index] ?? []])));
  };

  #output(id: number, bytes: Buffer): void {
    const { outbox, outputLimit } = this.#setting;
    if (this.#ending) return;
    this.#firstByte ??= this.#age();
    this.#idle?.happened();
    this.#printed += bytes.length;
    outbox.output(id, bytes);
    if (this.#printed > outputLimit) {
      void this.end({ kind: 'output-limit', bytes: outputLimit });
      return;
    }
    const now = performance.now();
    this.#prints.use(bytes.length + FRAME, now);
    const wait = this.#prints.overdrawn(now);
    if (wait === 0 || this.#pace !== undefined) return;
    this.#pace = setTimeout(() => {
      this.#pace = undefined;
      this.#hold();
    }, wait);
    this.#hold();
  }

  /** How long it has been going on, in whole milliseconds. */
  #age(): number {
    return Math.round(performance.now() - this.#began);
  }

  #processEnded(id: number, end: ProcessEnd): void {
    const ended = this.#running.get(id);
    this.#setting.outbox.message({ type: 'ended', process: id, end });
    this.#gone(id, end);
    if (ended?.role === 'server') this.#finish({ kind: 'finished', end });
  }

  /** A process is gone, and perhaps because the run had more than its budget. */
  #gone(id: number, end: ProcessEnd): void {
    this.#running.delete(id);
    this.#kernel?.ended(id);
    if (this.#running.size === 0) this.#allEnded?.();
    if (end.kind === 'failed') this.#trouble(end.message);
    const killed = end.kind === 'signaled' && end.signal === 'SIGKILL';
    const over = killed ? this.#sandbox?.budget?.look() : undefined;
    if (over) void this.end({ kind: 'budget', ...over });
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
