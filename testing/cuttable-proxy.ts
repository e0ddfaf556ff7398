/** A network between a page and its server that can be cut, and mended. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes connections on to a port of this computer, byte for byte, unless it is told not to. */
export class CuttableProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Map<Socket, Socket>();
  #refuses = false;
  #swallows = false;
  /** What the server said that has been swallowed, a character for each byte. */
  swallowed = '';
  /** How many connections were refused. */
  refused = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#connect(near));
  }

  /** Starts one. */
  static async start(target: number): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || !address) throw new Error('the proxy does not listen');
    return `http://127.0.0.1:${address.port}/`;
  }

  /** From now on nothing of what the server says arrives, and nobody is told. */
  swallow(): void {
    this.#swallows = true;
  }

  /** Resets every connection, and all that are made until {@link mend}. */
  cut(): void {
    this.#refuses = true;
    for (const socket of this.#pairs.keys()) socket.resetAndDestroy();
  }

  /** Passes everything on again. */
  mend(): void {
    this.#refuses = this.#swallows = false;
  }

  #connect(near: Socket): void {
    near.on('error', () => {});
    if (this.#refuses) {
      this.refused += 1;
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#target, '127.0.0.1');
    far.on('error', () => {});
    this.#pairs.set(near, far);
    near.on('data', (bytes: Buffer) => far.write(bytes));
    far.on('data', (bytes: Buffer) => {
      if (this.#swallows) this.swallowed += bytes.toString('latin1');
      else near.write(bytes);
    });
    near.on('close', () => {
      this.#pairs.delete(near);
      // The other end learns of a reset by a reset, as of a broken network.
      far.resetAndDestroy();
    });
    far.on('close', () => near.destroy());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
