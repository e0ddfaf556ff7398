// A ROT13 server with a process for each client: every line that a client sends comes back with its
// letters moved on by 13 places. Do it twice and you have the line again.
//
//   node --single-threaded server.ts [port]      the port is 40713 if none is given
//
// The parent waits in accept(2), and for each connection it calls fork(2). The child waits in
// recv(2) as long as it has to, and nobody else waits with it. What becomes of children that have
// ended: sigaction(2), waitpid(2).

import {
  AF_INET,
  EINTR,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  MSG_NOSIGNAL,
  SIGCHLD,
  SIG_IGN,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  Sigaction,
  SockaddrStorage,
  Timespec,
  _exit,
  accept4,
  bind,
  close,
  errno,
  fork,
  formatAddress,
  getpid,
  listen,
  nanosleep,
  recv,
  send,
  setsockopt,
  sigaction,
  socket,
  strerror,
} from 'libevent-ts/sys';

const MAX_LINE = 16384;
const CHUNK = 4096;
const BACKLOG = 512;
const LF = 0x0a;

// #region rot13
// Goes by the numbers of ASCII and not by the locale’s letters: every other byte stays as it is.
function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}
// #endregion

// #region write
// A blocking send(2) may still send only a part, if a signal interrupts it.
function sendAll(fd: number, buffer: Uint8Array, count: number): boolean {
  let sent = 0;
  while (sent < count) {
    const result = send(fd, buffer, count - sent, MSG_NOSIGNAL, sent);
    if (result >= 0) sent += result;
    else if (errno() !== EINTR) return false;
  }
  return true;
}
// #endregion

// #region child
// Serves one client to its end, and returns why it ended. There is no list of clients, and
// no state between calls: the place where this function stands is the state.
function child(fd: number): string {
  const inbuf = Buffer.alloc(CHUNK);
  const outbuf = Buffer.alloc(MAX_LINE + 1);
  let outbufUsed = 0;
  for (;;) {
    const result = recv(fd, inbuf, CHUNK, 0);
    if (result === 0) return 'end of file';
    if (result < 0) {
      if (errno() === EINTR) continue;
      return strerror(errno());
    }
    for (const ch of inbuf.subarray(0, result)) {
      if (ch !== LF) {
        // What is too long for the buffer is dropped. There is always room for the line's end.
        if (outbufUsed < MAX_LINE) outbuf[outbufUsed++] = rot13Char(ch);
        continue;
      }
      outbuf[outbufUsed++] = LF;
      if (!sendAll(fd, outbuf, outbufUsed)) return strerror(errno());
      outbufUsed = 0;
    }
  }
}
// #endregion

function perror(call: string): void {
  console.error(`${call}: ${strerror(errno())}`);
}

// #region listen
function newListener(port: number): number {
  const listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0) {
    perror('socket');
    return -1;
  }
  // Lets a restarted server have its port although old connections are still in TIME_WAIT.
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(listener, { family: 'IPv4', address: '127.0.0.1', port }) < 0) {
    perror('bind');
    return -1;
  }
  if (listen(listener, BACKLOG) < 0) {
    perror('listen');
    return -1;
  }
  return listener;
}
// #endregion

// #region accept
function doAccept(listener: number): void {
  const address = new SockaddrStorage();
  const fd = accept4(listener, address, 0);
  if (fd < 0) {
    const isShortage = [EMFILE, ENFILE, ENOBUFS, ENOMEM].includes(errno());
    perror('accept');
    // Without a free descriptor the next accept(2) fails at once, too: pause, or this loop spins. Any
    // other failure costs this one connection at most.
    if (isShortage) nanosleep(new Timespec(1));
    return;
  }
  console.log(`Connection from ${formatAddress(address.decode())} on descriptor ${fd}`);

  const start = performance.now();
  const pid = fork();
  if (pid === 0) {
    const time = (performance.now() - start).toFixed(1);
    console.log(`Child ${getpid()} for descriptor ${fd}, forked in ${time} ms`);
    // The child has a copy of every descriptor. With this one it would keep the port taken even
    // after the parent's end.
    close(listener);
    console.log(`Child ${getpid()}: ${child(fd)}, so this process ends`);
    _exit(0);
  }
  if (pid < 0) perror('fork');
  // The connection is the child's now. As long as the parent has it open too, the client never
  // hears that the child has closed it.
  close(fd);
}
// #endregion

// #region loop
function run(port: number): number {
  const listener = newListener(port);
  if (listener < 0) return 1;
  // A child that has ended stays in the process table as a zombie until its parent asks how it
  // ended. This tells the kernel that nobody will ask.
  sigaction(SIGCHLD, new Sigaction(SIG_IGN), null);
  console.log(`Listening on port ${port}, process ${getpid()}`);
  for (;;) doAccept(listener);
}
// #endregion

// #region main
function main(argument = '40713'): number {
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    console.error(`“${argument}” is no port: give a number from 1 to 65535`);
    return 1;
  }
  return run(port);
}

process.exitCode = main(process.argv[2]);
// #endregion
