// Connects 24 times to one port, one after another, and counts who greets it: “You are with first.”
//
//   crowd.ts [port]      the port is 9876 if none is given
//
// Its calls block. The man pages: connect(2), poll(2), recv(2), close(2).

import {
  AF_INET,
  POLLIN,
  PollFds,
  SOCK_STREAM,
  close,
  connect,
  errno,
  poll,
  recv,
  socket,
  strerror,
} from 'libevent-ts/sys';

const CLIENTS = 24;
const PATIENCE = 500;

function fail(call: string): never {
  throw new Error(`${call}: ${strerror(errno())}`);
}

// #region greeting
// Connects and returns the greeting, which is all that comes.
function greeting(port: number, client: number): string {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, { family: 'IPv4', address: '127.0.0.1', port }) < 0) fail('connect');

  const fds = new PollFds(1);
  fds.set(0, fd, POLLIN);
  if (poll(fds, 1, PATIENCE) === 0) {
    console.log(`Client ${client} of ${CLIENTS} is connected, but nobody greets it. Waiting …`);
  }

  const buffer = Buffer.alloc(100);
  const n = recv(fd, buffer, buffer.length, 0);
  if (n < 0) fail('recv');
  close(fd);
  return buffer.toString('utf8', 0, n).trim();
}
// #endregion

function main(argument = '9876'): number {
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    console.error(`“${argument}” is no port: give a number from 1 to 65535`);
    return 1;
  }
  const counts = new Map<string, number>();
  for (let client = 1; client <= CLIENTS; client += 1) {
    const text = greeting(port, client);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  for (const [text, count] of counts) console.log(`${count} of ${CLIENTS} were told: ${text}`);
  const all = counts.size > 1 ? 'Every server got some of them.' : 'One server got them all.';
  console.log(all);
  return 0;
}

try {
  process.exitCode = main(process.argv[2]);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
