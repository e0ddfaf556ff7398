/** Where WebSockets come in: who may, what they say, and which session hears it. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { noSuchLab } from '../../lab/folder.ts';
import type { Capacity } from '../capacity.ts';
import { clientAddress } from '../client-address.ts';
import type { Config } from '../config.ts';
import type { GaugeReader } from '../instruments/gauge-reader.ts';
import type { Isolation, Slot } from '../isolation/isolation.ts';
import type { LoadedLab } from '../labs.ts';
import type { LastResort } from '../last-resort.ts';
import type { Log, Refusal } from '../log.ts';
import { originAllowed } from './origin.ts';
import type { Outbox } from './outbox.ts';
import { newToken, PageLink, type LinkSocket } from './page-link.ts';
import {
  HEARTBEAT,
  PROTOCOL_VERSION,
  SESSION_PATH,
  type Door,
  type DoorRefusal,
  type SessionEnd,
} from '../../protocol/messages.ts';
import type { Runtime } from '../runtime.ts';
import {
  SessionSocket,
  type LinkedSession,
  type ResumeMessage,
  type Sessions,
  type StartMessage,
} from './session-socket.ts';
import { Session, type SessionOver } from './session.ts';

/** Frames up to here get an answer when they are too large; beyond it ws closes with code 1009. */
const MAX_PAYLOAD = 1024 * 1024;
/** A page of ours sends a message in one piece; what lies between may cut it, but not to crumbs. */
const MAX_FRAGMENTS = 64;
/** How long a page may take to answer that a WebSocket is closed, in milliseconds. */
const CLOSE_LIMIT = 5000;
/** WebSockets beyond the capacity that may be open, each on its way to being told so. */
const SPARE_SOCKETS = 64;
/** How long one who was turned away may take to read why, in milliseconds. */
const REFUSAL_LIMIT = 2000;
/** The most sessions that are over and whose last words wait for a page that is away. */
const MOST_LAST_WORDS = 16;

/** What is answered instead of a WebSocket. */
const REFUSALS: Readonly<Record<DoorRefusal, { status: number; text: string }>> = {
  origin: { status: 403, text: 'This origin is not allowed: see READABLE_HOSTS in the README.' },
  sockets: { status: 503, text: 'No room now.' },
  draining: { status: 503, text: 'The server is shutting down.' },
};

