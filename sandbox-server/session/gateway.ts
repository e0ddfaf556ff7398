/** Where WebSockets come in: who may, what they say, and which session hears it. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
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
import { PROTOCOL_VERSION, SESSION_PATH, type SessionEnd } from '../../protocol/messages.ts';
import type { Runtime } from '../runtime.ts';
import { SessionSocket, type StartMessage, type StartSession } from './session-socket.ts';
import { Session, type SessionOver } from './session.ts';

/** Frames up to here get an answer when they are too large; beyond it ws closes with code 1009. */
const MAX_PAYLOAD = 1024 * 1024;
/** A page of ours sends a message in one piece; what lies between may cut it, but not to crumbs. */
const MAX_FRAGMENTS = 64;
/** A page that has not answered a ping by the next one has vanished; milliseconds. */
const PING_INTERVAL = 10_000;
/** How long a page may take to answer that a WebSocket is closed, in milliseconds. */
const CLOSE_LIMIT = 5000;
/** WebSockets beyond the capacity that may be open, each on its way to being told so. */
const SPARE_SOCKETS = 64;
/** How long one who was turned away may take to read why, in milliseconds. */
const REFUSAL_LIMIT = 2000;

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

/** Whether a request’s target is the path of sessions. It can be anything, so it is no URL to parse. */
export function asksForSession({ url }: Pick<IncomingMessage, 'url'>): boolean {
  return url === SESSION_PATH || url?.startsWith(`${SESSION_PATH}?`) === true;
}

/**
 * Whether a request wants to become a WebSocket. One that wants another protocol is answered like any
 * other request: RFC 9110, 7.8, lets a server ignore the field.
 */
export function asksForWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Accepts WebSockets and runs their sessions. */
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
  readonly #refused = new Set<Duplex>();
  readonly #pings: NodeJS.Timeout;
  #closing = false;
  #draining = false;

  constructor(setting: GatewaySetting) {
    this.#setting = setting;
    this.#pings = setInterval(() => {
      for (const socket of this.#sockets) socket.ping();
    }, PING_INTERVAL).unref();
  }

  /** Handles an HTTP upgrade; answers with 4xx what is not a session of one of our own pages. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { config, capacity, lastResort, log } = this.#setting;
    const address = clientAddress(request, config.proxies);
    const refuse = (status: number, why: Refusal, text: string, detail?: string): void => {
      log.write({ event: 'refused', why, address, detail });
      this.#refuse(socket, status, text);
    };
    try {
      if (!asksForSession(request)) {
        refuse(404, 'path', `WebSockets are at ${SESSION_PATH}.`);
      } else if (!originAllowed(request, config.hosts, config.host)) {
        const text = 'This origin is not allowed: see READABLE_HOSTS in the README.';
        refuse(403, 'origin', text, originOf(request));
      } else if (this.#closing) {
        refuse(503, 'draining', 'No room now.');
      } else if (this.#server.clients.size >= capacity.size + SPARE_SOCKETS) {
        refuse(503, 'sockets', 'No room now.');
      } else {
        this.#server.handleUpgrade(request, socket, head, (webSocket) => {
          const start: StartSession = (message, outbox) => this.#start(message, outbox, address);
          const opened = new SessionSocket(webSocket, start, lastResort);
          this.#sockets.add(opened);
          webSocket.on('close', () => this.#sockets.delete(opened));
        });
      }
    } catch (error) {
      socket.destroy();
      lastResort.take(error);
    }
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
    clearInterval(this.#pings);
    await Promise.all([...this.#sessions].map((session) => session.end({ kind: 'shutdown' })));
    for (const socket of this.#server.clients) socket.terminate();
    for (const socket of this.#refused) socket.destroy();
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

  #start(message: StartMessage, outbox: Outbox, address: string): Session | SessionEnd {
    const { capacity, config, gauges, isolation, lastResort, log, runtime } = this.#setting;
    const admitted = this.#admit(message);
    if ('end' in admitted) {
      log.write({ event: 'refused', why: admitted.why, address });
      return admitted.end;
    }
    const { lab, slot } = admitted;
    const id = randomUUID();
    const began = performance.now();
    const { timeLimit, outputLimit } = config;
    const session = new Session(
      {
        ...{ id, lab, slot, isolation, runtime, outbox, timeLimit, outputLimit },
        gauges,
        mistake: lastResort.take,
        version: PROTOCOL_VERSION,
        way: message.way,
      },
      { cols: message.cols, rows: message.rows },
    );
    this.#sessions.add(session);
    const run = { session: id, lab: lab.definition.id };
    const { way } = message;
    log.write({ event: 'run-begun', ...run, way, address, used: capacity.used });
    void session.over.then((over) => {
      this.#sessions.delete(session);
      capacity.release(slot, over.clean);
      logEnd(log, run, slot, performance.now() - began, over);
    });
    return session;
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
  const program = end.kind === 'finished' ? end.end : undefined;
  log.write({
    ...{ event: 'run-ended', ...run, reason: end.kind, ms: Math.round(time) },
    code: program?.kind === 'exited' ? program.code : undefined,
    signal: program?.kind === 'signaled' ? program.signal : undefined,
  });
}
