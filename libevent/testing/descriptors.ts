import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before } from 'node:test';
import { EVLOOP_NONBLOCK, EVLOOP_ONCE } from '../core/loop.ts';
import type { EventBase } from '../event/event_base.ts';
import { AF_INET, AF_UNIX, SockaddrStorage } from '../sys/address.ts';
import type { IPv4Address } from '../sys/address.ts';
import { close, read, write } from '../sys/descriptor.ts';
import {
  SOCK_NONBLOCK,
  SOCK_STREAM,
  connect,
  getsockname,
  socket,
  socketpair,
} from '../sys/socket.ts';

/** 127.0.0.1 and any free port. */
export const LOOPBACK: IPv4Address = { family: 'IPv4', address: '127.0.0.1', port: 0 };

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Fails the test file if it leaves descriptors open. */
export function checkDescriptors(): void {
  let count = 0;
  before(() => {
    count = countDescriptors();
  });
  after(() => {
    assert.equal(countDescriptors(), count, 'descriptors open after the tests');
  });
}

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

/** Runs what is ready now, once. */
export function pass(base: EventBase): number {
  return base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
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
