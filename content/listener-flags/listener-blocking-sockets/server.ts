// An echo server without bufferevents: it reads each connection until recv(2) has nothing more.
//
//   server.ts [port] [--leave-sockets-blocking]      the port is 9876 if none is given
//
// What recv(2) does when there is nothing more depends on the socket. On a nonblocking one it returns
// -1 with EAGAIN at once. On a blocking one it waits, and with it this thread, the loop and everyone
// else. accept4(2) makes the difference, with SOCK_NONBLOCK; LEV_OPT_LEAVE_SOCKETS_BLOCKING leaves it
// out. See also fcntl(2) for O_NONBLOCK.

import { parseArgs } from 'node:util';
import {
  EV_PERSIST,
  EV_READ,
  Event,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_LEAVE_SOCKETS_BLOCKING,
  LEV_OPT_REUSEABLE,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import {
  EAGAIN,
  F_GETFL,
  MSG_NOSIGNAL,
  O_NONBLOCK,
  close,
  errno,
  fcntl,
  recv,
  send,
  strerror,
} from 'libevent-ts/sys';

const buffer = Buffer.alloc(1024);

// #region read
// The loop found something to read. How much, it does not know, so this reads until there is nothing.
// A call is printed before it is made, its result when it has returned. False at the end of file.
function echo(fd: number): boolean {
  for (;;) {
    process.stdout.write(`recv(${fd}) = `);
    const count = recv(fd, buffer, buffer.length, 0);
    if (count > 0) {
      console.log(`${count}`);
      // What send(2) does not take at once, from a client that never reads, is lost here.
      send(fd, buffer, count, MSG_NOSIGNAL);
    } else if (count < 0 && errno() === EAGAIN) {
      console.log('-1, EAGAIN. Nothing more, back to the loop.');
      return true;
    } else {
      console.log(count === 0 ? '0, end of file. I close it.' : `-1, ${strerror(errno())}`);
      return false;
    }
  }
}
// #endregion

// #region accept
function acceptConnCb(listener: Evconnlistener<null>, fd: number, address: SocketAddress): void {
  const mode = fcntl(fd, F_GETFL) & O_NONBLOCK ? 'nonblocking' : 'blocking';
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}, ${mode}`);
  const readable = new Event(listener.getBase(), fd, EV_READ | EV_PERSIST, readCb, null);
  readable.add();

  function readCb(): void {
    if (echo(fd)) return;
    readable.free();
    close(fd);
  }
}
// #endregion

// #region main
function readArguments(): { port: number; blocking: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'leave-sockets-blocking': { type: 'boolean', default: false } },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
  }
  return { port, blocking: values['leave-sockets-blocking'] };
}

function main(): void {
  const { port, blocking } = readArguments();
  const flags =
    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | (blocking ? LEV_OPT_LEAVE_SOCKETS_BLOCKING : 0);
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using base = new EventBase();
  using listener = Evconnlistener.newBind(base, acceptConnCb, null, flags, -1, address);
  console.log(`Listening on port ${port} with descriptor ${listener.getFd()}`);
  base.dispatch();
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
