/** One WebSocket to the sandbox server, which is one session there, from `start` to the reason it ended. */
import {
  decodeOutput,
  encodeInput,
  MAX_INPUT,
  parseServerMessage,
  PROTOCOL_VERSION,
  ProtocolError,
  type ClientMessage,
  type ServerMessage,
  type TerminalSize,
} from '../protocol/messages.ts';
import type { RunEnd } from './status.ts';

/** A message about what goes on in a running session. */
export type ConnectionMessage = Exclude<ServerMessage, { type: 'session-ended' }>;

/** Told of what the server sends. */
export interface ConnectionEvents {
  message(message: ConnectionMessage): void;
  output(process: number, bytes: Uint8Array): void;
  /** Called once, last. */
  over(end: RunEnd): void;
}

/** The part of a WebSocket that a connection uses, so that a test can bring its own. */
export interface Socket extends EventTarget {
  binaryType: BinaryType;
  readonly readyState: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

const OPEN = 1;
/** WebSocket close code “message too big”. */
const TOO_BIG = 1009;

/** A page’s side of a session: its connection to the sandbox server. */
export class Connection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  #opened = false;
  #over = false;
  #nextSeq: number | undefined;

  /**
   * Starts a lab over a socket that is being opened.
   * @param start which lab, and which way of its server program if it has several
   */
  constructor(
    socket: Socket,
    start: { readonly lab: string; readonly way: string | undefined },
    size: TerminalSize,
    events: ConnectionEvents,
  ) {
    this.#socket = socket;
    this.#events = events;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      this.#opened = true;
      const { lab, way } = start;
      this.#send({ type: 'start', version: PROTOCOL_VERSION, lab, ...size, ...(way && { way }) });
    });
    socket.addEventListener('message', (event) => {
      if (event instanceof MessageEvent) this.#receive(event.data);
    });
    socket.addEventListener('close', (event) => {
      const tooBig = event instanceof CloseEvent && event.code === TOO_BIG;
      if (tooBig) this.#end({ kind: 'lost', why: 'too-large' });
      else this.#end(this.#opened ? { kind: 'lost', why: 'closed' } : { kind: 'unreachable' });
    });
  }

  /** Sends what was typed into a process’s terminal, cut into frames that the server takes. */
  input(process: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += MAX_INPUT) {
      this.#sendFrame(encodeInput(process, bytes.subarray(at, at + MAX_INPUT)));
    }
  }

  /** Connects a client: the one named, or the next that is free. */
  connect(size: TerminalSize, client?: string): void {
    this.#send({ type: 'connect', ...size, ...(client === undefined ? {} : { client }) });
  }

  /** Starts a program that starts on demand. */
  launch(program: string, way: string | undefined, size: TerminalSize): void {
    this.#send({ type: 'launch', program, ...size, ...(way && { way }) });
  }

  resize(process: number, size: TerminalSize): void {
    this.#send({ type: 'resize', process, ...size });
  }

  /** Asks the server to end the session; it answers with the end. */
  stop(): void {
    this.#send({ type: 'stop' });
  }

  /** Leaves without waiting for an answer: the server ends a session whose page is gone. */
  abandon(): void {
    this.#over = true;
    this.stop();
    this.#socket.close();
  }

  #send(message: ClientMessage): void {
    this.#sendFrame(JSON.stringify(message));
  }

  #sendFrame(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(frame);
  }

  #receive(data: unknown): void {
    if (this.#over) return;
    try {
      if (typeof data === 'string') {
        const message = parseServerMessage(data);
        if (this.#inSequence(message.seq)) this.#take(message);
      } else if (data instanceof ArrayBuffer) {
        const { seq, process, bytes } = decodeOutput(new Uint8Array(data));
        if (this.#inSequence(seq)) this.#events.output(process, bytes);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end({ kind: 'lost', why: 'garbled' });
    }
  }

  #take(message: ServerMessage): void {
    if (message.type === 'session-ended') {
      this.#end(message.end);
      return;
    }
    if (message.type === 'welcome' && message.version !== PROTOCOL_VERSION) {
      this.#end({ kind: 'outdated' });
      return;
    }
    this.#events.message(message);
  }

  /** The first frame gives the start of the sequence; from then on none may be missing. */
  #inSequence(seq: number): boolean {
    const expected = this.#nextSeq ?? seq;
    this.#nextSeq = seq + 1;
    if (seq === expected) return true;
    this.#end({ kind: 'lost', why: 'gap' });
    return false;
  }

  #end(end: RunEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.close();
    this.#events.over(end);
  }
}
