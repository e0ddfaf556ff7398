// An echo server on bufferevents with a limit for its output: a client that does not read what comes back
// is not read from either, until it does.
//
//   server.ts [port]      the port is 9876 if none is given
//
// Bufferevent is libevent's bufferevent. The listener, Evconnlistener, is the next chapter's: it does the
// socket(2), bind(2), listen(2) and accept4(2).

import {
  BEV_EVENT_EOF,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EV_READ,
  EV_WRITE,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  SystemError,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';

const MOST_OUTPUT = 64 * 1024;

// #region read
// Whatever comes in goes out again.
function readcb(bev: Bufferevent): void {
  const output = bev.getOutput();
  output.addBuffer(bev.getInput());
  // So much is still to be sent that nothing more is read from this client.
  if (output.getLength() >= MOST_OUTPUT) bev.disable(EV_READ);
}
// #endregion

// #region write
// All of the output is out.
function writecb(bev: Bufferevent): void {
  bev.enable(EV_READ);
}

function lastWritecb(bev: Bufferevent): void {
  bev.free();
}
// #endregion

// #region event
function eventcb(bev: Bufferevent, events: number): void {
  console.log(`Descriptor ${bev.getFd()}: ${events & BEV_EVENT_EOF ? 'end of file' : 'broken'}`);
  if (events & BEV_EVENT_EOF && bev.getOutput().getLength() > 0) {
    bev.disable(EV_READ);
    bev.setCb(null, lastWritecb, eventcb, null);
    return;
  }
  bev.free();
}
// #endregion

// #region accept
function onAccept(listener: Evconnlistener<null>, fd: number, address: SocketAddress): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readcb, writecb, eventcb, null);
  bev.enable(EV_READ | EV_WRITE);
}
// #endregion

// #region main
function main(argument = '9876'): number {
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    console.error(`“${argument}” is no port: give a number from 1 to 65535`);
    return 1;
  }
  using base = new EventBase();
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using listener = Evconnlistener.newBind(base, onAccept, null, flags, -1, address);
  console.log(`Listening on port ${port} with descriptor ${listener.getFd()}`);

  base.dispatch();
  return 0;
}

try {
  process.exitCode = main(process.argv[2]);
} catch (error) {
  if (!(error instanceof SystemError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
