// A ROT13 server in one process. It waits for all clients at once, in select(2).
//
//   server.ts [port]      the port is 40713 if none is given
//
// select(2), recv(2), send(2)

import {
  AF_INET,
  EAGAIN,
  ECONNABORTED,
  EINTR,
  FD_ISSET,
  FD_SET,
  FD_SETSIZE,
  FD_ZERO,
  MSG_NOSIGNAL,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  accept4,
  bind,
  close,
  errno,
  fd_set,
  listen,
  recv,
  select,
  send,
  setsockopt,
  socket,
  strerror,
} from 'libevent-ts/sys';

const MAX_LINE = 16384;
const CHUNK = 4096;
const BACKLOG = 512;
const LF = 0x0a;

function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}

function perror(call: string): void {
  console.error(`${call}: ${strerror(errno())}`);
}

class FdState {
  // Whole lines up to writeUpto, of which nWritten bytes are sent; then the beginning of a line.
  readonly buffer = Buffer.alloc(2 * MAX_LINE);
  bufferUsed = 0;
  nWritten = 0;
  writeUpto = 0;
  isAtEnd = false;
}

const states = new Map<number, FdState>();
const inbuf = Buffer.alloc(CHUNK);

// Reads once, and returns whether the connection still works.
function doRead(fd: number, state: FdState): boolean {
  const result = recv(fd, inbuf, CHUNK, 0);
  if (result < 0) return errno() === EAGAIN || errno() === EINTR;
  if (result === 0) state.isAtEnd = true;
  for (const ch of inbuf.subarray(0, result)) {
    if (ch === LF) {
      state.buffer[state.bufferUsed++] = LF;
      state.writeUpto = state.bufferUsed;
    } else if (state.bufferUsed - state.writeUpto < MAX_LINE) {
      state.buffer[state.bufferUsed++] = rot13Char(ch);
    }
  }
  return true;
}

// Sends as much as the kernel takes, and returns whether the connection still works.
function doWrite(fd: number, state: FdState): boolean {
  const count = state.writeUpto - state.nWritten;
  const result = send(fd, state.buffer, count, MSG_NOSIGNAL, state.nWritten);
  if (result < 0) return errno() === EAGAIN || errno() === EINTR;
  state.nWritten += result;
  if (state.nWritten === state.writeUpto) {
    // All whole lines are out. Move the beginning of the next one to the front.
    state.buffer.copyWithin(0, state.writeUpto, state.bufferUsed);
    state.bufferUsed -= state.writeUpto;
    state.nWritten = state.writeUpto = 0;
  }
  return true;
}

// #region change
// Puts into the sets what select() must watch of one client.
function wait(fd: number, state: FdState, readset: fd_set, writeset: fd_set): void {
  if (!state.isAtEnd && state.bufferUsed + CHUNK <= state.buffer.length) FD_SET(fd, readset);
  // A socket nearly always has room, so ask only while there is something to send.
  if (state.nWritten < state.writeUpto) FD_SET(fd, writeset);
}
// #endregion

function closeConnection(fd: number, reason: string): void {
  console.log(`Descriptor ${fd}: ${reason}, closing`);
  states.delete(fd);
  close(fd);
}

function acceptOne(listener: number): void {
  const fd = accept4(listener, null, SOCK_NONBLOCK);
  if (fd < 0) {
    if (![EAGAIN, EINTR, ECONNABORTED].includes(errno())) perror('accept');
  } else if (fd >= FD_SETSIZE) {
    console.log(`An fd_set has no bit for descriptor ${fd}, closing`);
    close(fd);
  } else {
    console.log(`A client on descriptor ${fd}`);
    states.set(fd, new FdState());
  }
}

function newListener(port: number): number {
  const listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
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

function run(port: number): number {
  const listener = newListener(port);
  if (listener < 0) return 1;
  console.log(`Listening on port ${port}`);
  const readset = new fd_set();
  const writeset = new fd_set();
  for (;;) {
    FD_ZERO(readset);
    FD_ZERO(writeset);
    FD_SET(listener, readset);
    for (const [fd, state] of states) wait(fd, state, readset, writeset);
    const nfds = Math.max(listener, ...states.keys()) + 1;
    if (select(nfds, readset, writeset, null, null) < 0) {
      if (errno() === EINTR) continue;
      perror('select');
      return 1;
    }
    if (FD_ISSET(listener, readset)) acceptOne(listener);
    for (const [fd, state] of states) {
      let works = true;
      if (FD_ISSET(fd, readset)) works = doRead(fd, state);
      if (works && FD_ISSET(fd, writeset)) works = doWrite(fd, state);
      const isDone = state.isAtEnd && state.nWritten === state.writeUpto;
      if (!works) closeConnection(fd, strerror(errno()));
      else if (isDone) closeConnection(fd, 'end of file');
    }
  }
}

process.exitCode = run(Number(process.argv[2] ?? 40713));
