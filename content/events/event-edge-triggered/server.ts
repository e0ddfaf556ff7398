// A ROT13 server on edge-triggered events. With EV_ET the base reports that a descriptor has become
// readable. It reports that once, and stays silent while the descriptor stays readable.
//
//   server.ts [port]      the port is 40713 if none is given
//
// EventBase and Event are libevent's event_base and event. The man page to read is epoll(7).

import {
  EV_ET,
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  Event,
  EventBase,
  evtimerNew,
} from 'libevent-ts';
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

const MAX_LINE = 16384;
// A real server reads far more at a time. With 16 bytes, a line that you can type takes several reads.
const CHUNK = 16;
const MOST_READS = 64;
const BACKLOG = 512;
const LF = 0x0a;

function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}

// #region connection
class Connection {
  readonly fd: number;
  // Rotated bytes: whole lines up to `whole`, of which `sent` bytes are out, then the start of one.
  readonly buffer = Buffer.alloc(MAX_LINE + 1 + CHUNK);
  used = 0;
  whole = 0;
  sent = 0;
  readonly readEvent: Event<Connection>;
  readonly writeEvent: Event<Connection>;
  readonly goOn: Event<Connection>;

  constructor(base: EventBase, fd: number) {
    this.fd = fd;
    this.readEvent = new Event<Connection>(base, fd, EV_READ | EV_PERSIST | EV_ET, doRead, this);
    // Either all events of a descriptor are edge-triggered, or none is.
    this.writeEvent = new Event<Connection>(base, fd, EV_WRITE | EV_ET, doWrite, this);
    this.goOn = evtimerNew<Connection>(base, doRead, this);
  }
}

function hangUp(connection: Connection, reason: string): void {
  console.log(`Descriptor ${connection.fd}: ${reason}, closing`);
  connection.readEvent.free();
  connection.writeEvent.free();
  connection.goOn.free();
  close(connection.fd);
}
// #endregion

const inbuf = Buffer.alloc(CHUNK);

// #region read
function doRead(_fd: number, _events: number, connection: Connection): void {
  for (let reads = 0; reads < MOST_READS; reads++) {
    if (!readOnce(connection)) return;
  }
  // No edge will come for what is left. A timer that is due at once calls this function again, and
  // before that the base looks after everybody else.
  connection.goOn.add(0);
}
// #endregion

// #region once
// One recv(2). True: there may be more to read.
function readOnce(connection: Connection): boolean {
  const n = recv(connection.fd, inbuf, CHUNK, 0);
  if (n < 0 && errno() === EAGAIN) return false;
  if (n < 0 && errno() === EINTR) return true;
  if (n <= 0) {
    hangUp(connection, n < 0 ? strerror(errno()) : 'end of file');
    return false;
  }
  const { buffer } = connection;
  for (const c of inbuf.subarray(0, n)) {
    const isTooLong = connection.used - connection.whole >= MAX_LINE;
    if (c === LF || !isTooLong) buffer[connection.used++] = rot13Char(c);
    if (c === LF) connection.whole = connection.used;
  }
  return sendLines(connection);
}
// #endregion

// #region write
// Sends the lines that are whole. True: they are out, and there is room for more.
function sendLines(connection: Connection): boolean {
  const { fd, buffer } = connection;
  while (connection.sent < connection.whole) {
    const count = connection.whole - connection.sent;
    const n = send(fd, buffer, count, MSG_NOSIGNAL, connection.sent);
    if (n < 0 && errno() === EINTR) continue;
    if (n < 0 && errno() === EAGAIN) {
      // This client doesn't read. Until it does, nothing is read from it either.
      connection.readEvent.del();
      connection.goOn.del();
      connection.writeEvent.add();
      return false;
    }
    if (n < 0) {
      hangUp(connection, strerror(errno()));
      return false;
    }
    connection.sent += n;
  }
  buffer.copyWithin(0, connection.whole, connection.used);
  connection.used -= connection.whole;
  connection.sent = connection.whole = 0;
  return true;
}

function doWrite(_fd: number, _events: number, connection: Connection): void {
  // Adding an event asks epoll afresh: it reports what has come in the meantime.
  if (sendLines(connection)) connection.readEvent.add();
}
// #endregion

function acceptOne(listener: number, _events: number, base: EventBase): void {
  const fd = accept4(listener, null, SOCK_NONBLOCK);
  if (fd >= 0) {
    console.log(`A client on descriptor ${fd}`);
    new Connection(base, fd).readEvent.add();
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
  console.log(`Listening on port ${port} with ${base.getMethod()}`);
  base.dispatch();
  return 0;
}

process.exitCode = run(Number(process.argv[2] ?? 40713));