/** What the gateway works with. */
export interface GatewaySetting {
  readonly config: Config;
  readonly labs: ReadonlyMap<string, LoadedLab>;
  readonly isolation: Isolation;
  readonly runtime: Runtime;
  readonly capacity: Capacity;
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
 * Whether a request’s target is the path of sessions. It can be anything, so it is no URL to parse.
 * @param base what the site is served below
 */
export function asksForSession({ url }: Pick<IncomingMessage, 'url'>, base: string): boolean {
  const path = sessionPath(base);
  return url === path || url?.startsWith(`${path}?`) === true;
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
  readonly #sessions = new Set<Session>();
  /** The sessions that a page may come back to, by their tokens. */
  readonly #linked = new Map<string, LinkedSession>();
  /** Those among them that are over. */
  readonly #lastWords = new Set<PageLink>();
  readonly #refused = new Set<Duplex>();
  readonly #beats: NodeJS.Timeout;
  #closing = false;
  #draining = false;

  constructor(setting: GatewaySetting) {
    this.#setting = setting;
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
      const refuses = this.#refuses(request.headers);
      if (!asksForSession(request, config.base)) {
        refuse(404, 'path', `WebSockets are at ${sessionPath(config.base)}.`);
      } else if (refuses) {
        const { status, text } = REFUSALS[refuses];
        refuse(status, refuses, text, refuses === 'origin' ? originOf(request) : undefined);
      } else {
        this.#server.handleUpgrade(request, socket, head, (webSocket) => {
          const sessions: Sessions = {
            start: (...asked) => this.#start(address, ...asked),
            resume: (...asked) => this.#resume(...asked),
          };
          const opened = new SessionSocket(webSocket, sessions, lastResort);
          this.#sockets.add(opened);
          webSocket.on('close', () => this.#sockets.delete(opened));
        });
      }
    } catch (error) {
      socket.destroy();
      lastResort.take(error);
    }
  }

  /**
   * Answers a plain request for {@link SESSION_PATH}: a page whose WebSocket did not open asks why. Its
   * browser sends no `Origin` with it, so the page says that itself.
   */
  answer(request: IncomingMessage, response: ServerResponse): void {
    const origin = new URLSearchParams(request.url?.split('?')[1]).get('origin') ?? '';
    const door: Door = { refuses: this.#refuses({ ...request.headers, origin }) };
    response.writeHead(426, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      Upgrade: 'websocket',
      Connection: 'Upgrade',
    });
    response.end(JSON.stringify(door));
  }

  /** Whether new sessions are refused because the server is about to end. */
  get draining(): boolean {
    return this.#draining || this.#closing;
  }

  /**
   * Starts no further session, and tells the readers of those that run.
   * @param seconds how long they may still run, which is for the caller to see to
   * @returns how many run, and what resolves when none does any more
   */
  drain(seconds: number): { readonly runs: number; readonly over: Promise<unknown> } {
    this.#draining = true;
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
    await Promise.all([...this.#sessions].map((session) => session.end({ kind: 'shutdown' })));
    for (const { link } of this.#linked.values()) link.forget();
    for (const socket of this.#server.clients) socket.terminate();
    for (const socket of this.#refused) socket.destroy();
  }

  /** Why no WebSocket is opened to a page of this origin, which names the server so. */
  #refuses(headers: IncomingMessage['headers']): Door['refuses'] {
    const { capacity, config } = this.#setting;
    if (!originAllowed({ headers }, config.hosts, config.host)) return 'origin';
    if (this.#closing) return 'draining';
    return this.#server.clients.size >= capacity.size + SPARE_SOCKETS ? 'sockets' : null;
  }

  /** The lab and a place for it, or why there is none. */
  #admit(message: StartMessage): Refused | { lab: LoadedLab; slot: Slot } {
    const refused = (why: Refusal, text: string): Refused => ({
      end: { kind: 'refused', message: text },
      why,
    });
    if (this.#closing) return { end: { kind: 'shutdown' }, why: 'draining' };
    if (this.#draining) {
      const text = 'the server is being restarted';
      return { end: { kind: 'no-room', message: text }, why: 'draining' };
    }
    if (message.version !== PROTOCOL_VERSION) {
      return refused('version', 'This page is from another version of the server. Load it again.');
    }
    const lab = this.#setting.labs.get(message.lab);
    if (!lab) return refused('lab', noSuchLab(message.lab));
    const ways = lab.definition.server.ways?.map(({ name }) => name) ?? [];
    if (message.way !== undefined && !ways.includes(message.way)) {
      return refused('lab', `This lab has no way “${message.way}” to run.`);
    }
    const slot = this.#setting.capacity.take();
    if (!('full' in slot)) return { lab, slot };
    return { end: { kind: 'no-room', message: slot.full }, why: 'full' };
  }

  #start(
    address: string,
    message: StartMessage,
    outbox: Outbox,
    socket: LinkSocket,
  ): LinkedSession | SessionEnd {
    const { capacity, config, gauges, isolation, lastResort, log, runtime } = this.#setting;
    const admitted = this.#admit(message);
    if ('end' in admitted) {
      log.write({ event: 'refused', why: admitted.why, address });
      return admitted.end;
    }
    const { lab, slot } = admitted;
    const id = randomUUID();
    const began = performance.now();
    const { hold, timeLimit, outputLimit } = config;
    const token = newToken();
    const session = new Session(
      {
        ...{ id, lab, slot, isolation, runtime, outbox, timeLimit, outputLimit },
        ...{ gauges, hold, token },
        mistake: lastResort.take,
        version: PROTOCOL_VERSION,
        way: message.way,
      },
      { cols: message.cols, rows: message.rows },
    );
    const forgotten = (): void => {
      this.#linked.delete(token);
      this.#lastWords.delete(link);
    };
    const link = new PageLink({ session, outbox, hold: hold * 1000, forgotten }, socket);
    outbox.reportTo({
      pressure: (full) => session.pressure(full),
      overflow: () => link.giveUp(),
    });
    const linked = { session, outbox, link };
    this.#sessions.add(session);
    this.#linked.set(token, linked);
    const run = { session: id, lab: lab.definition.id };
    const { way } = message;
    log.write({ event: 'run-begun', ...run, way, address, used: capacity.used });
    void session.over.then((over) => {
      this.#sessions.delete(session);
      capacity.release(slot, over.clean);
      if (this.#linked.has(token)) this.#keepLastWords(link);
      logEnd(log, run, slot, performance.now() - began, over);
    });
    return linked;
  }

  #resume(
    { version, token, received }: ResumeMessage,
    socket: LinkSocket,
  ): LinkedSession | undefined {
    const linked = version === PROTOCOL_VERSION ? this.#linked.get(token) : undefined;
    return linked?.link.resume(socket, received) ? linked : undefined;
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
        `Content-Length: ${Buffer.byteLength(why)}\r\nConnection: close\r\n\r\n${why}`,
      () => socket.destroy(),
    );
  }
}

/** The host that a page says it is from, for the operator to put into READABLE_HOSTS, or not. */
function originOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const { origin } = headers;
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined;
}

function logEnd(
  log: Log,
  run: { readonly session: string; readonly lab: string },
  { uid }: Slot,
  time: number,
  { end, clean }: SessionOver,
): void {
  const { session } = run;
  if (!clean) log.write({ event: 'left-behind', session, uid });
  if (end.kind === 'failed') log.write({ event: 'sandbox-failed', session, error: end.message });
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
