/** What the server sends on one WebSocket: numbered, and never more than the page takes. */
import { encodeOutput, type ServerMessage, type Unnumbered } from '../../protocol/messages.ts';

/** Above this many bytes not yet taken by the network, programs are paused. */
const HIGH_WATER = 512 * 1024;
/** Below this many they run on. */
const LOW_WATER = 128 * 1024;
/** Beyond this many the page is given up: what is left to send it are answers, and it takes none. */
const LIMIT = 4 * 1024 * 1024;

/** The part of a WebSocket that an outbox needs. */
export interface OutboxSocket {
  readonly OPEN: number;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(frame: string | Uint8Array, callback: () => void): void;
  terminate(): void;
}

/** Numbers frames, and tells when the page falls behind. */
export class Outbox {
  readonly #socket: OutboxSocket;
  readonly #onPressure: (full: boolean) => void;
  #seq = 0;
  #full = false;

  /** @param onPressure told true when the page has fallen behind, and false when it caught up */
  constructor(socket: OutboxSocket, onPressure: (full: boolean) => void) {
    this.#socket = socket;
    this.#onPressure = onPressure;
  }

  /** Sends a control message. */
  message(message: Unnumbered<ServerMessage>): void {
    this.#send(JSON.stringify({ ...message, seq: this.#seq++ }));
  }

  /**
   * Sends what a later message makes worthless (what gauges show, the sets of select), unless the page
   * has fallen behind.
   * @returns whether it was sent
   */
  passing(message: Unnumbered<ServerMessage>): boolean {
    if (this.#full) return false;
    this.message(message);
    return true;
  }

  /** Sends what a process printed. */
  output(process: number, bytes: Uint8Array): void {
    this.#send(encodeOutput(this.#seq++, process, bytes));
  }

  #send(frame: string | Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame, this.#sent);
    const waiting = this.#socket.bufferedAmount;
    if (waiting > LIMIT) {
      this.#socket.terminate();
    } else if (!this.#full && waiting >= HIGH_WATER) {
      this.#full = true;
      this.#onPressure(true);
    }
  }

  readonly #sent = (): void => {
    if (!this.#full || this.#socket.bufferedAmount > LOW_WATER) return;
    this.#full = false;
    this.#onPressure(false);
  };
}
