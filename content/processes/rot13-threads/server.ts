// A ROT13 server with a thread for each client. Every line that a client sends comes back with its
// letters moved on by 13 places.
//
//   server.ts [port]      the port is 40713 if none is given
//
// The main thread accepts: poll(2), accept(2). For each connection it starts a worker thread, which
// waits in recv(2) as long as it has to. All threads share one table of descriptors, so the main
// thread only has to tell the worker a number: pthreads(7). This file is both programs, and
// isMainThread tells which of them runs.

import { Worker, isMainThread, threadId } from 'node:worker_threads';
import {
  AF_INET,
  EINTR,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  MSG_NOSIGNAL,
  POLLIN,
  PollFds,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  SockaddrStorage,
  Timespec,
  accept4,
  bind,
  close,
  errno,
  formatAddress,
  listen,
  nanosleep,
  poll,
  recv,
  send,
  setsockopt,
  socket,
  strerror,
  write,
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

// A worker's console.log() hands its text to the main thread, which would print it only when the next
// client comes or a second is over. write(2) needs nobody's help.
function say(text: string): void {
  write(1, Buffer.from(`${text}\n`));
}

function perror(call: string): void {
  console.error(`${call}: ${strerror(errno())}`);
}

// One clock for all threads, in milliseconds.
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

// #region thread
function thread(fd: number, start: number): void {
  say(`Thread ${threadId} for descriptor ${fd}, started in ${(now() - start).toFixed(1)} ms`);
  const reason = child(fd);
  close(fd);
  say(`Thread ${threadId}: ${reason}, so this thread ends`);
}
// #endregion

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
  say(`Connection from ${formatAddress(address.decode())} on descriptor ${fd}`);

  try {
    const worker = new Worker(new URL(import.meta.url), {
      argv: [fd, now()],
      // Each thread has a JavaScript engine of its own, which would set 512 MB of addresses aside
      // for machine code.
      resourceLimits: { codeRangeSizeMb: 8 },
    });
    // A thread needs some descriptors of its own, for one. Without them it never gets to its client.
    worker.on('error', (error: Error) => {
      say(`The thread for descriptor ${fd} failed, closing: ${error.message}`);
      close(fd);
    });
  } catch (error) {
    say(`No thread for descriptor ${fd}: ${String(error)}`);
    close(fd);
  }
  // There is nothing to close here: all threads share the one descriptor, and the worker closes it.
}
// #endregion

// #region loop
function run(port: number): number {
  const listener = newListener(port);
  if (listener < 0) return 1;
  say(`Listening on port ${port}`);
  const fds = new PollFds(1);
  fds.set(0, listener, POLLIN);
  // accept(2) alone would do, but Node clears away ended threads, and tells of failed ones, in the main
  // thread's event loop. poll(2) waits until somebody connects, and for a second at most, so that the
  // loop has its turn.
  const next = (): void => {
    if (poll(fds, 1, 1000) > 0) doAccept(listener);
    setImmediate(next);
  };
  next();
  return 0;
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

if (isMainThread) process.exitCode = main(process.argv[2]);
else thread(Number(process.argv[2]), Number(process.argv[3]));
// #endregion
