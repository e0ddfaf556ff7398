// An echo server that shares its port: run twice, it is two servers on one port. It greets each
// client with its name, so that they can be told apart.
//
//   server.ts [port] [--name NAME] [--exclusive]      9876 and “first” if none is given
//
// With --exclusive it does not share. The man pages: socket(7) for SO_REUSEPORT, bind(2), listen(2).

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
  LEV_OPT_REUSEABLE_PORT,
  eventSetLogCallback,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';

interface Server {
  readonly base: EventBase;
  readonly name: string;
  listener: Evconnlistener<Server> | null;
}

// #region connections
function readCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function closeCb(bev: Bufferevent): void {
  bev.free();
}

function eventCb(bev: Bufferevent, events: number): void {
  // A client that has ended only its own half is still waiting for the rest of its answers.
  const isOwed = (events & BEV_EVENT_EOF) !== 0 && bev.getOutput().getLength() > 0;
  if (isOwed) bev.setCb(null, closeCb, eventCb, null);
  else closeCb(bev);
}

function acceptConnCb(
  _listener: Evconnlistener<Server>,
  fd: number,
  address: SocketAddress,
  { base, name }: Server,
): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(base, fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, null);
  bev.enable(EV_READ);
  bev.write(`You are with ${name}.\n`);
}
// #endregion

// #region commands
// What somebody types into this program's terminal, and what to say to it.
function obey(command: string, server: Server): string {
  const { listener, name } = server;
  if (listener === null) return `${name} no longer listens. Its clients stay.`;
  switch (command) {
    case 'disable':
      listener.disable();
      return `${name} has disabled its listener.`;
    case 'enable':
      listener.enable();
      return `${name} has enabled its listener.`;
    case 'free':
      // LEV_OPT_CLOSE_ON_FREE: this closes the socket, and the kernel has one less to choose from.
      listener.free();
      server.listener = null;
      return `${name} has freed its listener.`;
    default:
      return `I don’t know “${command}”. Type disable, enable or free.`;
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
      if (line !== '') console.log(obey(line, server));
    }
  }
}
// #endregion

// #region main
function readArguments(): { port: number; name: string; exclusive: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'first' },
      exclusive: { type: 'boolean', default: false },
    },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
  }
  return { port, ...values };
}

function main(): void {
  const { port, name, exclusive } = readArguments();
  using base = new EventBase();
  const server: Server = { base, name, listener: null };
  // LEV_OPT_REUSEABLE is no way to share: it does not count between two that listen.
  const shared = exclusive ? 0 : LEV_OPT_REUSEABLE_PORT;
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | shared;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  server.listener = Evconnlistener.newBind(base, acceptConnCb, server, flags, -1, address);
  console.log(`Listening on port ${port} as ${name}, with${exclusive ? 'out' : ''} SO_REUSEPORT`);
  readCommands(server);
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
