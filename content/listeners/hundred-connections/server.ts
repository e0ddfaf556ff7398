// An echo server on a connection listener.
//
//   server.ts [port]      the port is 9876 if none is given
//
// Evconnlistener is libevent's evconnlistener, Bufferevent its bufferevent.

import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EV_READ,
  EV_WRITE,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
} from 'libevent-ts';

// How many may be connected at once.
const MOST = 100;
const BACKLOG = 128;

function readCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

// #region change
const connections = new Set<Bufferevent>();

function closeConnection(bev: Bufferevent): void {
  connections.delete(bev);
  bev.free();
}

function eventCb(bev: Bufferevent, events: number): void {
  if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) closeConnection(bev);
}

function acceptCb(listener: Evconnlistener<null>, fd: number): void {
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  connections.add(bev);
  console.log(`Connected: ${connections.size} of ${MOST}`);
  bev.setCb(readCb, null, eventCb, null);
  bev.enable(EV_READ | EV_WRITE);
  bev.write('Welcome.\n');
}
// #endregion

function main(port: number): void {
  using base = new EventBase();
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using listener = Evconnlistener.newBind(base, acceptCb, null, flags, BACKLOG, address);
  listener.setErrorCb(() => console.error('accept failed'));
  console.log(`Listening on port ${port}`);
  base.dispatch();
}

main(Number(process.argv[2] ?? 9876));
