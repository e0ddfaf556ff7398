// Answers two clients, alice and bob. It waits for both at once, in select(2), and then reads from
// those who have sent something.
//
//   server.ts [port]      the port is 40713 if none is given
//
// socket(2), bind(2), listen(2), accept4(2), fcntl(2), select(2), recv(2), send(2), close(2)

import { formatAddress } from 'libevent-ts';
import {
  AF_INET,
  EAGAIN,
  EINTR,
  FD_ISSET,
  FD_SET,
  FD_ZERO,
  F_GETFL,
  F_SETFL,
  MSG_NOSIGNAL,
  O_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  SockaddrStorage,
  accept4,
  bind,
  close,
  errno,
  fcntl,
  fd_set,
  listen,
  recv,
  select,
  send,
  setsockopt,
  socket,
  strerror,
} from 'libevent-ts/sys';

interface Connection {
  readonly name: string;
  readonly fd: number;
}

const buffer = Buffer.alloc(1024);

// #region nonblocking
// From now on, a call on this socket that would have to wait returns -1 with EAGAIN instead.
function makeNonblocking(fd: number): void {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}
// #endregion

// #region serve
function serve(connections: Connection[]): void {
  for (const { fd } of connections) makeNonblocking(fd);
  const readset = new fd_set();
  while (connections.length > 0) {
    // select() overwrites the set, so fill it again for each call.
    FD_ZERO(readset);
    for (const { fd } of connections) FD_SET(fd, readset);
    const maxfd = Math.max(...connections.map(({ fd }) => fd));

    const names = connections.map(({ name }) => name).join(' and ');
    console.log(`select(): blocked, waiting for ${names} …`);
    const ready = select(maxfd + 1, readset, null, null, null);
    if (ready < 0) {
      // A signal interrupted the call. Nothing is wrong, so wait again.
      if (errno() === EINTR) continue;
      throw new Error(`select: ${strerror(errno())}`);
    }
    console.log(`select() returned ${ready}`);

    for (const { name, fd } of connections) {
      if (!FD_ISSET(fd, readset)) continue;
      const n = recv(fd, buffer, buffer.length, 0);
      // Rare, but it happens: what select() saw can be gone by now. See BUGS in its man page.
      if (n < 0 && errno() === EAGAIN) continue;
      if (!handle(name, fd, n)) {
        close(fd);
        connections = connections.filter((each) => each.fd !== fd);
      }
    }
  }
}
// #endregion

// #region handle
// Deals with what recv() returned. False: this connection is over.
function handle(name: string, fd: number, n: number): boolean {
  if (n < 0) {
    console.log(`${name}: ${strerror(errno())}. Closing descriptor ${fd}.`);
    return false;
  }
  if (n === 0) {
    console.log(`${name}: end of file. Closing descriptor ${fd}.`);
    return false;
  }
  const bytes = buffer.subarray(0, n);
  console.log(`${name}: ${n} bytes, ${JSON.stringify(bytes.toString())}`);
  const answer = Buffer.concat([Buffer.from('You said: '), bytes]);
  if (send(fd, answer, answer.length, MSG_NOSIGNAL) < answer.length) {
    console.log(`${name}: does not take the answer. Closing descriptor ${fd}.`);
    return false;
  }
  return true;
}
// #endregion

// Waits until somebody connects.
function acceptFrom(listener: number, name: string): Connection {
  const address = new SockaddrStorage();
  const fd = accept4(listener, address, 0);
  if (fd < 0) throw new Error(`accept4: ${strerror(errno())}`);
  console.log(`Connection from ${formatAddress(address.decode())} on descriptor ${fd}: ${name}`);
  return { name, fd };
}

function listenOn(port: number): number {
  const listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(listener, { family: 'IPv4', address: '127.0.0.1', port }) < 0) return -1;
  if (listen(listener, 16) < 0) return -1;
  return listener;
}

function main(argument = '40713'): number {
  const port = Number(argument);
  if (!/^\d+$/.test(argument) || port < 1 || port > 65535) {
    console.error(`A port is a number from 1 to 65535, not “${argument}”.`);
    return 1;
  }
  const listener = listenOn(port);
  if (listener < 0) {
    console.error(`Can’t listen on port ${port}: ${strerror(errno())}.`);
    return 1;
  }
  console.log(`Listening on port ${port}`);
  const connections = [acceptFrom(listener, 'alice'), acceptFrom(listener, 'bob')];
  // Two clients are enough: anybody else is refused.
  close(listener);
  serve(connections);
  console.log('Both are gone.');
  return 0;
}

process.exitCode = main(process.argv[2]);
