// An echo server with a short queue, that accepts when it is told to. Until then the clients wait
// in the kernel, and those for whom the queue has no room wait outside of it.
//
//   server.ts [port] [--backlog N]      the port is 9876 and the backlog 1 if none is given
//
// The man pages: listen(2), accept4(2), getsockopt(2), tcp(7), read(2).

import { parseArgs } from 'node:util';
import {
  BEV_EVENT_EOF,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_LF,
  EVLOOP_NO_EXIT_ON_EMPTY,
  EV_PERSIST,
  EV_READ,
  Evbuffer,
  Event,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DISABLED,
  LEV_OPT_REUSEABLE,
  eventSetLogCallback,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import { IPPROTO_TCP, errno, getsockopt, strerror } from 'libevent-ts/sys';

// TCP_INFO of tcp(7), and where struct tcp_info of <linux/tcp.h> has what is asked here, counted in
// words of four bytes.
const TCP_INFO = 11;
const UNACKED = 6;
const SACKED = 7;

interface Counts {
  accepted: number;
  /** Whether the listener is to be disabled again after one connection. */
  one: boolean;
}

type Listener = Evconnlistener<Counts>;

// #region connections
function readCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function closeCb(bev: Bufferevent): void {
  console.log(`Descriptor ${bev.getFd()}: the client is gone, closing`);
  bev.free();
}

function eventCb(bev: Bufferevent, events: number): void {
  // A client that has only ended its own half still gets what it is owed.
  const isOwed = (events & BEV_EVENT_EOF) !== 0 && bev.getOutput().getLength() > 0;
  if (isOwed) bev.setCb(null, closeCb, eventCb, null);
  else closeCb(bev);
}

function acceptConnCb(
  listener: Listener,
  fd: number,
  address: SocketAddress,
  counts: Counts,
): void {
  counts.accepted += 1;
  console.log(`Connection ${counts.accepted} from ${formatAddress(address)} on descriptor ${fd}`);
  // Disabled within its callback, a listener does not accept another one.
  if (counts.one) listener.disable();
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, null);
  bev.enable(EV_READ);
}
// #endregion

// #region queue
// Of a listening socket TCP_INFO tells the queue, in two fields that mean something else elsewhere:
// how many wait in it, and the backlog.
function queueOf(fd: number): string {
  const info = new Int32Array(SACKED + 1);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info) < 0) return `getsockopt: ${strerror(errno())}`;
  return `In the queue: ${info[UNACKED]}. The backlog is ${info[SACKED]}.`;
}
// #endregion

// #region commands
// What somebody types into this program's terminal, and what to say to it.
function obey(command: string, listener: Listener, counts: Counts): string {
  switch (command) {
    case 'queue':
      return queueOf(listener.getFd());
    case 'accept':
      counts.one = true;
      listener.enable();
      return 'The listener is enabled for one client.';
    case 'enable':
      counts.one = false;
      listener.enable();
      return 'The listener is enabled.';
    case 'disable':
      listener.disable();
      return 'The listener is disabled: it accepts nobody.';
    default:
      return `“${command}” is no command: type queue, accept, enable or disable.`;
  }
}
// #endregion

// #region terminal
// The terminal is one more descriptor to watch. Where descriptor 0 can't be watched, as with
// /dev/null, epoll says EPERM, and the server goes without commands.
function readCommands(base: EventBase, listener: Listener, counts: Counts): void {
  const typed = new Evbuffer();
  const event = new Event(base, 0, EV_READ | EV_PERSIST, typedCb, null);
  eventSetLogCallback(() => {});
  event.add();
  eventSetLogCallback(null);

  function typedCb(fd: number): void {
    if (typed.read(fd) <= 0) {
      console.log('End of file on descriptor 0: no more commands.');
      event.del();
    }
    for (;;) {
      const line = typed.readln(EVBUFFER_EOL_LF)?.toString().trim();
      if (line === undefined) break;
      if (line !== '') console.log(obey(line, listener, counts));
    }
  }
}
// #endregion

// #region main
function readArguments(): { port: number; backlog: number } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { backlog: { type: 'string', default: '1' } },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
  }
  const backlog = Number(values.backlog);
  if (!Number.isInteger(backlog) || backlog === 0) {
    throw new RangeError(
      `“${values.backlog}” is no backlog: give a number from 1 on, or --backlog=-1 for the usual one`,
    );
  }
  return { port, backlog };
}

function main(): void {
  const { port, backlog } = readArguments();
  const counts: Counts = { accepted: 0, one: false };
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_DISABLED;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using base = new EventBase();
  using listener = Evconnlistener.newBind(base, acceptConnCb, counts, flags, backlog, address);
  console.log(`Listening on port ${port}, but disabled. ${queueOf(listener.getFd())}`);
  readCommands(base, listener, counts);
  // dispatch() would return where there is neither a client, nor a terminal, nor an enabled listener.
  base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
