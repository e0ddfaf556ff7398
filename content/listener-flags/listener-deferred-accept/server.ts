// An echo server that hears of a client only when the client has said something.
//
//   server.ts [port] [--seconds N]      9876, and 30 seconds of patience if none is given
//
// So long the kernel waits for the first bytes; 1 is what LEV_OPT_DEFERRED_ACCEPT alone asks for, and
// with 0 there is no waiting. The man pages: tcp(7) for TCP_DEFER_ACCEPT, accept4(2), recv(2).

import { parseArgs } from 'node:util';
import {
  BEV_EVENT_EOF,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EV_READ,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DEFERRED_ACCEPT,
  LEV_OPT_REUSEABLE,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import {
  EAGAIN,
  IPPROTO_TCP,
  MSG_PEEK,
  TCP_DEFER_ACCEPT,
  errno,
  getsockopt,
  recv,
  setsockopt,
  strerror,
} from 'libevent-ts/sys';

// #region connections
function readCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function closeCb(bev: Bufferevent): void {
  console.log(`Descriptor ${bev.getFd()}: the client is gone, closing`);
  bev.free();
}

function eventCb(bev: Bufferevent, events: number): void {
  // A client that has ended only its own half is still waiting for the rest of its answers.
  const isOwed = (events & BEV_EVENT_EOF) !== 0 && bev.getOutput().getLength() > 0;
  if (isOwed) bev.setCb(null, closeCb, eventCb, null);
  else closeCb(bev);
}
// #endregion

// #region accept
// What there is to read on a connection that was accepted just now. MSG_PEEK leaves it there, for
// the bufferevent.
function firstBytes(fd: number): string {
  const bytes = Buffer.alloc(1024);
  const n = recv(fd, bytes, bytes.length, MSG_PEEK);
  if (n < 0 && errno() === EAGAIN) return 'nothing to read yet (EAGAIN)';
  if (n < 0) return strerror(errno());
  if (n === 0) return 'the end is there already';
  return `${n} bytes are there already: ${JSON.stringify(bytes.toString('utf8', 0, n))}`;
}

function acceptConnCb(listener: Evconnlistener<null>, fd: number, address: SocketAddress): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  console.log(`Descriptor ${fd}: ${firstBytes(fd)}`);
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, null);
  bev.enable(EV_READ);
}
// #endregion

// #region patience
// The listener asks for one second, too short for somebody who types. A longer time can be set on
// its socket as well. The kernel does not keep to it exactly, so ask what it has made of it.
function setPatience(fd: number, seconds: number): number {
  const value = new Int32Array(1);
  if (setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, seconds) < 0) return -1;
  if (getsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, value) < 0) return -1;
  return value[0] ?? 0;
}
// #endregion

// #region main
function readArguments(): { port: number; seconds: number } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string', default: '30' } },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
  }
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 600) {
    throw new RangeError(`“${values.seconds}” is no time: give 0 to 600 whole seconds`);
  }
  return { port, seconds };
}

function main(): void {
  const { port, seconds } = readArguments();
  const deferred = seconds === 0 ? 0 : LEV_OPT_DEFERRED_ACCEPT;
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | deferred;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using base = new EventBase();
  using listener = Evconnlistener.newBind(base, acceptConnCb, null, flags, -1, address);
  const waits = setPatience(listener.getFd(), seconds);
  if (waits < 0) throw new Error(`TCP_DEFER_ACCEPT: ${strerror(errno())}`);
  console.log(`Listening on port ${port}. The kernel waits ${waits} s for a client’s first bytes`);
  base.dispatch();
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
