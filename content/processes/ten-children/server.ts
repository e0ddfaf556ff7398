// A ROT13 server with a process for each client, which welcomes everybody.
//
//   node --single-threaded server.ts [port]      the port is 40713 if none is given
//
// accept(2), fork(2), recv(2), close(2), waitpid(2)

import {
  AF_INET,
  EINTR,
  MSG_NOSIGNAL,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  WNOHANG,
  _exit,
  accept4,
  bind,
  close,
  errno,
  fork,
  listen,
  recv,
  send,
  setsockopt,
  socket,
  strerror,
  waitpid,
} from 'libevent-ts/sys';

const MAX_LINE = 16384;
const CHUNK = 4096;
const BACKLOG = 512;
const LF = 0x0a;
const WELCOME = Buffer.from('Welcome.\n');
// How many children there may be at once.
const MOST = 10;

function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}

function perror(call: string): void {
  console.error(`${call}: ${strerror(errno())}`);
}

function sendAll(fd: number, buffer: Uint8Array, count: number): boolean {
  let sent = 0;
  while (sent < count) {
    const result = send(fd, buffer, count - sent, MSG_NOSIGNAL, sent);
    if (result >= 0) sent += result;
    else if (errno() !== EINTR) return false;
  }
  return true;
}

// Welcomes one client and answers its lines, until it has no more to say.
function serve(fd: number): void {
  if (!sendAll(fd, WELCOME, WELCOME.length)) return;
  const inbuf = Buffer.alloc(CHUNK);
  const line = Buffer.alloc(MAX_LINE + 1);
  let used = 0;
  for (;;) {
    const result = recv(fd, inbuf, CHUNK, 0);
    if (result < 0 && errno() === EINTR) continue;
    if (result <= 0) return;
    for (const ch of inbuf.subarray(0, result)) {
      if (ch !== LF) {
        if (used < MAX_LINE) line[used++] = rot13Char(ch);
        continue;
      }
      line[used++] = LF;
      if (!sendAll(fd, line, used)) return;
      used = 0;
    }
  }
}

function newListener(port: number): number {
  const listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  if (
    listener < 0 ||
    bind(listener, { family: 'IPv4', address: '127.0.0.1', port }) < 0 ||
    listen(listener, BACKLOG) < 0
  ) {
    perror('listen');
    return -1;
  }
  return listener;
}

// #region change
let children = 0;

// Waits for a client, and gives it a child of its own.
function acceptOne(listener: number): void {
  const fd = accept4(listener, null, 0);
  if (fd < 0) {
    perror('accept');
    return;
  }
  const pid = fork();
  if (pid === 0) {
    close(listener);
    serve(fd);
    _exit(0);
  }
  close(fd);
  if (pid < 0) {
    perror('fork');
    return;
  }
  console.log(`Child ${pid} serves descriptor ${fd}. Children: ${++children} of ${MOST}`);
  // Asks how it ended, and doesn’t wait for it.
  if (waitpid(pid, null, WNOHANG) === pid) children--;
}
// #endregion

function main(argument = '40713'): number {
  const port = Number(argument);
  const listener = newListener(port);
  if (listener < 0) return 1;
  console.log(`Listening on port ${port}`);
  for (;;) acceptOne(listener);
}

process.exitCode = main(process.argv[2]);
