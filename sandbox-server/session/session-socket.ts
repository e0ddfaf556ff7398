/** One WebSocket of a page’s: what comes in on it, how much of that, and which session hears it. */
import type { RawData, WebSocket } from 'ws';
import { Allowance } from '../allowance.ts';
import type { LastResort, Owner } from '../last-resort.ts';
import { Outbox } from './outbox.ts';
import {
  HEARTBEAT,
  MAX_CLIENT_FRAME,
  MAX_START_FRAME,
  MISSED_BEATS,
  ProtocolError,
  decodeBytes,
  parseClientMessage,
  type ClientMessage,
  type Numbered,
  type SessionEnd,
} from '../../protocol/messages.ts';
import { costOf } from '../../protocol/sequence.ts';
import type { LinkSocket, PageLink } from './page-link.ts';
import type { Session } from './session.ts';

/**
 * The most time between opening a WebSocket and asking for a lab, in milliseconds: as long as a connection
 * may be silent. A page on a busy computer needs ten seconds between the two.
 */
const START_DEADLINE = MISSED_BEATS * HEARTBEAT;
/** A page of ours makes no frame that the protocol does not have; after so many it is closed. */
const MAX_ERRORS = 8;
/** How often one of them is forgiven: a second. */
const FORGIVEN_A_SECOND = 1 / 60;
/** The longest message that the protocol has is a fraction of this, in bytes; what is typed is longer, and a start. */
const MAX_MESSAGE = 1024;
/** How a start begins as a page writes it. */
const START_HEAD = Buffer.from('{"type":"start",');
/** Bytes a second that are read without a pause, and how many at once: a long text that is pasted. */
const BYTES_A_SECOND = 256 * 1024;
const BYTES_AT_ONCE = 1024 * 1024;
/** Frames a second that are read without a pause, and how many of them at once: typing makes 50. */
const FRAMES_A_SECOND = 1000;
const FRAMES_AT_ONCE = 2000;
/** How often a reader is told why something could not be done, at most: a second, and at once. */
const COMPLAINTS_A_SECOND = 2;
const COMPLAINTS_AT_ONCE = 8;

/** Close codes of RFC 6455, 7.4.1. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const NO_CODE = 1005;
const PROTOCOL_ERROR = 1002;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** With these a page says that it leaves; a connection that breaks says nothing. */
const LEAVING: readonly number[] = [NORMAL, GOING_AWAY, NO_CODE];

/** The message that opens a session. */
export type StartMessage = Extract<ClientMessage, { type: 'start' }>;
/** The message that comes back to one. */
export type ResumeMessage = Extract<ClientMessage, { type: 'resume' }>;

/** A session, what it says, and its tie to its page. */
export interface LinkedSession {
  readonly session: Session;
  readonly outbox: Outbox;
  readonly link: PageLink;
}

/** Where a page gets its session. */
export interface Sessions {
  /**
   * Makes the session that a page asks for, and starts it or puts it into the queue.
   * @returns the session, or why there is none
   */
  start(message: StartMessage, outbox: Outbox, socket: LinkSocket): LinkedSession | SessionEnd;
  /** Finds the session that a page comes back to, and puts it on this WebSocket. */
  resume(message: ResumeMessage, socket: LinkSocket): LinkedSession | undefined;
}

/** A WebSocket, from its opening to its end. */
export class SessionSocket implements Owner {
  readonly #socket: WebSocket;
  readonly #sessions: Sessions;
  readonly #lastResort: LastResort;
  #outbox: Outbox;
  readonly #deadline: NodeJS.Timeout;
  readonly #frames = new Allowance(FRAMES_AT_ONCE, FRAMES_A_SECOND, performance.now());
  readonly #bytes = new Allowance(BYTES_AT_ONCE, BYTES_A_SECOND, performance.now());
  readonly #errors = new Allowance(MAX_ERRORS - 1, FORGIVEN_A_SECOND, performance.now());
  readonly #complaints = new Allowance(COMPLAINTS_AT_ONCE, COMPLAINTS_A_SECOND, performance.now());
  #linked: LinkedSession | undefined;
  #resume: NodeJS.Timeout | undefined;
  /** How many pings were sent since anything came. */
  #unanswered = 0;
  /** Whether what came is so wrong that nobody is waited for. */
  #broken = false;

