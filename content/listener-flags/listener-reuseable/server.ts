// An echo server that can be restarted: told to, it gives up its listener and makes a new one on the
// same port. The kernel lets it, or says EADDRINUSE.
//
//   server.ts [port] [--reuseable]      the port is 9876 if none is given
//
// The man pages: bind(2), close(2), socket(7) for SO_REUSEADDR, tcp(7), proc_pid_net(5).

import { readFileSync } from 'node:fs';
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

interface Server {
  readonly base: EventBase;
  readonly port: number;
  readonly flags: number;
  readonly connections: Set<Bufferevent>;
  listener: Evconnlistener<Server> | null;
}

// #region connections
function readCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function closeCb(bev: Bufferevent, server: Server): void {
  console.log(`Descriptor ${bev.getFd()}: the client has closed, so this side closes too`);
  server.connections.delete(bev);
  bev.free();
}

function eventCb(bev: Bufferevent, events: number, server: Server): void {
  // A client that has ended only its own half is still waiting for the rest of its answers.
  const isOwed = (events & BEV_EVENT_EOF) !== 0 && bev.getOutput().getLength() > 0;
  if (isOwed) bev.setCb(null, closeCb, eventCb, server);
  else closeCb(bev, server);
}

function acceptConnCb(
  _listener: Evconnlistener<Server>,
  fd: number,
  address: SocketAddress,
  server: Server,
): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(server.base, fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, server);
  bev.enable(EV_READ);
  server.connections.add(bev);
}
// #endregion

// #region listen
function listenOn(server: Server): void {
  const { base, flags, port } = server;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  server.listener = Evconnlistener.newBind(base, acceptConnCb, server, flags, -1, address);
}
// #endregion

// #region commands
function hangUp({ connections }: Server): string {
  for (const bev of connections) {
    console.log(`Descriptor ${bev.getFd()}: this side closes first`);
    bev.free();
  }
  connections.clear();
  return 'There are no connections any more.';
}

// A real restart is a new process. To the kernel it is the same: one socket is closed, and another
// one wants its address.
function restart(server: Server): string {
  server.listener?.free();
  server.listener = null;
  try {
    listenOn(server);
    return `Listening on port ${server.port} again`;
  } catch (error) {
    if (error instanceof SystemError) return `Not listening. ${error.message}`;
    throw error;
  }
}

// The states of /proc/net/tcp that can be seen here, and the kernel's ticks in a second.
const STATES = new Map([
  ['01', 'ESTABLISHED'],
  ['06', 'TIME_WAIT'],
  ['0A', 'LISTEN'],
]);
const TICKS = 100;

// The kernel's list of TCP sockets, of which those are picked that have the server's port.
function socketsOn(port: number): string {
  const found = [];
  for (const line of readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1)) {
    const [, local = '', , state = '', , timer = ''] = line.trim().split(/\s+/);
    if (parseInt(local.split(':')[1] ?? '', 16) !== port) continue;
    const left = parseInt(timer.split(':')[1] ?? '', 16) / TICKS;
    const text = STATES.get(state) ?? `state ${state}`;
    found.push(state === '06' ? `${text} for ${Math.round(left)} more seconds` : text);
  }
  return `Sockets on port ${port}: ${found.join(', ') || 'none'}.`;
}

// What somebody types into this program's terminal, and what to say to it.
function obey(command: string, server: Server): string {
  switch (command) {
    case 'hang-up':
      return hangUp(server);
    case 'restart':
      return restart(server);
    case 'sockets':
      return socketsOn(server.port);
    default:
      return `I don’t know “${command}”. Type hang-up, restart or sockets.`;
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
function readArguments(): { port: number; reuseable: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { reuseable: { type: 'boolean', default: false } },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
  }
  return { port, reuseable: values.reuseable };
}

function main(): void {
  const { port, reuseable } = readArguments();
  using base = new EventBase();
  const flags = LEV_OPT_CLOSE_ON_FREE | (reuseable ? LEV_OPT_REUSEABLE : 0);
  const server: Server = { base, port, flags, connections: new Set(), listener: null };
  listenOn(server);
  console.log(`Listening on port ${port}, with${reuseable ? '' : 'out'} LEV_OPT_REUSEABLE`);
  readCommands(server);
  // dispatch() would return when a restart has failed and there is neither a client nor a terminal.
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
