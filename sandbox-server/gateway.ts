/** Where WebSockets come in: who may, what they say, and which session hears it. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { noSuchLab } from '../lab/folder.ts';
import type { Capacity } from './capacity.ts';
import type { Config } from './config.ts';
import type { Isolation, Slot } from './isolation/isolation.ts';
import type { LoadedLab } from './labs.ts';
import { originAllowed } from './origin.ts';
import { Outbox } from './outbox.ts';
import {
  MAX_CLIENT_FRAME,
  PROTOCOL_VERSION,
  ProtocolError,
  SESSION_PATH,
  decodeInput,
  parseClientMessage,
  type ClientMessage,
  type SessionEnd,
} from './protocol.ts';
import type { Runtime } from './runtime.ts';
import { Session } from './session.ts';

/** Frames up to here get an answer when they are too large; beyond it ws closes with code 1009. */
const MAX_PAYLOAD = 1024 * 1024;
/** A page that has not answered a ping by the next one has vanished; milliseconds. */
const PING_INTERVAL = 3000;
/** The most time between opening a WebSocket and asking for a lab, in milliseconds. */
const START_DEADLINE = 10_000;
/** WebSockets beyond the capacity that may be open, each on its way to being told so. */
const SPARE_SOCKETS = 64;

/** What the gateway works with. */
export interface GatewaySetting {
  readonly config: Config;
  readonly labs: ReadonlyMap<string, LoadedLab>;
  readonly isolation: Isolation;
  readonly runtime: Runtime;
  readonly capacity: Capacity;
}

/** Accepts WebSockets and runs their sessions. */
export class Gateway {
  readonly #setting: GatewaySetting;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD,
    perMessageDeflate: false,
    clientTracking: true,
  });
  readonly #sessions = new Set<Session>();
  readonly #silent = new WeakSet<WebSocket>();
  readonly #pings: NodeJS.Timeout;
  #closing = false;

  constructor(setting: GatewaySetting) {
    this.#setting = setting;
    this.#pings = setInterval(() => {
      this.#ping();
    }, PING_INTERVAL).unref();
  }

  /** Handles an HTTP upgrade; answers with 4xx what is not a session of one of our own pages. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { config, capacity } = this.#setting;
    if (new URL(request.url ?? '/', 'http://host').pathname !== SESSION_PATH) {
      refuse(socket, 404, `WebSockets are at ${SESSION_PATH}.`);
    } else if (!originAllowed(request, config.hosts, config.host)) {
      refuse(socket, 403, 'This origin is not allowed: see READABLE_HOSTS in the README.');
    } else if (this.#closing || this.#sockets.clients.size >= capacity.size + SPARE_SOCKETS) {
      refuse(socket, 503, 'No room now.');
    } else {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        this.#accept(webSocket);
      });
    }
  }

  /** Ends every session and WebSocket; resolves when all are gone. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#pings);
    await Promise.all([...this.#sessions].map((session) => session.end({ kind: 'shutdown' })));
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  #ping(): void {
    for (const socket of this.#sockets.clients) {
      if (this.#silent.has(socket)) {
        socket.terminate();
        continue;
      }
      this.#silent.add(socket);
      socket.ping();
    }
  }

  #accept(socket: WebSocket): void {
    let session: Session | undefined;
    const outbox = new Outbox(socket, (full) => session?.pressure(full));
    const deadline = setTimeout(() => {
      socket.close(1002, 'no start message');
    }, START_DEADLINE);
    socket.on('pong', () => this.#silent.delete(socket));
    socket.on('close', () => {
      clearTimeout(deadline);
      void session?.end({ kind: 'stopped' });
    });
    // A frame over MAX_PAYLOAD or against RFC 6455: ws closes the socket with the code for it.
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => {
      try {
        const bytes = toBytes(data);
        if (bytes.length > MAX_CLIENT_FRAME) {
          throw new ProtocolError(
            `a message of ${bytes.length} bytes is too large: at most ${MAX_CLIENT_FRAME}`,
          );
        }
        if (isBinary) {
          if (!session) throw new ProtocolError('there is no session yet: start one first');
          const { process, bytes: typed } = decodeInput(bytes);
          complain(outbox, session.input(process, typed));
          return;
        }
        const message = parseClientMessage(bytes.toString());
        if (message.type === 'start') {
          if (session) throw new ProtocolError('this connection has its session already');
          clearTimeout(deadline);
          session = this.#start(message, outbox, socket);
        } else if (!session) {
          throw new ProtocolError('there is no session yet: start one first');
        } else {
          handle(message, session, outbox);
        }
      } catch (error) {
        if (error instanceof ProtocolError) {
          complain(outbox, error.message);
          return;
        }
        // A mistake of ours must cost one reader a run, not everybody theirs.
        console.error(error);
        void session?.end({ kind: 'failed', message: 'The sandbox server made a mistake.' });
      }
    });
  }

  /** The lab and a place for it, or why there is none. */
  #admit(message: ClientMessage & { type: 'start' }): SessionEnd | { lab: LoadedLab; slot: Slot } {
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

  #start(
    message: ClientMessage & { type: 'start' },
    outbox: Outbox,
    socket: WebSocket,
  ): Session | undefined {
    const { capacity, config, isolation, runtime } = this.#setting;
    const admitted = this.#admit(message);
    if ('kind' in admitted) {
      outbox.message({ type: 'session-ended', end: admitted });
      socket.close(1000);
      return undefined;
    }
    const { lab, slot } = admitted;
    const { timeLimit, outputLimit } = config;
    const session = new Session(
      {
        ...{ id: randomUUID(), lab, slot, isolation, runtime, outbox, timeLimit, outputLimit },
        version: PROTOCOL_VERSION,
        way: message.way,
      },
      { cols: message.cols, rows: message.rows },
    );
    this.#sessions.add(session);
    void session.over.then(() => {
      this.#sessions.delete(session);
      capacity.release(slot);
      socket.close(1000);
    });
    void session.start();
    return session;
  }
}

function handle(
  message: Exclude<ClientMessage, { type: 'start' }>,
  session: Session,
  outbox: Outbox,
): void {
  const { type } = message;
  if (type === 'connect') complain(outbox, session.connect(message.client, message));
  else if (type === 'launch') {
    complain(outbox, session.launch(message.program, message.way, message));
  } else if (type === 'resize') session.resize(message.process, message);
  else void session.end({ kind: 'stopped' });
}

function complain(outbox: Outbox, message: string | undefined): void {
  if (message !== undefined) outbox.message({ type: 'error', message });
}

function toBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

function refuse(socket: Duplex, status: number, why: string): void {
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(why)}\r\nConnection: close\r\n\r\n${why}`,
  );
}
