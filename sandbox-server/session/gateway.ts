/** Where WebSockets come in: who may, what they say, and which session hears it. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { noSuchLab } from '../../lab/folder.ts';
import type { Capacity } from '../capacity.ts';
import type { Config } from '../config.ts';
import type { GaugeReader } from '../instruments/gauge-reader.ts';
import type { Isolation, Slot } from '../isolation/isolation.ts';
import type { LoadedLab } from '../labs.ts';
import type { LastResort } from '../last-resort.ts';
import { originAllowed } from './origin.ts';
import type { Outbox } from './outbox.ts';
import { PROTOCOL_VERSION, SESSION_PATH, type SessionEnd } from '../../protocol/messages.ts';
import type { Runtime } from '../runtime.ts';
import { SessionSocket, type StartMessage } from './session-socket.ts';
import { Session } from './session.ts';

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

  constructor(setting: GatewaySetting) {
    this.#setting = setting;
    this.#pings = setInterval(() => {
      for (const socket of this.#sockets) socket.ping();
    }, PING_INTERVAL).unref();
  }

  /** Handles an HTTP upgrade; answers with 4xx what is not a session of one of our own pages. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { config, capacity, lastResort } = this.#setting;
    try {
      if (!asksForSession(request, config.base)) {
        this.#refuse(socket, 404, `WebSockets are at ${sessionPath(config.base)}.`);
      } else if (!originAllowed(request, config.hosts, config.host)) {
        this.#refuse(socket, 403, 'This origin is not allowed: see READABLE_HOSTS in the README.');
      } else if (this.#closing || this.#server.clients.size >= capacity.size + SPARE_SOCKETS) {
        this.#refuse(socket, 503, 'No room now.');
      } else {
        this.#server.handleUpgrade(request, socket, head, (webSocket) => {
          const opened = new SessionSocket(webSocket, this.#start, lastResort);
          this.#sockets.add(opened);
          webSocket.on('close', () => this.#sockets.delete(opened));
        });
      }
    } catch (error) {
      socket.destroy();
      lastResort.take(error);
    }
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
  #admit(message: StartMessage): SessionEnd | { lab: LoadedLab; slot: Slot } {
    if (this.#closing) return { kind: 'shutdown' };
    if (message.version !== PROTOCOL_VERSION) {
      return {
        kind: 'refused',
        message: 'This page is from another version of the server. Load it again.',
      };
    }
    const lab = this.#setting.labs.get(message.lab);
    if (!lab) return { kind: 'refused', message: noSuchLab(message.lab) };
    const ways = lab.definition.server.ways?.map(({ name }) => name) ?? [];
    if (message.way !== undefined && !ways.includes(message.way)) {
      return { kind: 'refused', message: `This lab has no way “${message.way}” to run.` };
    }
    const slot = this.#setting.capacity.take();
    return 'full' in slot ? { kind: 'no-room', message: slot.full } : { lab, slot };
  }

  readonly #start = (message: StartMessage, outbox: Outbox): Session | SessionEnd => {
    const { capacity, config, gauges, isolation, lastResort, runtime } = this.#setting;
    const admitted = this.#admit(message);
    if ('kind' in admitted) return admitted;
    const { lab, slot } = admitted;
    const { timeLimit, outputLimit } = config;
    const session = new Session(
      {
        ...{ id: randomUUID(), lab, slot, isolation, runtime, outbox, timeLimit, outputLimit },
        gauges,
        mistake: lastResort.take,
        version: PROTOCOL_VERSION,
        way: message.way,
      },
      { cols: message.cols, rows: message.rows },
    );
    this.#sessions.add(session);
    void session.over.then(() => {
      this.#sessions.delete(session);
      capacity.release(slot);
    });
    return session;
  };

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
