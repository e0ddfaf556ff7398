// An echo server on a connection listener: whatever a client sends comes back to it.
//
//   server.ts [port]      the port is 9876 if none is given
//
// The listener calls socket(2), bind(2), listen(2) and accept4(2). Evconnlistener is libevent's
// evconnlistener. Each connection then gets a Bufferevent, libevent's bufferevent, which reads and
// writes, and calls back when there is something to decide.

import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EV_READ,
  EV_WRITE,
  EVUTIL_SOCKET_ERROR,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  SystemError,
  evutilSocketErrorToString,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import {
  EHOSTUNREACH,
  ENETDOWN,
  ENETUNREACH,
  ENOPROTOOPT,
  EOPNOTSUPP,
  EPROTO,
} from 'libevent-ts/sys';

// #region read
// Something came in. evbuffer_add_buffer() hands the memory itself from one buffer to the other. Only
// up to 512 bytes that follow others are copied, to be sent along with them.
function echoReadCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}
// #endregion

// #region event
// The last of this client's answers has gone out.
function lastWriteCb(bev: Bufferevent): void {
  console.log(`Descriptor ${bev.getFd()}: all sent, closing`);
  bev.free();
}

function echoEventCb(bev: Bufferevent, events: number): void {
  if (events & BEV_EVENT_ERROR) {
    const reason = evutilSocketErrorToString(EVUTIL_SOCKET_ERROR());
    console.log(`Descriptor ${bev.getFd()}: ${reason}, closing`);
    bev.free();
  } else if (events & BEV_EVENT_EOF) {
    // bufferevent_free() drops what is still in the output, and a client that has finished talking
    // may still be reading. So it is freed only when nothing is left.
    if (bev.getOutput().getLength() > 0) {
      console.log(`Descriptor ${bev.getFd()}: end of file, still sending`);
      bev.setCb(null, lastWriteCb, echoEventCb, null);
      return;
    }
    console.log(`Descriptor ${bev.getFd()}: end of file, closing`);
    bev.free();
  }
}
// #endregion

// #region accept
// A connection has been accepted. From here on a bufferevent takes care of it.
function acceptConnCb(listener: Evconnlistener<null>, fd: number, address: SocketAddress): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(echoReadCb, null, echoEventCb, null);
  bev.enable(EV_READ | EV_WRITE);
}
// #endregion

// #region error
// Node has no names for two of the errors below.
const ENONET = 64;
const EHOSTDOWN = 112;

// accept4(2) also fails for a connection that the network has broken already. Then only that one is
// lost: accept(2), “Error handling”.
const OF_ONE_CONNECTION: ReadonlySet<number> = new Set([
  ...[ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN],
  ...[ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH],
]);

function acceptErrorCb(listener: Evconnlistener<null>): void {
  const error = EVUTIL_SOCKET_ERROR();
  const text = evutilSocketErrorToString(error);
  if (OF_ONE_CONNECTION.has(error)) {
    console.error(`accept failed with error ${error} (${text}): going on.`);
    return;
  }
  console.error(`accept failed with error ${error} (${text}): leaving the loop.`);
  listener.getBase().loopExit();
}
// #endregion

// #region listener
function newListener(base: EventBase, port: number): Evconnlistener<null> | null {
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  try {
    return Evconnlistener.newBind(base, acceptConnCb, null, flags, -1, address);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    console.error(`Can't listen on port ${port}: ${evutilSocketErrorToString(-error.errno)}`);
    return null;
  }
}
// #endregion

// #region main
function main(argument = '9876'): number {
  const port = Number(argument);
  if (!/^\d+$/.test(argument) || port < 1 || port > 65535) {
    console.log('Invalid port');
    return 1;
  }

  // `using` frees both when main() returns, the listener first.
  using base = new EventBase();
  using listener = newListener(base, port);
  if (listener === null) return 1;
  listener.setErrorCb(acceptErrorCb);
  console.log(`Listening on port ${port}`);

  base.dispatch();
  return 0;
}

process.exitCode = main(process.argv[2]);
// #endregion
