// An echo server on [::], the IPv6 address that stands for every address of this computer.
//
//   server.ts [port] [--ipv6only | --ipv4-and-ipv6]      the port is 9876 if none is given
//
// Type ipv4 into its terminal, and it makes a second listener, on 127.0.0.1 and the same port.
//
// A socket bound to [::] takes IPv4 clients too, unless its option IPV6_V6ONLY is on: ipv6(7). Whether
// it is on from the start is up to the computer, in /proc/sys/net/ipv6/bindv6only.
// LEV_OPT_BIND_IPV6ONLY turns it on and LEV_OPT_BIND_IPV4_AND_IPV6 turns it off, before bind(2).

import { parseArgs } from 'node:util';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_LF,
  EV_PERSIST,
  EV_READ,
  EV_WRITE,
  Evbuffer,
  Event,
  EventBase,
  Evconnlistener,
  LEV_OPT_BIND_IPV4_AND_IPV6,
  LEV_OPT_BIND_IPV6ONLY,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  SystemError,
  eventSetLogCallback,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import { IPPROTO_IPV6, IPV6_V6ONLY, SOL_SOCKET, getsockopt, setsockopt } from 'libevent-ts/sys';

// #region connections
function echoReadCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function echoEventCb(bev: Bufferevent, events: number): void {
  if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) bev.free();
}

function acceptConnCb(listener: Evconnlistener<null>, fd: number, address: SocketAddress): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(echoReadCb, null, echoEventCb, null);
  bev.enable(EV_READ | EV_WRITE);
}
// #endregion

// #region loopback
// [::] would let the whole network in. Only what comes through the interface "lo" is accepted:
// SO_BINDTODEVICE of socket(7). It is no flag of a listener, so it is set on the descriptor.
const SO_BINDTODEVICE = 25;

function keepToLoopback(fd: number): void {
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from('lo\0')) < 0) {
    throw new SystemError('setsockopt');
  }
}
// #endregion

// #region listen
function listen(base: EventBase, flags: number, address: SocketAddress): Evconnlistener<null> {
  const all = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | flags;
  const listener = Evconnlistener.newBind(base, acceptConnCb, null, all, -1, address);
  console.log(`Descriptor ${listener.getFd()} listens on ${formatAddress(address)}`);
  return listener;
}

function listenForIPv4(base: EventBase, port: number): void {
  try {
    listen(base, 0, { family: 'IPv4', address: '127.0.0.1', port });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    console.log(error.message);
  }
}
// #endregion

// #region terminal
// The terminal is one more descriptor to watch. Where descriptor 0 can't be watched, as with
// /dev/null, epoll says EPERM, and the server goes without commands.
function readCommands(base: EventBase, port: number): void {
  const typed = new Evbuffer();
  const event = new Event(base, 0, EV_READ | EV_PERSIST, typedCb, null);
  eventSetLogCallback(() => {});
  event.add();
  eventSetLogCallback(null);

  function typedCb(fd: number): void {
    if (typed.read(fd) <= 0) event.del();
    for (;;) {
      const line = typed.readln(EVBUFFER_EOL_LF)?.toString().trim();
      if (line === undefined) break;
      if (line === 'ipv4') listenForIPv4(base, port);
      else if (line !== '') console.log(`I don’t know “${line}”. Type ipv4.`);
    }
  }
}
// #endregion

// #region main
function readArguments(): { port: number; flags: number } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ipv6only: { type: 'boolean', default: false },
      'ipv4-and-ipv6': { type: 'boolean', default: false },
    },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
  }
  const only = values.ipv6only ? LEV_OPT_BIND_IPV6ONLY : 0;
  const both = values['ipv4-and-ipv6'] ? LEV_OPT_BIND_IPV4_AND_IPV6 : 0;
  return { port, flags: only | both };
}

function main(): void {
  const { port, flags } = readArguments();
  using base = new EventBase();
  using listener = listen(base, flags, { family: 'IPv6', address: '::', port });
  keepToLoopback(listener.getFd());
  const isOn = new Int32Array(1);
  getsockopt(listener.getFd(), IPPROTO_IPV6, IPV6_V6ONLY, isOn);
  console.log(`Listening on port ${port}. IPV6_V6ONLY is ${isOn[0] === 1 ? 'on' : 'off'}.`);
  readCommands(base, port);
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
