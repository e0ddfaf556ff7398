// An echo server on node:net, Node's own sockets. Every other program of this book makes its system
// calls through libevent-ts; this one stands beside them to be compared. libuv, Node's event loop,
// makes the calls here, and none of them can be seen in the source.
//
//   server.ts [port]      the port is 40713 if none is given

import { createServer } from 'node:net';
import type { Socket } from 'node:net';

// As many as the ROT13 servers let wait until they accept.
const BACKLOG = 512;

// #region echo
function echo(socket: Socket): void {
  // A reset ends this connection, and Node closes it by itself. Without a listener it would be thrown,
  // and end the server.
  socket.on('error', () => undefined);
  // pipe() reads no further while the client doesn't take its answers, so that memory stays bounded.
  socket.pipe(socket);
}
// #endregion

// #region main
function main(argument = '40713'): void {
  const port = Number(argument);
  if (!/^\d+$/.test(argument) || port < 1 || port > 65535) {
    console.error(`“${argument}” is no port: give a number from 1 to 65535`);
    process.exitCode = 1;
    return;
  }
  // A client that has ended its side still gets the answers that it is owed.
  const server = createServer({ allowHalfOpen: true }, echo);
  server.on('error', ({ message }) => {
    console.error(message);
    process.exitCode = 1;
  });
  server.listen({ port, host: '127.0.0.1', backlog: BACKLOG }, () => {
    console.log(`Listening on port ${port}`);
  });
}

main(process.argv[2]);
// #endregion
