// An echo server on events.
//
//   server.ts [port]      the port is 9876 if none is given

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

// So much is read at once.
const CHUNK = 65_536;
const BACKLOG = 512;

// #region change
// One client. The server reads from it, or sends back what it read, one after the other.
class Client {
  readonly fd: number;
  readonly readEvent: Event<Client>;
  readonly writeEvent: Event<Client>;
  // What came in, from `sent` to `length`, still has to go out.
  readonly buffer = Buffer.alloc(CHUNK);
  sent = 0;
  length = 0;

  constructor(base: EventBase, fd: number) {
    this.fd = fd;
    this.readEvent = new Event<Client>(base, fd, EV_READ | EV_PERSIST, doRead, this);
    this.writeEvent = new Event<Client>(base, fd, EV_WRITE | EV_PERSIST, doWrite, this);
  }
}

function doRead(fd: number, _events: number, client: Client): void {
  const n = recv(fd, client.buffer, CHUNK, 0);
  if (n < 0 && (errno() === EAGAIN || errno() === EINTR)) return;
  if (n <= 0) {
    hangUp(client, n < 0 ? strerror(errno()) : 'end of file');
    return;
  }
  client.sent = 0;
  client.length = n;
  if (!sendAll(client)) return;
  if (client.sent === client.length) return;
  client.readEvent.del();
  client.writeEvent.add();
}

function doWrite(_fd: number, _events: number, client: Client): void {
  if (!sendAll(client) || client.sent < client.length) return;
  client.writeEvent.del();
  client.readEvent.add();
}

// Sends what the kernel takes, which may be a part. Returns false when the connection is over.
function sendAll(client: Client): boolean {
  const { buffer, fd, length, sent } = client;
  const n = send(fd, buffer, length - sent, MSG_NOSIGNAL, sent);
  if (n >= 0) client.sent += n;
  if (n >= 0 || errno() === EAGAIN || errno() === EINTR) return true;
  hangUp(client, strerror(errno()));
  return false;
}
// #endregion

function hangUp({ fd, readEvent, writeEvent }: Client, reason: string): void {
  console.log(`Descriptor ${fd}: ${reason}, closing`);
  readEvent.free();
  writeEvent.free();
  close(fd);
}

function acceptOne(listener: number, _events: number, base: EventBase): void {
  const fd = accept4(listener, null, SOCK_NONBLOCK);
  if (fd >= 0) {
    console.log(`A client on descriptor ${fd}`);
    new Client(base, fd).readEvent.add();
    return;
  }
  const error = errno();
  if (![EAGAIN, EINTR, ECONNABORTED].includes(error)) {
    console.error(`accept: ${strerror(error)}`);
  }
  // Any failure but a shortage costs this one connection at most.
  if (![EMFILE, ENFILE, ENOBUFS, ENOMEM].includes(error)) return;
  // Without a descriptor to spare the event would run again at once. So it waits for a second.
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

process.exitCode = run(Number(process.argv[2] ?? 9876));
