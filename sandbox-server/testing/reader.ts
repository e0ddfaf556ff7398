/** A reader without a browser: opens sessions over a real WebSocket and remembers what it was told. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { ROOT } from '../../project.ts';
import { readConfig } from '../config.ts';
import { loadLabs } from '../labs.ts';
import { LastResort } from '../last-resort.ts';
import type { Log, LogEvent } from '../log.ts';
import {
  PROTOCOL_VERSION,
  SESSION_PATH,
  clientMessageSchema,
  decodeBytes,
  encodeBytes,
  parseServerMessage,
  serverPath,
  type Aside,
  type Edit,
  type ServerMessage,
} from '../../protocol/messages.ts';
import { costOf, Received } from '../../protocol/sequence.ts';
import { startService, type Service } from '../service.ts';
import { PATIENCE } from '../../testing/patience.ts';

/** The labs that only tests run. */
export const TEST_LABS = join(ROOT, 'sandbox-server', 'testing', 'labs');

/** One kind of server message. */
export type Message<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

/** A service on a port of its own. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly service: Service;
}

/** A reader is told only that something could not be started, and why is in the log: a test that fails says it. */
const FAILURES: Log = {
  write(event: LogEvent) {
    if (event.event === 'sandbox-failed') console.error('sandbox-failed:', event.error);
  },
};

/**
 * Serves sessions for a test.
 * @param environment settings, as an operator would give them
 * @param lab only the lab with this id
 * @param log takes what an operator would read; without it, why something could not be started is on stderr
 * @param live whether labs are run as they are when they are run
 */
