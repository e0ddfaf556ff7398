// A client that talks and never listens: it sends 128 MB and reads not one byte of what comes back.
//
//   deaf.ts [port]      the port is 9876 if none is given
//
// It sends whenever the kernel takes something, and says so when nothing was taken for a second. The man
// pages: connect(2), select(2), send(2).

import {
  AF_INET,
  EAGAIN,
  FD_SET,
  FD_ZERO,
  F_SETFL,
  MSG_NOSIGNAL,
  O_NONBLOCK,
  SOCK_STREAM,
  Timeval,
  connect,
  errno,
  fcntl,
  fd_set,
  select,
  send,
  socket,
  strerror,
} from 'libevent-ts/sys';

const MB = 1_000_000;
const ALL = 128 * MB;
const REPORT_EVERY = 16 * MB;

function fail(call: string): never {
  throw new Error(`${call}: ${strerror(errno())}`);
}

// #region wait
// Waits until the kernel takes something, for a second or for ever. False: it took nothing.
function waitForRoom(fd: number, timeout: Timeval | null): boolean {
  const writeset = new fd_set();
  FD_ZERO(writeset);
  FD_SET(fd, writeset);
  const ready = select(fd + 1, null, writeset, null, timeout);
  if (ready < 0) fail('select');
  return ready > 0;
}
// #endregion

// #region talk
function talk(fd: number): void {
  const line = Buffer.from(`${'blah '.repeat(819)}\n`);
  let sent = 0;
  while (sent < ALL) {
    if (!waitForRoom(fd, new Timeval(1))) {
      console.log(`After ${(sent / MB).toFixed(1)} MB nothing was taken for a second. Waiting …`);
      waitForRoom(fd, null);
    }
    const count = send(fd, line, line.length, MSG_NOSIGNAL);
    if (count < 0 && errno() !== EAGAIN) fail('send');
    if (count < 0) continue;
    const before = sent;
    sent += count;
    if (Math.floor(before / REPORT_EVERY) < Math.floor(sent / REPORT_EVERY)) {
      console.log(`${Math.floor(sent / MB)} MB sent, nothing read`);
    }
  }
}
// #endregion

function main(argument = '9876'): number {
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    console.error(`“${argument}” is no port: give a number from 1 to 65535`);
    return 1;
  }
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, { family: 'IPv4', address: '127.0.0.1', port }) < 0) fail('connect');
  fcntl(fd, F_SETFL, O_NONBLOCK);
  talk(fd);
  console.log('That was all. Ctrl-C ends this client.');
  for (;;) select(0, null, null, null, null);
}

try {
  process.exitCode = main(process.argv[2]);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
