/** Where WebSockets come in: who may, what they say, and which session hears it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Lab } from '../../lab/definition.ts';
import { editableFiles, editProblem } from '../../lab/edits.ts';
import { noSuchLab } from '../../lab/folder.ts';
import { isOffered } from '../../lab/measures.ts';
import type { Capacity } from '../capacity.ts';
import { clientAddress, readerOf, unnamedProxy } from '../client-address.ts';
import type { Config } from '../config.ts';
import type { EditChecker } from '../edits/edit-checker.ts';
import { whyNoEdits } from '../edits/permission.ts';
import type { GaugeReader } from '../instruments/gauge-reader.ts';
import type { Isolation } from '../isolation/isolation.ts';
import type { SandboxUsers } from '../isolation/users.ts';
import { importableIn, type LoadedLab } from '../labs.ts';
import type { LastResort } from '../last-resort.ts';
import type { Log, Refusal } from '../log.ts';
import { memoryFor, memoryForCheck, memoryForMeasurement, startsWith } from '../memory-plan.ts';
import { Admission, type Applicant, type Rank } from './admission.ts';
import { originAllowed } from './origin.ts';
import type { Outbox } from './outbox.ts';
import { newToken, PageLink, type LinkSocket } from './page-link.ts';
import {
  askedBy,
  HEARTBEAT,
  MAX_START_FRAME,
  PROTOCOL_VERSION,
  SESSION_PATH,
  sizeOfText,
  type Asked,
  type Door,
  type DoorRefusal,
  type Edit,
  type SessionEnd,
} from '../../protocol/messages.ts';
import { Readers } from './readers.ts';
import type { Runtime } from '../runtime.ts';
import {
  SessionSocket,
  type LinkedSession,
  type ResumeMessage,
  type Sessions,
  type StartMessage,
} from './session-socket.ts';
import { Session, type SessionOver } from './session.ts';
import type { Stock } from './stock.ts';
import type { WarmSandbox } from './warm-sandbox.ts';

/** Frames up to here get an answer when they are too large; beyond it ws closes with code 1009. */
const MAX_PAYLOAD = MAX_START_FRAME;
/** A page of ours sends a message in one piece; what lies between may cut it, but not to crumbs. */
const MAX_FRAGMENTS = 64;
/** How long a page may take to answer that a WebSocket is closed, in milliseconds. */
const CLOSE_LIMIT = 5000;
/** WebSockets beyond those of runs and of the queue that may be open, each on its way to one of these. */
const SPARE_SOCKETS = 64;
/** How long one who was turned away may take to read why, in milliseconds. */
const REFUSAL_LIMIT = 2000;
/**
 * Bytes that programs of readers may have in all, from when they are sent until their runs begin. They are
 * in memory: those that are being checked, and those of runs that wait for a place.
 */
const MOST_EDIT_BYTES = 32 * 1024 * 1024;
/** The most sessions that are over and whose last words wait for a page that is away. */
const MOST_LAST_WORDS = 16;

/** What those are told who want to begin a run while the server drains. */
const RESTARTING: SessionEnd = { kind: 'no-room', message: 'the server is being restarted' };

/** What is answered instead of a WebSocket. */
const REFUSALS: Readonly<Record<DoorRefusal, { status: number; text: string }>> = {
  origin: { status: 403, text: 'This origin is not allowed: see READABLE_HOSTS in the README.' },
  sockets: { status: 503, text: 'No room now.' },
  'reader-sockets': { status: 429, text: 'Too many WebSockets are open from this address.' },
  draining: { status: 503, text: 'The server is shutting down.' },
};
/** Told to a reader for whose own programs there is no memory. */
const TOO_MANY_EDITS = 'Other readers’ programs are waiting to run.';
/** Told to a balancer, which asks the next server, or to a page, which then takes what it can get. */
const NO_PLACE = 'No place is free right now.';

/** For runs that want another sandbox than those in stock. */
const NO_STOCK = { take: () => undefined };

