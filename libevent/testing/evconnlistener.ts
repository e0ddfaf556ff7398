import assert from 'node:assert/strict';
import { SystemError } from '../core/errors.ts';
import type { EventBase } from '../event/event_base.ts';
import { Evconnlistener } from '../listener/evconnlistener.ts';
import type { EvconnlistenerCallback } from '../listener/evconnlistener.ts';
import { LEV_OPT_CLOSE_ON_FREE } from '../listener/listening_socket.ts';
import { close } from '../sys/descriptor.ts';
import { getsockopt, IPPROTO_TCP } from '../sys/socket.ts';
import { connectTo, LOOPBACK, portOf } from './sockets.ts';

const TCP_INFO = 11;

/** A base with a listener, the descriptors it accepted, and clients that it can connect. */
export class Stage implements Disposable {
  readonly base: EventBase;
  readonly accepted: number[] = [];
  readonly clients: number[] = [];
  readonly listener: Evconnlistener<string>;
  readonly port: number;

  constructor(base: EventBase, flags = 0, callback?: EvconnlistenerCallback<string> | null) {
    const note: EvconnlistenerCallback<string> = (listener, fd, address, arg) => {
      this.accepted.push(fd);
      callback?.(listener, fd, address, arg);
    };
    const all = flags | LEV_OPT_CLOSE_ON_FREE;
    const given = callback === null ? null : note;
    this.base = base;
    this.listener = Evconnlistener.newBind(base, given, 'arg', all, -1, LOOPBACK);
    this.port = portOf(this.listener.getFd());
  }

  connect(count: number): void {
    for (let i = 0; i < count; i++) this.clients.push(connectTo(this.port));
  }

  [Symbol.dispose](): void {
    this.listener[Symbol.dispose]();
    this.base[Symbol.dispose]();
    for (const fd of [...this.accepted, ...this.clients]) close(fd);
  }
}

/** Whether an error is a SystemError of that name from that call, for `assert.throws()`. */
export function failure(code: string, syscall: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof SystemError && error.code === code && error.syscall === syscall;
}

/** An option of a socket that is one int. */
export function option(fd: number, level: number, name: number): number | undefined {
  const value = new Int32Array(1);
  assert.equal(getsockopt(fd, level, name, value), 0);
  return value[0];
}

/** A word of a socket's `struct tcp_info`. */
function tcpInfo(fd: number, word: number): number {
  const info = new Int32Array(64);
  assert.equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, info), 0);
  return info[word] ?? -1;
}

// Eight bytes first, then tcpi_rto, ato, snd_mss, rcv_mss, unacked, sacked; for a listening socket
// sacked is the limit of its queue and unacked its length.

/** What the kernel took for the backlog. */
export function backlogOf(fd: number): number {
  return tcpInfo(fd, 7);
}

/** How many connections wait to be accepted. */
export function queueOf(fd: number): number {
  return tcpInfo(fd, 6);
}
