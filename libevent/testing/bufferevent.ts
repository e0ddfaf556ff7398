import assert from 'node:assert/strict';
import { Bufferevent } from '../bufferevent/bufferevent.ts';
import type { BuffereventFlushMode } from '../bufferevent/constants.ts';
import { EVLOOP_ONCE } from '../core/loop.ts';
import { Event } from '../event/event.ts';
import type { EventBase } from '../event/event_base.ts';
import { AF_INET } from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import { errno } from '../sys/errno.ts';
import { SOCK_NONBLOCK, SOCK_STREAM, accept4, bind, listen, socket } from '../sys/socket.ts';
import { LOOPBACK, connectTo, pass, portOf } from './descriptors.ts';

/** A pass more than which a test that waits for something has gone wrong. */
const MANY_PASSES = 10_000;

/** Has a bufferevent note what it is called for. */
export function watch(bev: Bufferevent, log: string[] = [], name = ''): string[] {
  const prefix = name === '' ? '' : `${name} `;
  bev.setCb(
    (self) => log.push(`${prefix}read ${String(self.getInput().getLength())}`),
    (self) => log.push(`${prefix}write ${String(self.getOutput().getLength())}`),
    (_self, what) => log.push(`${prefix}event 0x${what.toString(16)}`),
    null,
  );
  return log;
}

/** A bufferevent on a descriptor that notes what it is called for. */
export function watched(base: EventBase, fd: number, options = 0): [Bufferevent, string[]] {
  const bev = Bufferevent.socketNew(base, fd, options);
  return [bev, watch(bev)];
}

/** Has a bufferevent note its events, each followed by the errno it was called with. */
export function noteEvents(bev: Bufferevent): number[] {
  const calls: number[] = [];
  bev.setCb(null, null, (_bev, what) => calls.push(what, errno()), null);
  return calls;
}

/** Runs something in a callback of the loop. */
export function inLoop(base: EventBase, action: () => void): void {
  new Event(base, -1, 0, action, null).active(0);
  pass(base);
}

/** Runs passes until something is so. */
export function passUntil(base: EventBase, isSo: () => boolean): void {
  for (let i = 0; !isSo(); i++) {
    assert.ok(i < MANY_PASSES, 'it does not come to that');
    pass(base);
  }
}

/** Runs the loop until something is so, waiting for what it waits for. */
export function waitUntil(base: EventBase, isSo: () => boolean, seconds = 10): void {
  let isLate = false;
  const alarm = new Event(base, -1, 0, () => (isLate = true), null);
  alarm.add(seconds);
  while (!isSo()) {
    base.loop(EVLOOP_ONCE);
    assert.ok(!isLate, 'it does not come to that');
  }
  alarm.free();
}

/** Runs the loop for a time. */
export function runFor(base: EventBase, seconds: number): void {
  base.loopExit(seconds);
  base.dispatch();
}

/** What the mode of a flush is called. */
export const FLUSH_MODES: readonly [string, BuffereventFlushMode][] = [
  ['BEV_NORMAL', 0],
  ['BEV_FLUSH', 1],
  ['BEV_FINISHED', 2],
];

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
