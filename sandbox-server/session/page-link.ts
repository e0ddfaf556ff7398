/**
 * The tie between a session and its page, over one WebSocket after another. A page that is lost has a
 * while to come back; until then its session goes on and keeps its place. A page that leaves ends it.
 */
import { randomBytes } from 'node:crypto';
import { CLOSE_CODES, ProtocolError } from '../../protocol/messages.ts';
import { Received } from '../../protocol/sequence.ts';
import type { Outbox, OutboxSocket } from './outbox.ts';
import type { Session } from './session.ts';

/** 128 bits, which nobody guesses: who has the token has the session. */
const TOKEN_BYTES = 16;
/** “Normal closure” of RFC 6455, 7.4.1. */
const NORMAL = 1000;

/** A token for a session. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** The part of a WebSocket that a link needs. */
export interface LinkSocket extends OutboxSocket {
  close(code: number, reason?: string): void;
  terminate(): void;
}

/** What a link ties. */
export interface LinkSetting {
  readonly session: Pick<Session, 'end' | 'over'>;
  readonly outbox: Outbox;
  /** How long the session waits for a page that is lost, in milliseconds. */
  readonly hold: number;
  /** Nobody can resume the session any more. Called once. */
  readonly forgotten: () => void;
}

/** A session’s link to its page. */
export class PageLink {
  readonly #setting: LinkSetting;
  readonly #received = new Received();
  #socket: LinkSocket | undefined;
  #absence: NodeJS.Timeout | undefined;
  /** Whether the page has answered what it was asked last. */
  #answers = true;
  #over = false;
  #forgotten = false;

  constructor(setting: LinkSetting, socket: LinkSocket) {
    this.#setting = setting;
    this.#socket = socket;
    void setting.session.over.then(() => {
      this.#over = true;
      // What is still kept goes to a page that is away when it comes back in time.
      this.#socket?.close(NORMAL);
    });
  }

  /** Whether the page is there, as far as can be told: a connection can be dead and not know it. */
  get present(): boolean {
    return this.#socket !== undefined && this.#answers;
  }

  /** The page has been asked whether it is there, and has answered, or not yet. */
  answers(socket: LinkSocket, answered: boolean): void {
    if (socket === this.#socket) this.#answers = answered;
  }

  /** Takes the number of a frame of the page’s. @throws ProtocolError when it is not the next one */
  take(seq: number, cost: number): void {
    if (!this.#received.take(seq, cost)) {
      throw new ProtocolError(`message ${seq} came instead of ${this.#received.next}`);
    }
    if (this.#received.owes) this.beat();
  }

  /** The page has everything before this number. @throws ProtocolError when it can’t have */
  acknowledge(received: number): void {
    if (!this.#setting.outbox.acknowledge(received)) {
      throw new ProtocolError(`${received} messages can’t have been received`);
    }
  }

  /** Says what has been received, and so that the server is there. */
  beat(): void {
    this.#setting.outbox.aside({ type: 'ack', received: this.#received.acknowledge() });
  }

  /**
   * The page has come back, having received so many frames. The WebSocket that it had before, if that
   * is still open, is closed: the newer one counts.
   * @returns whether the session goes on there
   */
  resume(socket: LinkSocket, received: number): boolean {
    const { outbox } = this.#setting;
    if (this.#forgotten || !outbox.acknowledge(received)) return false;
    clearTimeout(this.#absence);
    const before = this.#socket;
    this.#socket = socket;
    this.#answers = true;
    before?.close(CLOSE_CODES.replaced, 'the page is on another connection');
    before?.terminate();
    socket.send(JSON.stringify({ type: 'resumed', received: this.#received.acknowledge() }));
    outbox.attach(socket);
    if (this.#over) socket.close(NORMAL);
    return true;
  }

  /** A WebSocket is closed, and its page may come back on another. */
  lost(socket: LinkSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#setting.outbox.detach();
    // Nobody comes back to what is forgotten, as when the server closes.
    if (!this.#forgotten) this.#absence = setTimeout(() => this.#end(), this.#setting.hold);
  }

  /** A WebSocket is closed, and its page has no wish to come back. */
  left(socket: LinkSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#setting.outbox.detach();
    this.#end();
  }

  /** The page is there and takes nothing, or is away for too much. */
  giveUp(): void {
    this.#socket?.terminate();
    this.#socket = undefined;
    this.#setting.outbox.detach();
    this.#end();
  }

  /** Nothing is kept any longer for a page that may come back. */
  forget(): void {
    clearTimeout(this.#absence);
    if (this.#forgotten) return;
    this.#forgotten = true;
    this.#setting.forgotten();
  }

  #end(): void {
    this.forget();
    void this.#setting.session.end({ kind: 'stopped' });
  }
}
