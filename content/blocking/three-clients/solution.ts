// Reads from two connections in turn, with calls that block, and answers each. When the conversation is
// over, it accepts the next clients.
//
//   server.ts [port]      the port is 40713 if none is given
//
// accept4(2), recv(2), send(2), close(2)

import {
  AF_INET,
  MSG_NOSIGNAL,
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

interface Connection {
  readonly name: string;
  readonly fd: number;
}

const buffer = Buffer.alloc(1024);

// Deals with what recv() returned. False: this connection is over.
function handle(name: string, fd: number, n: number): boolean {
  if (n < 0) {
    console.log(`${name}: ${strerror(errno())}. Descriptor ${fd} is of no use any more.`);
    return false;
  }
  if (n === 0) {
    console.log(`${name}: end of file. Descriptor ${fd} is of no use any more.`);
    return false;
  }
  const answer = Buffer.concat([Buffer.from('You said: '), buffer.subarray(0, n)]);
  if (send(fd, answer, answer.length, MSG_NOSIGNAL) < answer.length) {
    console.log(`${name}: does not take the answer. Descriptor ${fd} is of no use any more.`);
    return false;
  }
  return true;
}

// Waits until somebody connects.
function acceptFrom(listener: number, name: string): Connection {
  const fd = accept4(listener, null, 0);
  if (fd < 0) throw new Error(`accept4: ${strerror(errno())}`);
  console.log(`${name} is connected, on descriptor ${fd}`);
  return { name, fd };
}

// #region change
// Waits for the clients of one conversation.
function acceptAll(listener: number): Connection[] {
  return ['alice', 'bob', 'carol'].map((name) => acceptFrom(listener, name));
}

// Reads from each who is still there in turn.
function serve(connections: Connection[]): void {
  while (connections.length > 0) {
    for (const { name, fd } of connections) {
      const n = recv(fd, buffer, buffer.length, 0);
      if (handle(name, fd, n)) continue;
      close(fd);
      // A new list, from the next round on: this round goes on as it began, and leaves nobody out.
      connections = connections.filter((each) => each.fd !== fd);
    }
  }
}
// #endregion

function listenOn(port: number): number {
  const listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(listener, { family: 'IPv4', address: '127.0.0.1', port }) < 0) return -1;
  if (listen(listener, 16) < 0) return -1;
  return listener;
}

function main(argument = '40713'): number {
  const port = Number(argument);
  const listener = listenOn(port);
  if (listener < 0) {
    console.error(`Can’t listen on port ${port}: ${strerror(errno())}.`);
    return 1;
  }
  console.log(`Listening on port ${port}`);
  for (;;) serve(acceptAll(listener));
}

process.exitCode = main(process.argv[2]);