  constructor(socket: WebSocket, sessions: Sessions, lastResort: LastResort) {
    this.#socket = socket;
    this.#sessions = sessions;
    this.#lastResort = lastResort;
    this.#outbox = new Outbox(socket, {
      // Until it has a session, which may outlive this WebSocket.
      pressure: () => {},
      overflow: () => socket.terminate(),
    });
    this.#deadline = setTimeout(() => {
      socket.close(PROTOCOL_ERROR, 'no start message');
    }, START_DEADLINE);
    socket.on('ping', (data) => this.#count(data.length));
    socket.on('pong', (data) => this.#count(data.length));
    socket.on('close', (code) => {
      clearTimeout(this.#deadline);
      clearTimeout(this.#resume);
      if (this.#broken || LEAVING.includes(code)) this.#linked?.link.left(socket);
      else this.#linked?.link.lost(socket);
    });
    // A frame over the payload limit or against RFC 6455: ws closes the socket with the code for it.
    socket.on('error', () => {
      this.#broken = true;
    });
    socket.on('message', (data, isBinary) => {
      this.#count(sizeOf(data));
      // Closing takes a round trip, and a session begun in it would be heard by nobody.
      if (socket.readyState === socket.OPEN) this.#take(data, isBinary);
    });
  }

  /**
   * Asks whether the page is there; one that has not answered for so long is lost. A browser answers
   * pings whatever its page does, and does not show them to it: for the page there is another word.
   */
  beat(): void {
    if (this.#unanswered >= MISSED_BEATS) {
      this.#socket.terminate();
      return;
    }
    if (this.#unanswered > 0) this.#linked?.link.answers(this.#socket, false);
    this.#unanswered += 1;
    this.#socket.ping();
    this.#linked?.link.beat();
  }

  fail(): void {
    const end: SessionEnd = { kind: 'failed', message: 'The sandbox server made a mistake.' };
    if (this.#linked) {
      void this.#linked.session.end(end);
    } else {
      this.#outbox.message({ type: 'session-ended', end });
      this.#socket.close(INTERNAL_ERROR);
    }
  }

  /** Reads slower when more comes than any page sends: TCP then slows the sender. */
  #count(bytes: number): void {
    if (this.#unanswered > 0) this.#linked?.link.answers(this.#socket, true);
    this.#unanswered = 0;
    const now = performance.now();
    this.#frames.use(1, now);
    this.#bytes.use(bytes, now);
    const wait = Math.max(this.#frames.overdrawn(now), this.#bytes.overdrawn(now));
    if (wait === 0 || this.#resume) return;
    this.#socket.pause();
    this.#resume = setTimeout(() => {
      this.#resume = undefined;
      this.#socket.resume();
    }, wait);
  }

  #take(data: RawData, isBinary: boolean): void {
    this.#lastResort.on(this, () => {
      try {
        this.#read(toBytes(data), isBinary);
      } catch (error) {
        if (error instanceof ProtocolError) this.#reject(error);
        else this.#lastResort.take(error);
      }
    });
  }

  #read(bytes: Buffer, isBinary: boolean): void {
    const linked = this.#linked;
    // Only the first message may bring programs along, and what else is long is not even parsed.
    const starts = !linked && bytes.subarray(0, START_HEAD.length).equals(START_HEAD);
    const most = isBinary ? MAX_CLIENT_FRAME : starts ? MAX_START_FRAME : MAX_MESSAGE;
    if (bytes.length > most) {
      throw new ProtocolError(`a message of ${bytes.length} bytes is too large: at most ${most}`);
    }
    if (isBinary) {
      if (!linked) throw new ProtocolError('there is no session yet: start one first');
      const { seq, process, bytes: typed } = decodeBytes(bytes);
      linked.link.take(seq, costOf(bytes));
      this.#complain(linked.session.input(process, typed));
      return;
    }
    const message = parseClientMessage(bytes.toString());
    switch (message.type) {
      case 'start':
      case 'resume':
        if (linked) throw new ProtocolError('this connection has its session already');
        clearTimeout(this.#deadline);
        if (message.type === 'start') this.#start(message);
        else this.#comeBack(message);
        break;
      case 'ack':
        linked?.link.acknowledge(message.received);
        break;
      default:
        if (!linked) throw new ProtocolError('there is no session yet: start one first');
        linked.link.take(message.seq, costOf(bytes));
        this.#handle(message, linked.session);
    }
  }

  #start(message: StartMessage): void {
    const started = this.#sessions.start(message, this.#outbox, this.#socket);
    if ('kind' in started) {
      this.#outbox.message({ type: 'session-ended', end: started });
      this.#socket.close(NORMAL);
      return;
    }
    this.#linked = started;
  }

  #comeBack(message: ResumeMessage): void {
    this.#linked = this.#sessions.resume(message, this.#socket);
    if (this.#linked) {
      this.#outbox = this.#linked.outbox;
      return;
    }
    this.#outbox.aside({ type: 'gone' });
    this.#socket.close(NORMAL);
  }

  #handle(message: Numbered<ClientMessage>, session: Session): void {
    switch (message.type) {
      case 'connect':
        this.#complain(session.connect(message.client, message));
        break;
      case 'launch':
        this.#complain(session.launch(message.program, message.way, message));
        break;
      case 'crowd':
        this.#complain(session.crowd(message));
        break;
      case 'resize':
        session.resize(message.process, message);
        break;
      case 'watch':
        session.watch(message.watched);
        break;
      case 'stop':
        void session.end({ kind: 'stopped' });
    }
  }

  /** Tells the reader why something could not be done, unless they were just told so often. */
  #complain(message: string | undefined): void {
    const now = performance.now();
    if (message === undefined || this.#complaints.overdrawn(now) > 0) return;
    this.#complaints.use(1, now);
    this.#outbox.message({ type: 'error', message });
  }

  /** An answer is owed for a frame that is not of the protocol, but not for any number of them. */
  #reject({ message }: ProtocolError): void {
    this.#outbox.message({ type: 'error', message });
    const now = performance.now();
    this.#errors.use(1, now);
    if (this.#errors.overdrawn(now) === 0) return;
    this.#broken = true;
    this.#socket.close(POLICY_VIOLATION, `${MAX_ERRORS} messages were not of the protocol`);
  }
}

function sizeOf(data: RawData): number {
  return Array.isArray(data)
    ? data.reduce((size, { length }) => size + length, 0)
    : data.byteLength;
}

function toBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
