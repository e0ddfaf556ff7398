/**
 * A page’s side of a session, from `start` to the reason it ended. The session is older than the
 * WebSocket it is on: one that breaks is replaced by another, on which both ends go on where they were.
 */
import {
  CLOSE_CODES,
  decodeBytes,
  encodeBytes,
  HEARTBEAT,
  MAX_INPUT,
  MISSED_BEATS,
  parseServerMessage,
  PLACE_PATH,
  PROTOCOL_VERSION,
  ProtocolError,
  serverPath,
  SESSION_PATH,
  type Aside,
  type ClientMessage,
  type Edit,
  type Numbered,
  type ServerMessage,
  type TerminalSize,
  type Unnumbered,
} from '../protocol/messages.ts';
import type { CrowdOrder } from '../protocol/crowd-feed.ts';
import type { MeasureOrder } from '../protocol/measure-feed.ts';
import { costOf, Received, Sent } from '../protocol/sequence.ts';
import type { Barrier, RunEnd } from './status.ts';

/** A message about what goes on in a running session. */
export type ConnectionMessage = Exclude<Numbered<ServerMessage>, { type: 'session-ended' }>;

/** Told of what the server sends. */
export interface ConnectionEvents {
  message(message: ConnectionMessage): void;
  output(process: number, bytes: Uint8Array): void;
  /** True: the connection is lost, and the session may not be. False: it is back. */
  away(away: boolean): void;
  /** What was typed is more than may wait to be sent, in bytes; nothing of it is sent. */
  dropped(most: number): void;
  /** Called once, last. */
  over(end: RunEnd): void;
}

/** The part of a WebSocket that a connection uses, so that a test can bring its own. */
export interface Socket extends EventTarget {
  binaryType: BinaryType;
  readonly readyState: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
}

/** The way to the sandbox server, or to the balancer in front of several. */
export interface SandboxServer {
  /**
   * Opens a WebSocket.
   * @param path one of the protocol’s, which says to whom: {@link SESSION_PATH} and its like
   */
  open(path: string): Socket;
  /**
   * Asks why a WebSocket did not open, which browsers do not tell.
   * @returns undefined when the server would open one
   */
  barrier(): Promise<Barrier | undefined>;
}

const OPEN = 1;
const NORMAL = 1000;
/** WebSocket close code “message too big”. */
const TOO_BIG = 1009;
/** With these the server has said that it wants no more of this: nothing to come back to. */
const FINAL: readonly number[] = [NORMAL, 1002, 1003, 1007, 1008, TOO_BIG, 1011];
/** How long a WebSocket may take to open, in milliseconds. */
const OPENING_LIMIT = 15_000;
/** From one try to come back to the next, at first and at most, in milliseconds; half of it is chance. */
const FIRST_DELAY = 500;
const LONGEST_DELAY = 3000;
/** How much later than the page the server may notice the loss, in milliseconds. */
const NOTICE = 30_000;
/** What is typed and not acknowledged is kept up to here, in bytes: pastes, or an evening’s typing. */
const MOST_KEPT = 8 * 1024 * 1024;

/** Which lab to run, and how. */
export interface Start {
  readonly lab: string;
  /** Which way of its server program, if it has several. */
  readonly way: string | undefined;
  /**
   * The reader’s own versions of its programs, to be run in place of these. Those in which `editProblem` of
   * edits.ts finds something are not taken.
   */
  readonly edits?: readonly Edit[] | undefined;
  /** Check the exercise instead: with this seed, or with null one of the server’s. */
  readonly check?: number | null | undefined;
  /** What is measured, in a lab that is a measurement; without it, what is usual there. */
  readonly measure?: MeasureOrder | undefined;
}

/** A page’s side of a session. */
export class Connection {
  readonly #server: SandboxServer;
  readonly #start: Start;
  readonly #size: TerminalSize;
  readonly #events: ConnectionEvents;
  readonly #sent = new Sent<string | Uint8Array<ArrayBuffer>>();
  readonly #received = new Received();
  #socket: Socket | undefined;
  /** `opening` until a WebSocket has been open for the first time; `away` while another is tried. */
  #phase: 'opening' | 'open' | 'away' = 'opening';
  /**
   * Where the next WebSocket is asked for: at first of a server with a free place, then of any, and once
   * the session is on one that has a name, of that.
   */
  #path: string = PLACE_PATH;
  /** What the page comes back with, once it is welcome. */
  #token: string | undefined;
  /** How long the session waits for the page, in milliseconds. */
  #hold = 0;
  /** Whether a WebSocket did not open, and the server then said that it would open one. */
  #promised = false;
  /** Whether it may start once more: the server has said nothing yet, and it has not done so before. */
  #mayStartAgain = true;
  /** Heartbeats since anything was heard. */
  #missed = 0;
  #beats: ReturnType<typeof setInterval> | undefined;
  #delay = FIRST_DELAY;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #giveUp: ReturnType<typeof setTimeout> | undefined;
  /** Whether the page has been told that it is over, or wants to hear no more. */
  #silent = false;
  #finished = false;

