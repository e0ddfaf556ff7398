// A ROT13 server on events.
//
//   server.ts [port]      the port is 40713 if none is given
//
// EventBase and Event are libevent's event_base and event.

import { EV_PERSIST, EV_READ, EV_TIMEOUT, EV_WRITE, Event, EventBase } from 'libevent-ts';
import {
  AF_INET,
  EAGAIN,
  ECONNABORTED,
  EINTR,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  MSG_NOSIGNAL,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  accept4,
  bind,
  close,
  errno,
  listen,
  recv,
  send,
  setsockopt,
  socket,
  strerror,
} from 'libevent-ts/sys';

const CHUNK = 4096;
const BACKLOG = 512;

function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}

// #region change
// Seconds for which a client may send nothing, or take nothing of what it is sent.
const LIMIT = 1;

// One client. The server reads from it, then sends the answer, one after the other.
class Connection {
  readonly fd: number;
  readonly readEvent: Event<Connection>;
  readonly writeEvent: Event<Connection>;
  // The answer, and how much of it is out.
  answer = Buffer.alloc(0);
  sent = 0;

  constructor(base: EventBase, fd: number) {
    this.fd = fd;
    this.readEvent = new Event<Connection>(base, fd, EV_READ | EV_PERSIST, doRead, this);
    this.writeEvent = new Event<Connection>(base, fd, EV_WRITE | EV_PERSIST, doWrite, this);
  }
}

// Somebody has connected.
function welcome(base: EventBase, fd: number): void {
  const connection = new Connection(base, fd);
  connection.readEvent.add(LIMIT);
}

function hangUp({ fd, readEvent, writeEvent }: Connection, reason: string): void {
  console.log(`Descriptor ${fd}: ${reason}, closing`);
  readEvent.free();
  writeEvent.free();
  close(fd);
}

function doRead(fd: number, events: number, connection: Connection): void {
  if (events & EV_TIMEOUT) {
    hangUp(connection, 'sends nothing');
    return;
  }
  const buffer = Buffer.alloc(CHUNK);
  const n = recv(fd, buffer, CHUNK, 0);
  if (n < 0 && (errno() === EAGAIN || errno() === EINTR)) return;
  if (n <= 0) {
    hangUp(connection, n < 0 ? strerror(errno()) : 'end of file');
    return;
  }
  connection.answer = Buffer.from(buffer.subarray(0, n).map(rot13Char));
  connection.sent = 0;
  connection.readEvent.del();
  connection.writeEvent.add(LIMIT);
}

// Sends what the kernel takes, which may be a part.
function doWrite(fd: number, events: number, connection: Connection): void {
  if (events & EV_TIMEOUT) {
    hangUp(connection, 'takes nothing');
    return;
  }
  const { answer, sent } = connection;
  const n = send(fd, answer, answer.length - sent, MSG_NOSIGNAL, sent);
  if (n < 0 && (errno() === EAGAIN || errno() === EINTR)) return;
  if (n < 0) {
    hangUp(connection, strerror(errno()));
    return;
  }
  connection.sent += n;
  if (connection.sent < answer.length) return;
  connection.writeEvent.del();
  connection.readEvent.add(LIMIT);
}
// #endregion

function acceptOne(listener: number, _events: number, base: EventBase): void {
  const fd = accept4(listener, null, SOCK_NONBLOCK);
  if (fd >= 0) {
    console.log(`A client on descriptor ${fd}`);
    welcome(base, fd);
    return;
  }
  const error = errno();
  if (![EAGAIN, EINTR, ECONNABORTED].includes(error)) {
    console.error(`accept: ${strerror(error)}`);
  }
  // Any failure but a shortage costs this one connection at most.
  if (![EMFILE, ENFILE, ENOBUFS, ENOMEM].includes(error)) return;
  // With no descriptor to spare, this event would run again at once. So it pauses for a second.
  const listenerEvent = base.getRunningEvent();
  listenerEvent?.del();
  base.once(-1, EV_TIMEOUT, () => listenerEvent?.add(), null, 1);
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
  new Event(base, listener, EV_READ | EV_PERSIST, acceptOne, base).add();
  console.log(`Listening on port ${port}`);
  base.dispatch();
  return 0;
}

process.exitCode = run(Number(process.argv[2] ?? 40713));
