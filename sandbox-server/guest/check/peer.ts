/** A connection to the program that is checked, by somebody who need not be polite. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** Bytes that are taken from a program; what sends more is cut off. */
const MOST_RECEIVED = 64 * 1024 * 1024;

/** One connection. All bytes are characters of Latin-1, one each. */
export class Peer {
  /** As in the words of a step: `Alice`. */
  readonly name: string;
  readonly #port: number;
  readonly #changed: () => void;
  readonly #chunks: Buffer[] = [];
  #socket: Socket | undefined;
  #sent: string[] = [];
  #length = 0;
  #joined: string | undefined;
  #connected = false;
  #ended = false;
  #halfClosed = false;
  #left = false;
  #reading = true;
  #error: string | undefined;
  #flooded = false;

  /** @param changed called whenever something is different from before */
  constructor(name: string, port: number, changed: () => void) {
    this.name = name;
    this.#port = port;
    this.#changed = changed;
  }

  /** Connects. Resolves when the connection stands, or can’t: connect(2). */
  async connect(): Promise<void> {
    const socket = createConnection({ host: '127.0.0.1', port: this.#port, allowHalfOpen: true });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('end', () => {
      this.#ended = true;
      this.#changed();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error ??= error.code ?? error.message;
      this.#changed();
    });
    try {
      await once(socket, 'connect');
      this.#connected = true;
    } catch {
      // Heard above.
    }
    this.#changed();
  }

  /** Sends bytes in one write; the kernel makes one segment of it if it fits. */
  send(bytes: string): void {
    this.#sent.push(bytes);
    this.#socket?.write(bytes, 'latin1');
  }

  /** Shuts down its own side: shutdown(2), SHUT_WR. */
  halfClose(): void {
    this.#halfClosed = true;
    this.#socket?.end();
  }

  /** Ends the connection with a reset instead of an end: tcp(7). */
  reset(): void {
    this.#left = true;
    this.#socket?.resetAndDestroy();
  }

  /** Goes away: close(2). Nothing more is heard of it. */
  leave(): void {
    this.#left = true;
    this.#socket?.destroy();
  }

  /** Reads nothing more, so that what the program sends has to wait. */
  stopReading(): void {
    this.#reading = false;
    this.#socket?.pause();
  }

  /** Reads again. */
  readAgain(): void {
    this.#reading = true;
    this.#socket?.resume();
  }

  /** Everything it has sent. */
  get sent(): string {
    if (this.#sent.length > 1) this.#sent = [this.#sent.join('')];
    return this.#sent[0] ?? '';
  }

  /** How many bytes of that the kernel has no room for yet. */
  get unsent(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** Everything that has come. */
  get received(): string {
    this.#joined ??= Buffer.concat(this.#chunks).toString('latin1');
    return this.#joined;
  }

  /** How many bytes have come. */
  get receivedLength(): number {
    return this.#length;
  }

  /** It had a connection at some time. */
  get connected(): boolean {
    return this.#connected;
  }

  /** The program has closed its side. */
  get ended(): boolean {
    return this.#ended;
  }

  /** It has shut down its own side. */
  get halfClosed(): boolean {
    return this.#halfClosed;
  }

  /** It reads what comes. */
  get reading(): boolean {
    return this.#reading;
  }

  /** What broke its connection: `ECONNRESET`. */
  get error(): string | undefined {
    return this.#error;
  }

  /** It has gone away by itself. */
  get left(): boolean {
    return this.#left;
  }

  /** More came than any program has to say, and the rest was not taken. */
  get flooded(): boolean {
    return this.#flooded;
  }

  /** The connection stands in at least one direction. */
  get isOpen(): boolean {
    return this.#connected && !this.#left && !this.#ended && this.#error === undefined;
  }

  /** It can still send. */
  get canSend(): boolean {
    return this.isOpen && !this.#halfClosed;
  }

  /** Its own port, for /proc/net/tcp; undefined without a connection. */
  get localPort(): number | undefined {
    return this.#socket?.localPort;
  }

  #take(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    this.#joined = undefined;
    if (this.#length > MOST_RECEIVED) {
      this.#flooded = true;
      this.#socket?.destroy();
    }
    this.#changed();
  }
}
