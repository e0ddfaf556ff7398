// A ROT13 server on bufferevents.
//
//   server.ts [port]      the port is 40713 if none is given
//
// Bufferevent is libevent's bufferevent, getInput() and getOutput() are its evbuffers.

import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_LF,
  EV_PERSIST,
  EV_READ,
  EV_WRITE,
  Event,
  EventBase,
} from 'libevent-ts';
import {
  AF_INET,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  accept4,
  bind,
  errno,
  listen,
  setsockopt,
  socket,
  strerror,
} from 'libevent-ts/sys';

const BACKLOG = 512;

function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}

// #region change
// How many bytes a line may have, its end not counted, and the answer to a longer one.
const MAX_LINE = 1024;
const TOO_LONG = 'That line is too long.\n';

// What the server remembers of one connection.
class Connection {
  lines = 0;
  // It is in the middle of a line that has been called too long.
  isTooLong = false;
}

// Something came in: answer every line that is whole, and one that is too long already.
function readCb(bev: Bufferevent, connection: Connection): void {
  const input = bev.getInput();
  const output = bev.getOutput();
  for (;;) {
    const line = input.readln(EVBUFFER_EOL_LF);
    if (line === null) break;
    if (connection.isTooLong) {
      // The end of it: the next line is a new one.
      connection.isTooLong = false;
    } else if (line.length > MAX_LINE) {
      output.add(TOO_LONG);
    } else {
      output.add(line.map(rot13Char));
      output.add('\n');
      connection.lines++;
    }
  }
  const length = input.getLength();
  if (length > MAX_LINE && !connection.isTooLong) {
    output.add(TOO_LONG);
    connection.isTooLong = true;
  }
  if (connection.isTooLong) input.drain(length);
}
// #endregion

function lastWriteCb(bev: Bufferevent): void {
  bev.free();
}

function eventCb(bev: Bufferevent, events: number): void {
  if (events & BEV_EVENT_EOF && bev.getOutput().getLength() > 0) {
    bev.setCb(null, lastWriteCb, eventCb, null);
  } else if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
    console.log(`Descriptor ${bev.getFd()}: closing`);
    bev.free();
  }
}

function acceptOne(listener: number, base: EventBase): void {
  const fd = accept4(listener, null, SOCK_NONBLOCK);
  if (fd < 0) return;
  console.log(`A client on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(base, fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, new Connection());
  bev.enable(EV_READ | EV_WRITE);
}

function newListener(port: number): number {
  const listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  if (
    listener < 0 ||
    bind(listener, { family: 'IPv4', address: '127.0.0.1', port }) < 0 ||
    listen(listener, BACKLOG) < 0
  ) {
    console.error(`listen: ${strerror(errno())}`);
    return -1;
  }
  return listener;
}

function run(port: number): number {
  const listener = newListener(port);
  if (listener < 0) return 1;
  using base = new EventBase();
  const accepts = new Event(
    base,
    listener,
    EV_READ | EV_PERSIST,
    () => acceptOne(listener, base),
    null,
  );
  accepts.add();
  console.log(`Listening on port ${port}`);
  base.dispatch();
  return 0;
}

process.exitCode = run(Number(process.argv[2] ?? 40713));
