/**
 * What the server says in one session: numbered, kept until the page has it, and never more than the
 * page takes. It goes out on whatever WebSocket the page has now; while there is none, it waits.
 */
import {
  encodeBytes,
  type Aside,
  type ServerMessage,
  type Unnumbered,
} from '../../protocol/messages.ts';
import { Sent } from '../../protocol/sequence.ts';

/** Above this many bytes that the page has not acknowledged, programs are paused. */
const HIGH_WATER = 512 * 1024;
/** Below this many they run on. */
const LOW_WATER = 128 * 1024;
/** Beyond this many the page is given up: what is left to send it are answers, and it takes none. */
const LIMIT = 4 * 1024 * 1024;
/**
 * What can be told later, or left out, is sent only below this many: on a slow network, what a terminal shows
 * would come after all of it. A page acknowledges 64 KiB at once, and less only now and then.
 */
const SPARE_WATER = 96 * 1024;
/** What is outside the sequence waits for the network too: no more of it above this many bytes. */
const ASIDE_LIMIT = 64 * 1024;

/** The part of a WebSocket that an outbox needs. */
export interface OutboxSocket {
  readonly OPEN: number;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(frame: string | Uint8Array): void;
}

/** Told how the page keeps up. */
export interface OutboxEvents {
  /** True: the page has fallen behind. False: it has caught up. */
  pressure(full: boolean): void;
  /** The page takes nothing at all. Called once; from then on nothing is kept or sent. */
  overflow(): void;
  /** Something that a later message makes worthless was left out, because the page has fallen behind. */
  skipped?(): void;
}

/** Numbers frames, keeps them until they are acknowledged, and tells when the page falls behind. */
export class Outbox {
  #events: OutboxEvents;
  readonly #sent = new Sent();
  #socket: OutboxSocket | undefined;
  #full = false;
  #closed = false;

  constructor(socket: OutboxSocket, events: OutboxEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  /** From now on these are told. Its numbers go on: a page may have been answered before it has a session. */
  reportTo(events: OutboxEvents): void {
    this.#events = events;
  }

  /** Sends a control message. */
  message(message: Unnumbered<ServerMessage>): void {
    this.#send((seq) => JSON.stringify({ ...message, seq }));
  }

  /**
   * Sends what a later message makes worthless (what gauges show, the sets of select), unless the page
   * has fallen behind or is not there.
   * @returns whether it was sent
   */
  passing(message: Unnumbered<ServerMessage>): boolean {
    if (this.#full) this.#events.skipped?.();
    if (this.#full || !this.#socket) return false;
    this.message(message);
    return true;
  }

  /**
   * Sends what can wait: only when the page has nearly all that was sent before.
   * @returns whether it was sent
   */
  spare(message: Unnumbered<ServerMessage>): boolean {
    return this.#sent.cost < SPARE_WATER && this.passing(message);
  }

  /** Sends what a process printed. */
  output(process: number, bytes: Uint8Array): void {
    this.#send((seq) => encodeBytes(seq, process, bytes));
  }

  /** Says something about the connection, which nobody misses if it does not arrive. */
  aside(message: Aside<ServerMessage>): void {
    if (this.#socket && this.#socket.bufferedAmount <= ASIDE_LIMIT) {
      write(this.#socket, JSON.stringify(message));
    }
  }

  /**
   * The page has everything before this number.
   * @returns false when it can’t have
   */
  acknowledge(received: number): boolean {
    if (!this.#sent.acknowledge(received)) return false;
    if (this.#full && this.#sent.cost <= LOW_WATER) {
      this.#full = false;
      this.#events.pressure(false);
    }
    return true;
  }

  /** The page is on this WebSocket now: what it has not acknowledged is sent again. */
  attach(socket: OutboxSocket): void {
    this.#socket = socket;
    for (const frame of this.#sent.kept) write(socket, frame);
  }

  /** The page is on no WebSocket. */
  detach(): void {
    this.#socket = undefined;
  }

  #send(make: (seq: number) => string | Uint8Array): void {
    if (this.#closed) return;
    const frame = this.#sent.keep(make);
    if (this.#socket) write(this.#socket, frame);
    if (this.#sent.cost > LIMIT) {
      this.#closed = true;
      this.#events.overflow();
    } else if (!this.#full && this.#sent.cost >= HIGH_WATER) {
      this.#full = true;
      this.#events.pressure(true);
    }
  }
}

function write(socket: OutboxSocket, frame: string | Uint8Array): void {
  if (socket.readyState === socket.OPEN) socket.send(frame);
}