/** What the gateway works with. */
export interface GatewaySetting {
  readonly config: Config;
  readonly labs: ReadonlyMap<string, LoadedLab>;
  readonly isolation: Isolation;
  /** The same, with more memory, for measurements. */
  readonly measuring: Isolation;
  readonly users: SandboxUsers;
  readonly stock: Stock<WarmSandbox>;
  readonly runtime: Runtime;
  readonly capacity: Capacity;
  readonly checker: EditChecker;
  readonly gauges: GaugeReader;
  readonly lastResort: LastResort;
  readonly log: Log;
}

/** A run that is refused: what the reader is told, and what the operator is. */
interface Refused {
  readonly end: SessionEnd;
  readonly why: Refusal;
}

/**
 * What a request’s target asks for, if it is a path of sessions. It can be anything, so it is no URL to
 * parse.
 * @param base what the site is served below
 */
export function askedSession(
  { url = '' }: Pick<IncomingMessage, 'url'>,
  base: string,
): Asked | undefined {
  const [path = ''] = url.split('?', 1);
  return path.startsWith(base) ? askedBy(path.slice(base.length - 1)) : undefined;
}

function sessionPath(base: string): string {
  return base.slice(0, -1) + SESSION_PATH;
}

/**
 * Whether a request wants to become a WebSocket. One that wants another protocol is answered like any
 * other request: RFC 9110, 7.8, lets a server ignore the field.
 */
