import assert from 'node:assert/strict';
import { AF_INET, AF_UNIX, SockaddrStorage } from '../sys/address.ts';
import type { IPv4Address } from '../sys/address.ts';
import { close, read, write } from '../sys/descriptor.ts';
import {
  SOCK_NONBLOCK,
  SOCK_STREAM,
  accept4,
  bind,
  connect,
  getsockname,
  listen,
  socket,
  socketpair,
} from '../sys/socket.ts';

/** 127.0.0.1 and any free port. */
export const LOOPBACK: IPv4Address = { family: 'IPv4', address: '127.0.0.1', port: 0 };

/** Two connected nonblocking sockets, closed at the end of a `using` block unless that was done. */
export class Pair implements Disposable {
  readonly a: number;
  readonly b: number;
  readonly #open = new Set<number>();

  constructor() {
    const pair = new Int32Array(2);
    assert.equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    const [a, b] = pair;
    assert.ok(a !== undefined && b !== undefined);
    this.a = a;
    this.b = b;
    this.#open.add(a).add(b);
  }

  /** Closes one end. */
  close(fd: number): void {
    assert.ok(this.#open.delete(fd));
    assert.equal(close(fd), 0);
  }

  /** Leaves it to someone else to close an end. */
  release(fd: number): number {
    assert.ok(this.#open.delete(fd));
    return fd;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) close(fd);
  }
}

/** Writes a whole string. */
export function put(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  assert.equal(write(fd, bytes), bytes.length);
}

/** Reads what is there, up to 64 KiB, or says that nothing is: null. */
export function get(fd: number): string | null {
  const bytes = Buffer.alloc(65536);
  const count = read(fd, bytes);
  return count < 0 ? null : bytes.toString('latin1', 0, count);
}

/** The port that a socket is bound to. */
export function portOf(fd: number): number {
  const storage = new SockaddrStorage();
  assert.equal(getsockname(fd, storage), 0);
  const address = storage.decode();
  assert.ok(address.family !== 'Unix');
  return address.port;
}

/** Connects a blocking client to a port of 127.0.0.1; the kernel does it without any accept. */
export function connectTo(port: number): number {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  assert.ok(fd >= 0);
  assert.equal(connect(fd, { ...LOOPBACK, port }), 0);
  return fd;
}

/** Two connected TCP sockets: the server's is nonblocking, the client's is not. */
export class TcpPair implements Disposable {
  readonly server: number;
  readonly client: number;
  readonly #open = new Set<number>();

  constructor() {
    const listener = socket(AF_INET, SOCK_STREAM, 0);
    assert.equal(bind(listener, LOOPBACK), 0);
    assert.equal(listen(listener, 1), 0);
    this.client = connectTo(portOf(listener));
    this.server = accept4(listener, null, SOCK_NONBLOCK);
    assert.ok(this.server >= 0);
    close(listener);
    this.#open.add(this.server).add(this.client);
  }

  /** Closes one end. */
  close(fd: number): void {
    assert.ok(this.#open.delete(fd));
    assert.equal(close(fd), 0);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) close(fd);
  }
}