export async function serve(
  content: string,
  environment: Record<string, string> = {},
  lab?: string,
  log: Log = FAILURES,
  live = false,
): Promise<TestServer> {
  const labs = await loadLabs(content, lab);
  // Tests count what a run is made of; those of the stock say how large it is.
  const settings = { READABLE_WARM: '0', ...environment };
  const service = await startService(readConfig(settings), new LastResort(), labs, {
    ...{ log, live },
  });
  const server = createServer((_, response) => response.end());
  server.on('upgrade', (request, socket, head) => service.gateway.upgrade(request, socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the server has no port');
  return {
    port: address.port,
    service,
    async [Symbol.asyncDispose]() {
      await service.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** One session, seen from the outside. It keeps nothing to send it again: a page does. */
export class Reader {
  /** The WebSocket it is on, or was on last. */
  socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  /** What each terminal has shown, by its name. */
  readonly shown = new Map<string, string>();
  /** Bytes received of all terminals. */
  received = 0;
  /** The close code, once closed. */
  closed: number | undefined;
  readonly #names = new Map<number, string>();
  /** A character may come in two pieces. */
  readonly #decoders = new Map<number, TextDecoder>();
  readonly #waiting = new Set<() => void>();
  readonly #frames = new Received();
  readonly #port: number;
  /** How many numbered messages it has sent. */
  #said = 0;

  /**
   * @param headers further fields of the request, such as a proxy adds
   * @param path where it asks for a WebSocket
   */
  constructor(
    port: number,
    origin = `http://127.0.0.1:${port}`,
    headers: Readonly<Record<string, string>> = {},
    path: string = SESSION_PATH,
  ) {
    this.#port = port;
    this.socket = this.#open(path, origin, headers);
  }

  #open(path: string, origin: string, headers: Readonly<Record<string, string>> = {}): WebSocket {
    const url = `ws://127.0.0.1:${this.#port}${path}`;
    const socket = new WebSocket(url, { origin, headers });
    this.closed = undefined;
    socket.on('error', () => {});
    socket.on('close', (code) => {
      if (this.socket === socket) this.closed = code;
      this.#changed();
    });
    socket.on('message', (data, isBinary) => {
      // One that has been left for a newer one counts no more: all that it brings is sent again there.
      if (this.socket !== socket) return;
      if (!Buffer.isBuffer(data)) throw new Error('ws gives messages as one buffer');
      if (isBinary) {
        const { seq, process, bytes } = decodeBytes(data);
        this.#inSequence(seq, costOf(data));
        const name = this.#names.get(process) ?? `process ${process}`;
        const decoder = this.#decoders.get(process) ?? new TextDecoder();
        this.#decoders.set(process, decoder);
        this.received += bytes.length;
        const text = decoder.decode(bytes, { stream: true });
        this.shown.set(name, (this.shown.get(name) ?? '') + text);
      } else {
        const message = parseServerMessage(data.toString());
        if (!('seq' in message)) {
          this.#hear(message);
        } else {
          this.#inSequence(message.seq, costOf(data.toString()));
          if (message.type === 'started') this.#names.set(message.process, message.name);
        }
        this.messages.push(message);
      }
      this.#changed();
    });
    return socket;
  }

  /**
   * Opens another WebSocket where its session is, and asks for it.
   * @param token another one than its own
   */
  async comeBack(token?: string): Promise<void> {
    const told = this.messages.find(
      (message) => message.type === 'welcome' || message.type === 'queued',
    );
    const own = told?.token;
    const path = told?.server === undefined ? SESSION_PATH : serverPath(told.server);
    this.socket = this.#open(path, `http://127.0.0.1:${this.#port}`);
    await once(this.socket, 'open');
    const received = this.#frames.acknowledge();
    this.say({
      ...{ type: 'resume', version: PROTOCOL_VERSION, received },
      token: token ?? own,
    });
  }

  /** Opens a WebSocket and starts a lab. */
  static async start(
    port: number,
    lab: string,
    way?: string,
    headers?: Readonly<Record<string, string>>,
    edits?: readonly Edit[],
    check?: number | null,
  ): Promise<Reader> {
    const reader = new Reader(port, undefined, headers);
    await once(reader.socket, 'open');
    reader.startLab(lab, way, edits, check);
    return reader;
  }

  /**
   * Asks for a lab on a WebSocket that is open.
   * @param edits programs of the reader’s own
   * @param check the seed of a check of the exercise, if that is what is wanted
   */
  startLab(lab: string, way?: string, edits?: readonly Edit[], check?: number | null): void {
    const size = { cols: 80, rows: 24 };
    this.say({ type: 'start', version: PROTOCOL_VERSION, lab, way, edits, check, ...size });
  }

  /** Starts a lab that answers, types, stops, and sees it all come about: the server is well. */
  static async roundTrip(port: number, lab = 'quitter'): Promise<void> {
    const reader = await Reader.start(port, lab);
    await reader.connected('alice');
    reader.type('alice', 'hello\n');
    await reader.shows('alice', 'hello', 2);
    reader.say({ type: 'stop' });
    const end = await reader.end();
    if (end.kind !== 'stopped') throw new Error(`the run ended: ${JSON.stringify(end)}`);
    await reader.until('the close', () => reader.closed !== undefined);
  }

  #inSequence(seq: number, cost: number): void {
    if (!this.#frames.take(seq, cost)) {
      throw new Error(`frame ${seq} came instead of ${this.#frames.next}`);
    }
    if (this.#frames.owes) this.acknowledge();
  }

  #hear(message: Aside<ServerMessage>): void {
    if (message.type === 'resumed') this.#said = message.received;
    if (message.type === 'ack' && this.#frames.pending) this.acknowledge();
  }

  /** Tells the server what has come, as a page does now and then. */
  acknowledge(): void {
    this.say({ type: 'ack', received: this.#frames.acknowledge() });
  }

  #changed(): void {
    for (const check of this.#waiting) check();
  }

  /** Sends a message, whether the protocol has it or not; numbered, if it is one that has a number. */
  say(message: object): void {
    const numbered = { ...message, seq: this.#said };
    if (clientMessageSchema.safeParse(numbered).success) {
      this.#said += 1;
      this.socket.send(JSON.stringify(numbered));
    } else {
      this.socket.send(JSON.stringify(message));
    }
  }

  /** Sends bytes to a process, as typed. */
  send(process: number, bytes: Uint8Array): void {
    this.socket.send(encodeBytes(this.#said++, process, bytes));
  }

  /** Types into a terminal, the newest process of that name. */
  type(name: string, text: string): void {
    const process = [...this.#names].findLast(([, other]) => other === name)?.[0];
    if (process === undefined) throw new Error(`there is no ${name}`);
    this.send(process, Buffer.from(text));
  }

  /** Waits until `find` finds something. @throws Error with all that was seen when it never does */
  async until<T>(what: string, find: () => T | undefined | false): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const check = (): void => {
      const found = find();
      if (found !== undefined && found !== false) resolve(found);
    };
    const timer = setTimeout(() => {
      const seen = JSON.stringify({ messages: this.messages, shown: [...this.shown] }).slice(
        0,
        4000,
      );
      reject(new Error(`${what} did not come; seen: ${seen}`));
    }, PATIENCE);
    this.#waiting.add(check);
    check();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(check);
    }
  }

  /** Waits for a message. */
  message<T extends ServerMessage['type']>(
    type: T,
    where: (message: Message<T>) => boolean = () => true,
  ): Promise<Message<T>> {
    const fits = (message: ServerMessage): message is Message<T> => message.type === type;
    return this.until(type, () => this.messages.filter(fits).find(where));
  }

  /** Waits until a terminal has shown `text`, `times` times. */
  async shows(name: string, text: string, times = 1): Promise<string> {
    return this.until(`“${text}” on ${name}`, () => {
      const all = this.shown.get(name) ?? '';
      return all.split(text).length > times ? all : undefined;
    });
  }

  /** Waits for the session’s end. */
  async end(): Promise<Message<'session-ended'>['end']> {
    return (await this.message('session-ended')).end;
  }

  /** Waits until the clients of the definition are connected. */
  async connected(...names: string[]): Promise<void> {
    for (const name of names) await this.shows(name, 'Connected to');
  }
}
