// An echo server that may open two more descriptors and not a third. What does its listener do then?
//
//   server.ts [port]      the port is 9876 if none is given
//
// accept4(2) needs a descriptor for each connection. When the process has as many as setrlimit(2)
// allows, the call fails with EMFILE, the listener calls its error callback, and the client stays in
// the kernel's queue. The listener is told to try again at once, as C libevent does.

import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVUTIL_SOCKET_ERROR,
  EV_READ,
  EV_WRITE,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  evutilSocketErrorToString,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import {
  AF_INET,
  RLIMIT_NOFILE,
  Rlimit,
  SOCK_STREAM,
  close,
  errno,
  getrlimit,
  setrlimit,
  socket,
  strerror,
} from 'libevent-ts/sys';

// #region limit
// Leaves room for exactly two more descriptors. The kernel gives out the lowest free number, so two
// sockets show which two are next. RLIMIT_NOFILE is one more than the highest number allowed.
function leaveRoomForTwo(): void {
  const [first, second] = [socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0)];
  close(first);
  close(second);
  const limit = new Rlimit();
  getrlimit(RLIMIT_NOFILE, limit);
  if (setrlimit(RLIMIT_NOFILE, new Rlimit(second + 1, limit.maximum)) < 0) {
    console.log(`setrlimit: ${strerror(errno())}`);
  }
  console.log(`Room for two more descriptors: ${first} and ${second}.`);
}
// #endregion

// #region error
let calls = 0;

// Prints only its 1st, 10th, 100th, … call: a listener that spins would print for ever.
function acceptErrorCb(): void {
  const reason = evutilSocketErrorToString(EVUTIL_SOCKET_ERROR());
  calls += 1;
  if (Number.isInteger(Math.log10(calls))) {
    console.log(`Error callback, call ${calls.toLocaleString('en')}: ${reason}`);
  }
}
// #endregion

// #region connections
function echoReadCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function echoEventCb(bev: Bufferevent, events: number): void {
  if ((events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) === 0) return;
  console.log(`End of file. Descriptor ${bev.getFd()} is free again.`);
  bev.free();
}

function acceptConnCb(listener: Evconnlistener<null>, fd: number, address: SocketAddress): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  calls = 0;
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(echoReadCb, null, echoEventCb, null);
  bev.enable(EV_READ | EV_WRITE);
}
// #endregion

// #region main
function main(argument = '9876'): void {
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is not a port: give a number from 1 to 65535`);
  }
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using base = new EventBase();
  using listener = Evconnlistener.newBind(base, acceptConnCb, null, flags, -1, address);
  listener.setErrorCb(acceptErrorCb);
  listener.setPauseOnShortage(false);
  // In this order: the first console.log() of a process may open a descriptor for the terminal.
  console.log(`Listening on port ${port} with descriptor ${listener.getFd()}`);
  leaveRoomForTwo();
  base.dispatch();
}

try {
  main(process.argv[2]);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
