// A proxy on bufferevents. Each client gets a connection of its own to the server behind the proxy, and what
// comes in on one side goes out on the other.
//
//   server.ts [port] [port behind]      9876 and 9877 if none are given
//
// Bufferevent is libevent's bufferevent. The listener, Evconnlistener, is the next chapter's: it does the
// socket(2), bind(2), listen(2) and accept4(2).

import {
  BEV_EVENT_CONNECTED,
  BEV_EVENT_EOF,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVUTIL_SOCKET_ERROR,
  EV_READ,
  EV_WRITE,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  SystemError,
  evutilSocketErrorToString,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import { SHUT_WR, shutdown } from 'libevent-ts/sys';

// #region pair
// A client, and the connection that the proxy made for it.
class Pair {
  readonly client: Bufferevent;
  readonly origin: Bufferevent;
  // The sides that will send no more.
  readonly ended = new Set<Bufferevent>();

  constructor(client: Bufferevent, origin: Bufferevent) {
    this.client = client;
    this.origin = origin;
  }

  other(bev: Bufferevent): Bufferevent {
    return bev === this.client ? this.origin : this.client;
  }

  free(): void {
    this.client.free();
    this.origin.free();
  }
}
// #endregion

// #region relay
// Bytes came in on one side. They go out on the other.
function readcb(bev: Bufferevent, pair: Pair): void {
  const output = pair.other(bev).getOutput();
  output.addBuffer(bev.getInput());
}

// The output of this side is empty.
function writecb(bev: Bufferevent, pair: Pair): void {
  const other = pair.other(bev);
  if (pair.ended.has(other)) passEndOn(other, pair);
}
// #endregion

// #region end
// One side will send no more. The other learns of it when all the bytes before that are out.
function passEndOn(bev: Bufferevent, pair: Pair): void {
  const other = pair.other(bev);
  if (other.getOutput().getLength() > 0) return;
  if (pair.ended.size < 2) shutdown(other.getFd(), SHUT_WR);
  else if (bev.getOutput().getLength() === 0) pair.free();
}

function eventcb(bev: Bufferevent, events: number, pair: Pair): void {
  const who = `Descriptor ${bev.getFd()}`;
  if (events & BEV_EVENT_CONNECTED) {
    console.log(`${who}: connected to the server behind`);
  } else if (events & BEV_EVENT_EOF) {
    console.log(`${who}: end of file`);
    pair.ended.add(bev);
    passEndOn(bev, pair);
  } else {
    console.log(`${who}: ${evutilSocketErrorToString(EVUTIL_SOCKET_ERROR())}, closing both sides`);
    pair.free();
  }
}
// #endregion

function onAccept(
  listener: Evconnlistener<SocketAddress>,
  fd: number,
  address: SocketAddress,
  behind: SocketAddress,
): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  // #region sides
  const client = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  // It has no descriptor yet: connect() makes a socket for it.
  const origin = Bufferevent.socketNew(listener.getBase(), -1, BEV_OPT_CLOSE_ON_FREE);
  const pair = new Pair(client, origin);
  for (const side of [client, origin]) {
    side.setCb(readcb, writecb, eventcb, pair);
    side.enable(EV_READ | EV_WRITE);
  }
  // #endregion
  if (origin.connect(behind) === 0) return;
  console.error(`connect: ${evutilSocketErrorToString(EVUTIL_SOCKET_ERROR())}`);
  pair.free();
}

// #region main
function loopback(argument: string): SocketAddress {
  const port = Number(argument);
  if (Number.isInteger(port) && port > 0 && port <= 65535) {
    return { family: 'IPv4', address: '127.0.0.1', port };
  }
  throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
}

function main(front = '9876', back = '9877'): void {
  const address = loopback(front);
  const behind = loopback(back);
  using base = new EventBase();
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  using listener = Evconnlistener.newBind(base, onAccept, behind, flags, -1, address);
  console.log(`Listening on port ${front} with descriptor ${listener.getFd()}`);

  base.dispatch();
}

try {
  main(process.argv[2], process.argv[3]);
} catch (error) {
  if (!(error instanceof SystemError || error instanceof RangeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
