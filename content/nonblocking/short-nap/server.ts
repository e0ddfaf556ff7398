// A ROT13 server that asks one client after the other, round and round, with calls that never wait.
//
//   server.ts [port]      the port is 40713 if none is given
//
// accept(2), recv(2), send(2), nanosleep(2)

import {
  AF_INET,
  EAGAIN,
  ECONNABORTED,
  EINTR,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  IPPROTO_TCP,
  MSG_NOSIGNAL,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  TCP_NODELAY,
  Timespec,
  accept4,
  bind,
  close,
  errno,
  listen,
  nanosleep,
  recv,
  send,
  setsockopt,
  socket,
  strerror,
} from 'libevent-ts/sys';

const BACKLOG = 512;

const clients = new Set<number>();
const buffer = Buffer.alloc(1024);

function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}

// Sleeps. A line that comes meanwhile does not wake it.
function nap(milliseconds: number): void {
  nanosleep(new Timespec(0, milliseconds * 1_000_000));
}

// Accepts one client who wants to connect. Returns whether there was one.
function acceptOne(listener: number): boolean {
  const fd = accept4(listener, null, SOCK_NONBLOCK);
  if (fd >= 0) {
    console.log(`A client on descriptor ${fd}`);
    // Otherwise the kernel may keep the next part of an answer until this one has arrived: tcp(7).
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    clients.add(fd);
    return true;
  }
  const error = errno();
  if (![EAGAIN, EINTR, ECONNABORTED].includes(error)) {
    console.error(`accept: ${strerror(error)}`);
  }
  // Out of descriptors or memory, the next call would fail, too.
  if ([EMFILE, ENFILE, ENOBUFS, ENOMEM].includes(error)) nap(10);
  return false;
}

// Answers what a client has sent, as much of it as the buffer holds. Returns whether there was anything to do.
function answerOne(fd: number): boolean {
  const n = recv(fd, buffer, buffer.length, 0);
  if (n < 0 && (errno() === EAGAIN || errno() === EINTR)) return false;
  if (n > 0) {
    const answer = buffer.subarray(0, n).map(rot13Char);
    if (send(fd, answer, n, MSG_NOSIGNAL) === n) return true;
  }
  // The end of the connection, an error, or a client that does not take its answers.
  console.log(`Descriptor ${fd}: closing`);
  clients.delete(fd);
  close(fd);
  return true;
}

// #region change
// Asks the listening socket, then each client, and then begins again.
function serve(listener: number): void {
  for (;;) {
    acceptOne(listener);
    for (const fd of clients) answerOne(fd);
  }
}
// #endregion

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
  console.log(`Listening on port ${port}`);
  serve(listener);
  return 0;
}

process.exitCode = run(Number(process.argv[2] ?? 40713));