export function asksForWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Accepts WebSockets, runs their sessions, and keeps these for pages that come back. */
export class Gateway {
  readonly #setting: GatewaySetting;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD,
    perMessageDeflate: false,
    // @types/ws does not know these options of ws yet.
    ...{ maxFragments: MAX_FRAGMENTS, closeTimeout: CLOSE_LIMIT },
    clientTracking: true,
  });
  readonly #sockets = new Set<SessionSocket>();
  /** Those that run. */
  readonly #sessions = new Set<Session>();
  /** Those that have not begun: they wait for a place, or their readers’ programs are being read before. */
  readonly #waiting = new Set<Session>();
  readonly #admission: Admission;
  readonly #readers: Readers;
  /** The sessions that a page may come back to, by their tokens. */
  readonly #linked = new Map<string, LinkedSession>();
  /** Those among them that are over. */
  readonly #lastWords = new Set<PageLink>();
  /** WebSockets that were opened because a place was free, and have not asked for it yet, and their readers. */
  readonly #promised = new Map<SessionSocket, string>();
  readonly #refused = new Set<Duplex>();
  readonly #beats: NodeJS.Timeout;
  /** What programs of readers are kept here, in bytes. */
  #editBytes = 0;
  #closing = false;
  #draining = false;
  /** Whether the operator has been told of a proxy that they may have forgotten. */
  #warned = false;

  constructor(setting: GatewaySetting) {
    this.#setting = setting;
    const { capacity, config } = setting;
    this.#admission = new Admission(capacity, config.queue, config.timeLimit * 1000);
    this.#readers = new Readers(config.perReader);
    this.#beats = setInterval(() => {
      for (const socket of this.#sockets) socket.beat();
    }, HEARTBEAT).unref();
  }

  /** Handles an HTTP upgrade; answers with 4xx what is not a session of one of our own pages. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { config, lastResort, log } = this.#setting;
    const address = clientAddress(request, config.proxies);
    const refuse = (status: number, why: Refusal, text: string, detail?: string): void => {
      log.write({ event: 'refused', why, address, detail });
      this.#refuse(socket, status, text);
    };
    try {
      this.#warnOfProxy(request);
      const asked = askedSession(request, config.base);
      const refuses = this.#refuses(request.headers, address, asked);
      if (!asked) {
        refuse(404, 'path', `WebSockets are at ${sessionPath(config.base)}.`);
      } else if (refuses) {
        const { status, text } = REFUSALS[refuses];
        refuse(status, refuses, text, refuses === 'origin' ? originOf(request) : undefined);
      } else if (asked.kind === 'place' && !this.#mayPromise(address)) {
        // Nobody is turned away yet, so that it is no refusal to log: the page asks again.
        this.#refuse(socket, 503, NO_PLACE);
      } else {
        this.#server.handleUpgrade(request, socket, head, (webSocket) => {
          const sessions: Sessions = {
            start: (...said) => {
              this.#promised.delete(opened);
              return this.#start(address, ...said);
            },
            resume: (...said) => {
              // It has a place already.
              this.#promised.delete(opened);
              return this.#resume(...said);
            },
          };
          const opened = new SessionSocket(webSocket, sessions, lastResort);
          this.#sockets.add(opened);
          const closed = this.#readers.opened(address);
          if (asked.kind === 'place') this.#promised.set(opened, readerOf(address));
          webSocket.on('close', () => {
            this.#sockets.delete(opened);
            this.#promised.delete(opened);
            closed();
          });
        });
      }
    } catch (error) {
      socket.destroy();
      lastResort.take(error);
    }
  }

  /**
   * Answers a plain request for {@link SESSION_PATH}: a page asks why its WebSocket did not open, or whether
   * a program of the reader’s would run. Its browser sends no `Origin` with it, so the page says that itself.
   * Whoever doesn’t say it wanted a WebSocket, and gets 426, Upgrade Required.
   */
  answer(request: IncomingMessage, response: ServerResponse): void {
    const said = new URLSearchParams(request.url?.split('?')[1]).get('origin');
    const isQuestion = request.method === 'GET' && said !== null;
    const origin = said ?? '';
    const { base, proxies } = this.#setting.config;
    const address = clientAddress(request, proxies);
    const asked = askedSession(request, base);
    const refuses = this.#refuses({ ...request.headers, origin }, address, asked);
    const most = refuses === 'reader-sockets' ? this.#readers.mostSockets : undefined;
    const door: Door = { refuses, most, edits: this.#noEdits ?? null };
    response.writeHead(isQuestion ? 200 : 426, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...(isQuestion ? {} : { Upgrade: 'websocket', Connection: 'Upgrade' }),
    });
    response.end(JSON.stringify(door));
  }

  /** WebSockets that are open. */
  get sockets(): number {
    return this.#server.clients.size;
  }

  /** How many sessions could begin now. Whoever is there and waits in line comes first. */
  get freePlaces(): number {
    return this.draining || this.#admission.promised ? 0 : this.#setting.capacity.free;
  }

  /** Whether new sessions are refused because the server is about to end. */
  get draining(): boolean {
    return this.#draining || this.#closing;
  }

  /** How many sessions have not begun: they wait for a place, or their readers’ programs are being read before. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Starts no further session, ends those that have not begun, and tells the readers of those that run.
   * @param seconds how long they may still run, which is for the caller to see to
   * @returns how many run, and what resolves when none does any more
   */
  drain(seconds: number): { readonly runs: number; readonly over: Promise<unknown> } {
    this.#draining = true;
    for (const session of this.#waiting) void session.end(RESTARTING);
    const left = seconds === 1 ? '1 second' : `${seconds} seconds`;
    for (const session of this.#sessions) {
      session.tell(`The server is being restarted: this run ends in ${left}.`);
    }
    const over = Promise.all([...this.#sessions].map((session) => session.over));
    return { runs: this.#sessions.size, over };
  }

  /** Ends every session and WebSocket; resolves when all are gone. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#beats);
    this.#admission.close();
    const sessions = [...this.#waiting, ...this.#sessions];
    await Promise.all(sessions.map((session) => session.end({ kind: 'shutdown' })));
    for (const { link } of this.#linked.values()) link.forget();
    for (const socket of this.#server.clients) socket.terminate();
    for (const socket of this.#refused) socket.destroy();
  }

  /** Why no WebSocket is opened to a page of this origin, which names the server so. */
  #refuses(
    headers: IncomingMessage['headers'],
    address: string,
    asked: Asked | undefined,
  ): Door['refuses'] {
    const { capacity, config } = this.#setting;
    if (!originAllowed({ headers }, config.hosts, config.host)) return 'origin';
    if (this.#closing) return 'draining';
    // Its sessions are come back to by its name. Whoever asks for any server is for another.
    const named = config.name !== undefined;
    if (this.#draining && named && asked?.kind !== 'server') return 'draining';
    if (!this.#readers.mayOpen(address)) return 'reader-sockets';
    const most = capacity.size + config.queue + SPARE_SOCKETS;
    return this.#server.clients.size >= most ? 'sockets' : null;
  }

  /** Whether a place is free that nobody has been promised. No reader is promised more than they may have. */
  #mayPromise(address: string): boolean {
    const reader = readerOf(address);
    const own = [...this.#promised.values()].filter((each) => each === reader).length;
    return this.#promised.size < this.freePlaces && own < this.#readers.runsLeft(address);
  }

  /** The lab that is asked for, or why it is not run. */
  #find(message: StartMessage): Refused | LoadedLab {
    const refused = (why: Refusal, text: string): Refused => ({
      end: { kind: 'refused', message: text },
      why,
    });
    if (this.#closing) return { end: { kind: 'shutdown' }, why: 'draining' };
    if (this.#draining) return { end: RESTARTING, why: 'draining' };
    if (message.version !== PROTOCOL_VERSION) {
      return refused('version', 'This page is from another version of the server. Reload it.');
    }
    const lab = this.#setting.labs.get(message.lab);
    if (!lab) return refused('lab', noSuchLab(message.lab));
    const ways = lab.definition.server.ways?.map(({ name }) => name) ?? [];
    if (message.way !== undefined && !ways.includes(message.way)) {
      return refused('lab', `There is no way “${message.way}” to run this lab.`);
    }
    if (message.check !== undefined && !lab.definition.exercise) {
      return refused('lab', 'This lab is no exercise, so there is nothing to check.');
    }
    if (message.measure !== undefined) {
      if (!lab.definition.measures) {
        return refused('lab', 'This lab is no measurement, so there is nothing to measure.');
      }
      if (!isOffered(message.measure)) {
        return refused(
          'lab',
          'This lab measures no such number of clients, or of clients that talk.',
        );
      }
    }
    const { edits = [] } = message;
    const problem =
      edits.length === 0
        ? undefined
        : (this.#noEdits ?? editProblem(edits, editableFiles(lab.definition)));
    return problem === undefined ? lab : refused('edits', problem);
  }

  /** The labs whose servers are measured beside that of a measurement: they are there, see `loadLabs`. */
  #besideOf({ measures }: Lab): LoadedLab[] {
    if (measures?.kind !== 'servers') return [];
    return measures.beside.flatMap(({ lab }) => this.#setting.labs.get(lab) ?? []);
  }

  /** Why no program that a reader wrote is run, in words for the reader. */
  get #noEdits(): string | undefined {
    const { config, isolation } = this.#setting;
    return whyNoEdits(config.edits, isolation);
  }

  #start(
    address: string,
    message: StartMessage,
    outbox: Outbox,
    socket: LinkSocket,
  ): LinkedSession | SessionEnd {
    const refused = ({ why, end }: Refused): SessionEnd => {
      this.#setting.log.write({ event: 'refused', why, address });
      return end;
    };
    const lab = this.#find(message);
    if ('end' in lab) return refused(lab);
    const bytes = sizeOfEdits(message.edits);
    if (this.#editBytes + bytes > MOST_EDIT_BYTES) {
      return refused({ why: 'edits', end: { kind: 'no-room', message: TOO_MANY_EDITS } });
    }
    const taken = this.#readers.takeRun(address);
    if (typeof taken !== 'function') {
      const { why } = taken;
      return refused({ why, end: { kind: 'refused', message: taken.message } });
    }
    const linked = this.#admit(address, lab, message, outbox, socket, taken);
    if (!('full' in linked)) return linked;
    taken();
    return refused({ why: 'full', end: { kind: 'no-room', message: linked.full } });
  }

  /**
   * Makes a session, and starts it or puts it into the queue.
   * @param over called once when it is over
   */
  #admit(
    address: string,
    lab: LoadedLab,
    { way, cols, rows, edits = [], check, measure }: StartMessage,
    outbox: Outbox,
    socket: LinkSocket,
    over: () => void,
  ): LinkedSession | { readonly full: string } {
    const { capacity, checker, config, gauges, lastResort, log, runtime, users } = this.#setting;
    const { isolation, measuring, stock } = this.#setting;
    const { hold, idle, ioUring, timeLimit, outputLimit } = config;
    const id = randomUUID();
    const token = newToken();
    const run = { session: id, lab: lab.definition.id, way };
    // Of the texts themselves nothing is kept here that lasts as long as the run.
    const own = edits.length > 0 ? { edits: edits.length, editBytes: sizeOfEdits(edits) } : {};
    const { editBytes = 0 } = own;
    const asked = performance.now();
    /** How long ago that was, in milliseconds. */
    const since = (moment: number): number => Math.round(performance.now() - moment);
    let began: number | undefined;
    const { measures } = lab.definition;
    let memory = measures
      ? memoryForMeasurement(editBytes)
      : check === undefined
        ? memoryFor(startsWith(lab.definition), editBytes)
        : memoryForCheck(editBytes);
    /** Called when what the reader wrote is no longer kept here. */
    let letGo = (): void => {
      letGo = () => {};
      this.#editBytes -= editBytes;
    };
    this.#editBytes += editBytes;
    let isQueued = false;
    const session = new Session(
      {
        ...{ id, lab, users, runtime, outbox, timeLimit, outputLimit },
        // What is in stock has the memory of any other run.
        ...(measures ? { isolation: measuring, stock: NO_STOCK } : { isolation, stock }),
        trouble: (error) => log.write({ event: 'sandbox-failed', session: id, error }),
        ...{ check, gauges, hold, idle, ioUring, log, measure, token, way },
        beside: this.#besideOf(lab.definition),
        moreMemory: (bytes) => {
          const none = capacity.grow(bytes);
          if (none === undefined) memory += bytes;
          return none;
        },
        mistake: lastResort.take,
        version: PROTOCOL_VERSION,
        server: config.name,
      },
      { cols, rows },
    );
    const forgotten = (): void => {
      this.#linked.delete(token);
      this.#lastWords.delete(link);
    };
    const link = new PageLink({ session, outbox, hold: hold * 1000, forgotten }, socket);
    // It begins when another session ends, and on its own behalf.
    const onItsBehalf = AsyncLocalStorage.snapshot();
    const applicant: Applicant = {
      get memory() {
        return memory;
      },
      measures: measures !== undefined,
      get present() {
        return link.present && !session.ending;
      },
      get ending() {
        return session.ending;
      },
      get yieldsSince() {
        return session.yieldsSince;
      },
      begin: () => {
        began = performance.now();
        this.#waiting.delete(session);
        this.#sessions.add(session);
        if (isQueued) {
          log.write({ event: 'queue-left', ...run, reason: 'let-in', ms: since(asked) });
        }
        log.write({ event: 'run-begun', ...run, address, ...own, used: capacity.used });
        letGo();
        void onItsBehalf(() => session.start());
      },
      tell: ({ ahead, wait, measuring }: Rank) => {
        if (!isQueued) log.write({ event: 'queued', ...run, address, ahead });
        isQueued = true;
        const version = PROTOCOL_VERSION;
        const { name: server } = config;
        outbox.message({
          ...{ type: 'queued', version, token, hold, server, ahead, wait },
          ...(measuring && { measuring }),
        });
      },
      yield: () => void session.end({ kind: 'yielded', seconds: idle }),
    };
    /** @returns why there is no place and no room to wait for one, in words */
    const enter = (): string | undefined => {
      const admitted = this.#admission.ask(applicant);
      if (typeof admitted === 'object') return admitted.full;
      if (admitted === 'queued') this.#waiting.add(session);
      return undefined;
    };
    if (edits.length === 0) {
      const full = enter();
      if (full !== undefined) return { full };
    } else {
      // It is not in the queue yet, but as one that is there it ends when nobody is let in any more.
      this.#waiting.add(session);
      const refuse = (why: Refusal, end: SessionEnd): void => {
        log.write({ event: 'refused', why, address });
        void session.end(end);
      };
      const left = new AbortController();
      void session.over.then(() => left.abort());
      const checking = checker.check(readerOf(address), edits, importableIn(lab), left.signal);
      void checking.then((checked) => {
        if (session.ending) return;
        this.#waiting.delete(session);
        if (checked.kind === 'faults') {
          const { faults } = checked;
          const [first] = faults;
          outbox.message({ type: 'faults', faults: [...faults] });
          if (first) refuse('faults', { kind: 'faulty', count: faults.length, first });
        } else if (checked.kind === 'unchecked') {
          refuse('edits', { kind: 'refused', message: checked.message });
        } else {
          session.useEdits(checked.edits);
          const full = enter();
          if (full !== undefined) refuse('full', { kind: 'no-room', message: full });
        }
      });
    }
    outbox.reportTo({
      pressure: (full) => {
        if (full) log.write({ event: 'page-behind', session: id });
        session.pressure(full);
      },
      overflow: () => {
        log.write({ event: 'page-given-up', session: id });
        link.giveUp();
      },
      skipped: () => log.write({ event: 'frame-skipped', session: id }),
    });
    const linked = { session, outbox, link };
    this.#linked.set(token, linked);
    void session.over.then((how) => {
      this.#sessions.delete(session);
      this.#waiting.delete(session);
      letGo();
      over();
      if (this.#linked.has(token)) this.#keepLastWords(link);
      if (began !== undefined) {
        logEnd(log, run, since(began), how);
        this.#admission.release(applicant);
      } else {
        this.#admission.leave(applicant);
        if (!isQueued) return;
        log.write({ event: 'queue-left', ...run, reason: how.end.kind, ms: since(asked) });
      }
    });
    return linked;
  }

  #resume(
    { version, token, received }: ResumeMessage,
    socket: LinkSocket,
  ): LinkedSession | undefined {
    const linked = version === PROTOCOL_VERSION ? this.#linked.get(token) : undefined;
    if (!linked?.link.resume(socket, received)) return undefined;
    // It may have been its turn while it was away.
    this.#admission.letIn();
    return linked;
  }

  /** Where a proxy is not named, all its readers have what one may have, or there is no limit at all. */
  #warnOfProxy(request: IncomingMessage): void {
    const { config, log } = this.#setting;
    const address = this.#warned ? undefined : unnamedProxy(request, config.proxies);
    if (address === undefined) return;
    this.#warned = true;
    const message = `Readers come through ${address}, which is not in READABLE_PROXY: limits for each reader can’t tell them apart.`;
    log.write({ event: 'warning', message });
  }

  /** A session that is over has no place any more, but memory: the oldest ones go first. */
  #keepLastWords(link: PageLink): void {
    this.#lastWords.add(link);
    const [oldest] = this.#lastWords;
    if (this.#lastWords.size > MOST_LAST_WORDS) oldest?.forget();
  }

  /** Says why, and is done with the socket as soon as that is out, or can’t be got rid of. */
  #refuse(socket: Duplex, status: number, why: string): void {
    this.#refused.add(socket);
    const limit = setTimeout(() => socket.destroy(), REFUSAL_LIMIT);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(limit);
      this.#refused.delete(socket);
    });
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
        `X-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(why)}\r\nConnection: close\r\n\r\n${why}`,
      () => socket.destroy(),
    );
  }
}

function sizeOfEdits(edits: readonly Edit[] = []): number {
  return edits.reduce((sum, { text }) => sum + sizeOfText(text), 0);
}

/** The host that a page says it is from, for the operator to put into READABLE_HOSTS, or not. */
function originOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const { origin } = headers;
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined;
}

function logEnd(
  log: Log,
  run: { readonly session: string; readonly lab: string; readonly way: string | undefined },
  time: number,
  { end, clean, user }: SessionOver,
): void {
  const { session } = run;
  if (!clean) log.write({ event: 'left-behind', session, uid: user });
  if (end.kind === 'time-limit') {
    log.write({ event: 'limit', session, limit: 'time', most: end.seconds });
  }
  if (end.kind === 'output-limit') {
    log.write({ event: 'limit', session, limit: 'output', most: end.bytes });
  }
  if (end.kind === 'budget') {
    log.write({ event: 'limit', session, limit: end.resource, most: end.most });
  }
  const program = end.kind === 'finished' ? end.end : undefined;
  log.write({
    ...{ event: 'run-ended', ...run, reason: end.kind, ms: Math.round(time) },
    code: program?.kind === 'exited' ? program.code : undefined,
    signal: program?.kind === 'signaled' ? program.signal : undefined,
  });
}