  /** Starts a lab. */
  constructor(server: SandboxServer, start: Start, size: TerminalSize, events: ConnectionEvents) {
    this.#server = server;
    this.#start = start;
    this.#size = size;
    this.#events = events;
    this.#open();
  }

  /** Sends what was typed into a process’s terminal, cut into frames that the server takes. */
  input(process: number, bytes: Uint8Array): void {
    if (this.#sent.cost + bytes.length > MOST_KEPT) {
      this.#events.dropped(MOST_KEPT);
      return;
    }
    for (let at = 0; at < bytes.length; at += MAX_INPUT) {
      this.#say((seq) => encodeBytes(seq, process, bytes.subarray(at, at + MAX_INPUT)));
    }
  }

  /** Connects a client: the one named, or the next that is free. */
  connect(size: TerminalSize, client?: string): void {
    this.#order({ type: 'connect', ...size, ...(client === undefined ? {} : { client }) });
  }

  /** Starts a program that starts on demand. */
  launch(program: string, way: string | undefined, size: TerminalSize): void {
    this.#order({ type: 'launch', program, ...size, ...(way && { way }) });
  }

  resize(process: number, size: TerminalSize): void {
    this.#order({ type: 'resize', process, ...size });
  }

  /** Says whether the reader can see the lab: what nobody sees is not measured. */
  watch(watched: boolean): void {
    this.#order({ type: 'watch', watched });
  }

  /** Sends a crowd, changes the one that is there, or sends it away. */
  crowd({ count, talks }: CrowdOrder): void {
    this.#order({ type: 'crowd', count, talks });
  }

  /** Asks the server to end the session; it answers with the end. */
  stop(): void {
    this.#order({ type: 'stop' });
  }

