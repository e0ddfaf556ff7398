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
// All clients are read into this, one after the other: what is in it is sent before the next one is read.
const shared = Buffer.alloc(CHUNK);

// One client. The server reads from it, or sends back what it read, one after the other.
class Client {
  readonly fd: number;
  readonly readEvent: Event<Client>;
  readonly writeEvent: Event<Client>;
  // What the kernel has not taken yet: a copy, made only for a client that is slow to read.
  rest: Buffer | null = null;

  constructor(base: EventBase, fd: number) {
    this.fd = fd;
    this.readEvent = new Event<Client>(base, fd, EV_READ | EV_PERSIST, doRead, this);
    this.writeEvent = new Event<Client>(base, fd, EV_WRITE | EV_PERSIST, doWrite, this);
  }
}

function doRead(fd: number, _events: number, client: Client): void {
  const length = recv(fd, shared, CHUNK, 0);
  if (length < 0 && (errno() === EAGAIN || errno() === EINTR)) return;
  if (length <= 0) {
    hangUp(client, length < 0 ? strerror(errno()) : 'end of file');
    return;
  }
  const sent = sendSome(client, shared, length);
  if (sent < 0 || sent === length) return;
  client.rest = Buffer.from(shared.subarray(sent, length));
  client.readEvent.del();
  client.writeEvent.add();
}

function doWrite(_fd: number, _events: number, client: Client): void {
  const { rest } = client;
  if (!rest) return;
  const sent = sendSome(client, rest, rest.length);
  if (sent < 0) return;
  client.rest = sent < rest.length ? rest.subarray(sent) : null;
  if (client.rest) return;
  client.writeEvent.del();
  client.readEvent.add();
}

// Sends what the kernel takes, which may be a part. Returns how much, or -1 when the connection is over.
function sendSome(client: Client, buffer: Buffer, length: number): number {
  const n = send(client.fd, buffer, length, MSG_NOSIGNAL);
  if (n >= 0) return n;
  if (errno() === EAGAIN || errno() === EINTR) return 0;
  hangUp(client, strerror(errno()));
  return -1;
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
