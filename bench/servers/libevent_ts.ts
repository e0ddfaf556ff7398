/** Servers on this library, as its manual writes them: echo or accept. With --expose-gc it collects. */
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EV_PERSIST,
  EV_READ,
  EV_WRITE,
  Event,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
} from '../../libevent/index.ts';
import type { EvconnlistenerCallback } from '../../libevent/index.ts';
import { SockaddrStorage, close, getsockname } from '../../libevent/sys/index.ts';

/** How often garbage is collected when memory is measured, in seconds. */
const COLLECT_EVERY = 0.2;

function onRead(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function onEvent(bev: Bufferevent, what: number): void {
  if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) !== 0) bev.free();
}

const echo: EvconnlistenerCallback<null> = (listener, fd) => {
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(onRead, null, onEvent, null);
  bev.enable(EV_READ | EV_WRITE);
};

const callback: EvconnlistenerCallback<null> =
  process.argv[2] === 'echo' ? echo : (_listener, fd) => close(fd);
const base = new EventBase();
const anyPort = { family: 'IPv4', address: '127.0.0.1', port: 0 } as const;
const listener = Evconnlistener.newBind(base, callback, null, LEV_OPT_CLOSE_ON_FREE, -1, anyPort);
const storage = new SockaddrStorage();
getsockname(listener.getFd(), storage);
const address = storage.decode();
if (address.family !== 'Unix') console.log(`port ${address.port} ${base.getMethod()}`);
const { gc } = globalThis;
if (gc !== undefined) new Event(base, -1, EV_PERSIST, () => gc(), null).add(COLLECT_EVERY);
base.dispatch();
