// A client of the proxy that is as slow as you make it. The first Enter has it ask for the large document.
// After that it reads nothing until the next Enter, and then 16 MB.
//
//   phone.ts [port]      the port is 9876 if none is given
//
// The man pages: connect(2), select(2), recv(2), read(2).

import {
  AF_INET,
  FD_SET,
  FD_ZERO,
  MSG_NOSIGNAL,
  SOCK_STREAM,
  Timeval,
  connect,
  errno,
  fd_set,
  read,
  recv,
  select,
  send,
  socket,
  strerror,
} from 'libevent-ts/sys';

const MB = 1_000_000;
const AT_ONCE = 16 * MB;
const PATIENCE = 3;

const typed = Buffer.alloc(256);
const inbuf = Buffer.alloc(64 * 1024);

function fail(call: string): never {
  throw new Error(`${call}: ${strerror(errno())}`);
}

// False at the end of the terminal’s input.
function waitForEnter(): boolean {
  return read(0, typed) > 0;
}

// False if nothing came for three seconds.
function waitForBytes(fd: number): boolean {
  const readset = new fd_set();
  FD_ZERO(readset);
  FD_SET(fd, readset);
  const ready = select(fd + 1, readset, null, null, new Timeval(PATIENCE));
  if (ready < 0) fail('select');
  return ready > 0;
}

// #region read
// Reads 16 MB, or what comes of it. Returns how much that was.
function readSome(fd: number, before: number): number {
  let count = 0;
  while (count < AT_ONCE) {
    if (!waitForBytes(fd)) {
      console.log(`Only ${(count / MB).toFixed(1)} MB came, and then nothing for three seconds.`);
      return count;
    }
    const most = Math.min(inbuf.length, AT_ONCE - count);
    const n = recv(fd, inbuf, most, 0);
    if (n < 0) fail('recv');
    if (n === 0) throw new Error('The proxy has closed the connection.');
    count += n;
  }
  console.log(`16 MB read, ${(before + count) / MB} MB in all.`);
  return count;
}
// #endregion

function main(argument = '9876'): number {
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    console.error(`“${argument}” is no port: give a number from 1 to 65535`);
    return 1;
  }
  console.log('Press Enter: I ask for the large document, and read none of it yet.');
  if (!waitForEnter()) return 0;
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, { family: 'IPv4', address: '127.0.0.1', port }) < 0) fail('connect');
  const request = Buffer.from('large\n');
  if (send(fd, request, request.length, MSG_NOSIGNAL) < 0) fail('send');
  console.log('Asked. Each further Enter reads 16 MB.');
  let count = 0;
  while (waitForEnter()) count += readSome(fd, count);
  return 0;
}

try {
  process.exitCode = main(process.argv[2]);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