  /**
   * Leaves without waiting for an answer: the server ends a session whose page says that it leaves. A
   * page that has lost its connection says so when it is back, unless that takes too long.
   */
  abandon(): void {
    this.#silent = true;
    this.stop();
    if (this.#phase !== 'away') this.#finish();
  }

  /** Tries at once to come back, if the connection is lost: something has changed. */
  hurry(): void {
    if (this.#phase !== 'away' || this.#socket || this.#finished) return;
    clearTimeout(this.#retry);
    this.#open();
  }

  #open(): void {
    const socket = this.#server.open(this.#path);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    let opened = false;
    const limit = setTimeout(() => {
      // No answer at all: nobody else has one.
      if (this.#phase === 'opening') this.#path = SESSION_PATH;
      socket.close();
    }, OPENING_LIMIT);
    socket.addEventListener('open', () => {
      clearTimeout(limit);
      if (this.#socket !== socket) return;
      opened = true;
      this.#opened(socket);
    });
    socket.addEventListener('message', (event) => {
      if (this.#socket === socket && event instanceof MessageEvent) this.#receive(event.data);
    });
    socket.addEventListener('close', (event) => {
      clearTimeout(limit);
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#closed(opened, event instanceof CloseEvent ? event.code : undefined);
    });
  }

  #opened(socket: Socket): void {
    this.#missed = 0;
    this.#beats = setInterval(() => this.#beat(), HEARTBEAT);
    const version = PROTOCOL_VERSION;
    if (this.#token === undefined) {
      const { lab, way, edits = [], check, measure } = this.#start;
      const own = {
        ...(edits.length > 0 && { edits: [...edits] }),
        ...(check !== undefined && { check }),
        ...(measure !== undefined && { measure }),
      };
      this.#aside({ type: 'start', version, lab, ...this.#size, ...(way && { way }), ...own });
      this.#phase = 'open';
      for (const frame of this.#sent.kept) socket.send(frame);
    } else {
      const received = this.#received.acknowledge();
      this.#aside({ type: 'resume', version, token: this.#token, received });
    }
  }

  #closed(opened: boolean, code: number | undefined): void {
    clearInterval(this.#beats);
    if (!opened && this.#phase === 'opening') this.#barred();
    else if (code === TOO_BIG) this.#end({ kind: 'lost', why: 'too-large' });
    else if (this.#token === undefined) this.#startAgain();
    else if (code !== undefined && FINAL.includes(code)) this.#end({ kind: 'lost', why: 'closed' });
    else this.#away();
  }

  /**
   * The WebSocket closed before the page was welcome. If the server had said nothing at all, as to a page
   * that is too busy to ask for its lab in time, the page asks once more. Should the server have begun a
   * session all the same, that ends like every one that nobody comes back to.
   */
  #startAgain(): void {
    if (!this.#mayStartAgain) {
      this.#end({ kind: 'lost', why: 'closed' });
      return;
    }
    this.#mayStartAgain = false;
    this.#phase = 'opening';
    this.#open();
  }

  /** No WebSocket opened. There may be no place free anywhere; else there is a reason. */
  #barred(): void {
    if (this.#path === SESSION_PATH) {
      void this.#explain();
    } else {
      this.#path = SESSION_PATH;
      this.#open();
    }
  }

  /** No WebSocket opened: says why, or tries once more if there is no reason. */
  async #explain(): Promise<void> {
    const barrier = await this.#server.barrier();
    if (this.#finished) return;
    if (barrier) {
      this.#end(barrier);
    } else if (this.#promised) {
      this.#end({ kind: 'no-upgrade' });
    } else {
      this.#promised = true;
      this.#open();
    }
  }

  /** The WebSocket is lost, or the one that was to replace it has not come about. */
  #away(): void {
    if (this.#phase !== 'away') {
      this.#phase = 'away';
      this.#delay = FIRST_DELAY;
      this.#giveUp = setTimeout(() => {
        this.#end({ kind: 'lost', why: 'closed' });
      }, this.#hold + NOTICE);
      if (!this.#silent) this.#events.away(true);
    }
    const wait = (this.#delay * (1 + Math.random())) / 2;
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
    this.#retry = setTimeout(() => this.#open(), wait);
  }

  #resumed(received: number): void {
    if (!this.#sent.acknowledge(received)) throw new ProtocolError('more than was sent');
    clearTimeout(this.#giveUp);
    this.#phase = 'open';
    for (const frame of this.#sent.kept) this.#socket?.send(frame);
    if (this.#silent) this.#finish();
    else this.#events.away(false);
  }

  /** A connection that has been silent for too long is lost, whatever the browser thinks of it. */
  #beat(): void {
    this.#missed += 1;
    if (this.#missed <= MISSED_BEATS) return;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(CLOSE_CODES.givenUp);
    this.#closed(true, undefined);
  }

  #order(message: Unnumbered<ClientMessage>): void {
    this.#say((seq) => JSON.stringify({ ...message, seq }));
  }

  /** Sends a frame, now or when there is a WebSocket, and keeps it until the server has it. */
  #say(make: (seq: number) => string | Uint8Array<ArrayBuffer>): void {
    if (this.#finished) return;
    const frame = this.#sent.keep(make);
    if (this.#phase === 'open') this.#write(frame);
  }

  #aside(message: Aside<ClientMessage>): void {
    this.#write(JSON.stringify(message));
  }

  #write(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(frame);
  }

  #receive(data: unknown): void {
    this.#missed = 0;
    this.#mayStartAgain = false;
    try {
      if (typeof data === 'string') {
        const message = parseServerMessage(data);
        if (!('seq' in message)) this.#hear(message);
        else if (this.#inSequence(message.seq, costOf(data))) this.#take(message);
      } else if (data instanceof ArrayBuffer) {
        const frame = new Uint8Array(data);
        const { seq, process, bytes } = decodeBytes(frame);
        if (this.#inSequence(seq, costOf(frame)) && !this.#silent) {
          this.#events.output(process, bytes);
        }
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end({ kind: 'lost', why: 'garbled' });
    }
  }

  /** What is about the connection. */
  #hear(message: Aside<ServerMessage>): void {
    switch (message.type) {
      case 'ack':
        if (!this.#sent.acknowledge(message.received)) throw new ProtocolError('never sent');
        if (this.#received.pending) this.#acknowledge();
        break;
      case 'resumed':
        this.#resumed(message.received);
        break;
      case 'gone':
        this.#end({ kind: 'lost', why: 'gone' });
    }
  }

  #take(message: Numbered<ServerMessage>): void {
    if (message.type === 'session-ended') {
      this.#end(message.end);
      return;
    }
    if (message.type === 'welcome' || message.type === 'queued') {
      if (message.version !== PROTOCOL_VERSION) {
        this.#end({ kind: 'outdated' });
        return;
      }
      this.#token = message.token;
      this.#path = message.server === undefined ? SESSION_PATH : serverPath(message.server);
      this.#hold = message.hold * 1000;
    }
    if (!this.#silent) this.#events.message(message);
  }

  #inSequence(seq: number, cost: number): boolean {
    if (!this.#received.take(seq, cost)) {
      this.#end({ kind: 'lost', why: 'gap' });
      return false;
    }
    if (this.#received.owes) this.#acknowledge();
    return true;
  }

  #acknowledge(): void {
    this.#aside({ type: 'ack', received: this.#received.acknowledge() });
  }

  #finish(): void {
    this.#finished = true;
    clearInterval(this.#beats);
    clearTimeout(this.#retry);
    clearTimeout(this.#giveUp);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(NORMAL);
  }

  #end(end: RunEnd): void {
    if (this.#finished) return;
    this.#finish();
    if (this.#silent) return;
    this.#silent = true;
    this.#events.over(end);
  }
}
