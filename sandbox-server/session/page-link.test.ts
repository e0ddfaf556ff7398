/**
 * The page’s connection and the server’s link, the real ones, on WebSockets that break at any moment:
 * whatever is said in either direction arrives once and in order.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Connection, type Socket } from '../../lab/connection.ts';
import {
  decodeBytes,
  parseClientMessage,
  PROTOCOL_VERSION,
  type ServerMessage,
  type Unnumbered,
} from '../../protocol/messages.ts';
import { costOf } from '../../protocol/sequence.ts';
import { Outbox } from './outbox.ts';
import { newToken, PageLink, type LinkSocket } from './page-link.ts';
import type { SessionOver } from './session.ts';

const PROCESS = 1;
const NO_EVENTS = { pressure: () => {}, overflow: () => {} };

/** Frames on their way, oldest first. */
type Wire = (string | Uint8Array)[];

/** A WebSocket, both ends in one: what is sent waits on a wire until it is delivered. */
class Pipe extends EventTarget implements Socket {
  readonly toServer: Wire = [];
  readonly toPage: Wire = [];
  binaryType: BinaryType = 'arraybuffer';
  readyState = 0;
  readonly server: LinkSocket;

  constructor() {
    super();
    const isOpen = (): boolean => this.readyState === 1;
    this.server = {
      OPEN: 1,
      get readyState() {
        return isOpen() ? 1 : 3;
      },
      bufferedAmount: 0,
      send: (frame) => void this.toPage.push(frame),
      close: () => {},
      terminate: () => this.break(),
    };
  }

  send(frame: string | Uint8Array): void {
    this.toServer.push(frame);
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  /** It breaks, and what is on its way is lost. */
  break(): void {
    if (this.readyState > 1) return;
    this.readyState = 3;
    this.toServer.length = this.toPage.length = 0;
    this.dispatchEvent(new CloseEvent('close', { code: 1006 }));
  }

  deliverToPage(): boolean {
    const frame = this.toPage.shift();
    if (frame === undefined) return false;
    const data = typeof frame === 'string' ? frame : new Uint8Array(frame).buffer;
    this.dispatchEvent(new MessageEvent('message', { data }));
    return true;
  }
}

/** A page and a server that talk. */
class Conversation implements Disposable {
  readonly heard: string[] = [];
  readonly typed: string[] = [];
  readonly #pipes: Pipe[] = [];
  readonly #over = Promise.withResolvers<SessionOver>();
  readonly connection: Connection;
  outbox: Outbox | undefined;
  link: PageLink | undefined;
  ended = false;

  constructor() {
    this.connection = new Connection(
      {
        open: () => {
          const pipe = new Pipe();
          this.#pipes.push(pipe);
          return pipe;
        },
        barrier: () => Promise.resolve({ kind: 'unreachable' }),
      },
      { lab: 'lab', way: undefined },
      { cols: 80, rows: 24 },
      {
        message: (message) => {
          if (message.type === 'error') this.heard.push(message.message);
        },
        output: (_, bytes) => void this.heard.push(new TextDecoder().decode(bytes)),
        away: () => {},
        dropped: () => {},
        over: () => (this.ended = true),
      },
    );
    // A session that has begun: what comes before it is tested elsewhere.
    this.pipe.open();
    while (this.deliverToServer());
    while (this.pipe.deliverToPage());
  }

  get pipe(): Pipe {
    const last = this.#pipes.at(-1);
    if (!last) throw new Error('nothing was opened');
    return last;
  }

  say(message: Unnumbered<ServerMessage>): void {
    this.outbox?.message(message);
  }

  deliverToServer(): boolean {
    const { pipe } = this;
    const frame = pipe.toServer.shift();
    if (frame === undefined) return false;
    if (typeof frame !== 'string') {
      const { seq, bytes } = decodeBytes(frame);
      this.link?.take(seq, costOf(frame));
      this.typed.push(new TextDecoder().decode(bytes));
      return true;
    }
    const message = parseClientMessage(frame);
    if (message.type === 'ack') this.link?.acknowledge(message.received);
    else if (message.type === 'resume') this.link?.resume(pipe.server, message.received);
    else if (message.type === 'start') this.#begin(pipe.server);
    return true;
  }

  #begin(socket: LinkSocket): void {
    const outbox = new Outbox(socket, NO_EVENTS);
    const session = { end: () => this.#over.promise, over: this.#over.promise };
    this.link = new PageLink({ session, outbox, hold: 3_600_000, forgotten: () => {} }, socket);
    this.outbox = outbox;
    outbox.message({
      ...{ type: 'welcome', version: PROTOCOL_VERSION, session: 'a session', token: newToken() },
      ...{ isolation: 'none', seconds: 600, hold: 0 },
    });
  }

  /** The connection breaks; the server hears of it now, or only when the page is back. */
  cut(serverKnows: boolean): void {
    const { pipe } = this;
    pipe.break();
    if (serverKnows) this.link?.lost(pipe.server);
    this.connection.hurry();
  }

  [Symbol.dispose](): void {
    this.connection.abandon();
    this.link?.forget();
  }
}

/** What may happen. */
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('type'), text: fc.string() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('print'), text: fc.string() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('say'), text: fc.string() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flood'), text: fc.string() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('beat'), text: fc.constant('') }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('to server'), text: fc.constant('') }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('to page'), text: fc.constant('') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('open'), text: fc.constant('') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut, known'), text: fc.constant('') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut'), text: fc.constant('') }) },
);

test('whatever breaks, and when: everything arrives once, in order, both ways', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), (events) => {
      using talk = new Conversation();
      const printed: string[] = [];
      const typed: string[] = [];
      let number = 0;
      const open = (): void => {
        if (talk.pipe.readyState === 0) talk.pipe.open();
      };
      for (const { kind, text } of events) {
        const words = `${number++} ${text}`;
        const bytes = new TextEncoder().encode(kind === 'flood' ? words.padEnd(40_000) : words);
        switch (kind) {
          case 'type':
            typed.push(words);
            talk.connection.input(PROCESS, bytes);
            break;
          case 'print':
          case 'flood':
            printed.push(new TextDecoder().decode(bytes));
            talk.outbox?.output(PROCESS, bytes);
            break;
          case 'say':
            printed.push(words);
            talk.say({ type: 'error', message: words });
            break;
          case 'beat':
            talk.link?.beat();
            break;
          case 'to server':
            talk.deliverToServer();
            break;
          case 'to page':
            talk.pipe.deliverToPage();
            break;
          case 'open':
            open();
            break;
          default:
            talk.cut(kind === 'cut, known');
        }
      }
      // The network is well again.
      open();
      for (let moved = true; moved;) {
        const one = talk.deliverToServer();
        const other = talk.pipe.deliverToPage();
        moved = one || other;
      }
      assert.deepEqual(talk.heard, printed);
      assert.deepEqual(talk.typed, typed);
      assert.equal(talk.ended, false);
    }),
    { numRuns: 500 },
  );
});
