// An echo server that frees its listener when it is told to. What becomes of the socket depends on a
// flag, and the commands show what can be done about it afterwards.
//
//   server.ts [port] [--close-on-free]      the port is 9876 if none is given
//
// The man pages: close(2), listen(2), bind(2), accept4(2), fcntl(2).

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
  LEV_OPT_REUSEABLE,
  SystemError,
  eventSetLogCallback,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import { F_GETFD, close, fcntl } from 'libevent-ts/sys';

interface Server {
  readonly base: EventBase;
  readonly port: number;
  readonly flags: number;
  /** Null when it is freed. */
  listener: Evconnlistener<null> | null;
  /** The listening socket, also when there is no listener for it. */
  fd: number;
}

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

function acceptConnCb(listener: Evconnlistener<null>, fd: number, address: SocketAddress): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, null);
  bev.enable(EV_READ);
}
// #endregion

// #region listen
// A new socket.
function listenOn(server: Server): void {
  const { base, flags, port } = server;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  server.listener = Evconnlistener.newBind(base, acceptConnCb, null, flags, -1, address);
  server.fd = server.listener.getFd();
}

// A new listener on the socket that is there. It listens already: that is what a backlog of 0 says.
function adopt(server: Server): void {
  const { base, flags, fd } = server;
  server.listener = Evconnlistener.newListener(base, acceptConnCb, null, flags, 0, fd);
}
// #endregion

// #region commands
const isOpen = (fd: number): boolean => fd >= 0 && fcntl(fd, F_GETFD) >= 0;

// What somebody types into this program's terminal, and what to say to it.
function obey(command: string, server: Server): string {
  const { fd, listener, port } = server;
  switch (command) {
    case 'free':
      if (listener === null) return 'There is no listener to free.';
      listener.free();
      server.listener = null;
      if (isOpen(fd)) return `The listener is freed. Its socket, descriptor ${fd}, is still open.`;
      server.fd = -1;
      return `The listener is freed. Its socket, descriptor ${fd}, is closed.`;
    case 'listen':
      if (listener !== null) return 'There is a listener already: free it first.';
      listenOn(server);
      return `Listening on port ${port} again, with descriptor ${server.fd}`;
    case 'adopt':
      if (listener !== null || fd < 0) return 'There is no socket without a listener.';
      adopt(server);
      return `Descriptor ${fd} has a listener again.`;
    case 'close':
      if (listener !== null || fd < 0) return 'There is no socket without a listener.';
      close(fd);
      server.fd = -1;
      return `Descriptor ${fd} is closed.`;
    default:
      return `I don’t know “${command}”. Type free, listen, adopt or close.`;
  }
}

function tryTo(command: string, server: Server): string {
  try {
    return obey(command, server);
  } catch (error) {
    if (error instanceof SystemError) return error.message;
    throw error;
  }
}
// #endregion

// #region terminal
// The terminal is one more descriptor to watch. Where descriptor 0 can't be watched, as with
// /dev/null, epoll says EPERM, and the server goes without commands.
function readCommands(server: Server): void {
  const typed = new Evbuffer();
  const event = new Event(server.base, 0, EV_READ | EV_PERSIST, typedCb, null);
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
      if (line !== '') console.log(tryTo(line, server));
    }
  }
}
// #endregion

// #region main
function readArguments(): { port: number; closeOnFree: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'close-on-free': { type: 'boolean', default: false } },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
  }
  return { port, closeOnFree: values['close-on-free'] };
}

function main(): void {
  const { port, closeOnFree } = readArguments();
  using base = new EventBase();
  const flags = LEV_OPT_REUSEABLE | (closeOnFree ? LEV_OPT_CLOSE_ON_FREE : 0);
  const server: Server = { base, port, flags, listener: null, fd: -1 };
  listenOn(server);
  console.log(`Listening on port ${port} with descriptor ${server.fd}`);
  readCommands(server);
  // dispatch() would return when the listener is freed and there is neither a client nor a terminal.
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
