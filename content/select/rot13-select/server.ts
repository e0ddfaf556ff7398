// A ROT13 server in one process. It waits for all clients at once, in select(2), which tells it who
// has sent something and who has room for more of an answer.
//
//   server.ts [port] [--first-descriptor N]      the port is 40713 if none is given
//
// Every socket is nonblocking, so a call that would wait returns EAGAIN instead: recv(2), send(2).
// A child or a thread keeps its place in local variables. Here each connection has an FdState.
// With --first-descriptor the server takes all descriptors below N at the start, so that the first
// client gets N: a short way to 1,024, where an fd_set ends.

import { parseArgs } from 'node:util';
import {
  AF_INET,
  AF_UNIX,
  EAGAIN,
  ECONNABORTED,
  EINTR,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  FD_ISSET,
  FD_SET,
  FD_SETSIZE,
  FD_ZERO,
  MSG_NOSIGNAL,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  SockaddrStorage,
  Timeval,
  accept4,
  bind,
  close,
  errno,
  fd_set,
  formatAddress,
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

// #region rot13
// The letters of ASCII only, whatever the locale says. Every other byte stays as it is.
function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}
// #endregion

// #region state
class FdState {
  // What came in, already in ROT13: whole lines up to writeUpto, then the beginning of a line.
  readonly buffer = Buffer.alloc(2 * MAX_LINE);
  bufferUsed = 0;
  nWritten = 0;
  writeUpto = 0;
  isAtEnd = false;
}

// The buffer of a client that does not read its answers fills up, and then the server stops reading
// from it. An unfinished line alone is never that long, so there is always something to send then.
function wantsToRead(state: FdState): boolean {
  return !state.isAtEnd && state.bufferUsed + CHUNK <= state.buffer.length;
}

// Only while there is something to send.
function wantsToWrite(state: FdState): boolean {
  return state.nWritten < state.writeUpto;
}
// #endregion

const inbuf = Buffer.alloc(CHUNK);

// #region read
// Returns whether the connection still works. It reads once and not until EAGAIN, because a client
// that never stops talking would keep the others waiting. If there is more, select(2) says so again.
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
// #endregion

// #region write
// Sends as much as the kernel takes, and returns whether the connection still works.
function doWrite(fd: number, state: FdState): boolean {
  const count = state.writeUpto - state.nWritten;
  const result = send(fd, state.buffer, count, MSG_NOSIGNAL, state.nWritten);
  if (result < 0) return errno() === EAGAIN || errno() === EINTR;
  state.nWritten += result;
  if (!wantsToWrite(state)) {
    // All whole lines are out. Move the beginning of the next one to the front.
    state.buffer.copyWithin(0, state.writeUpto, state.bufferUsed);
    state.bufferUsed -= state.writeUpto;
    state.nWritten = state.writeUpto = 0;
  }
  return true;
}
// #endregion

function perror(call: string): void {
  console.error(`${call}: ${strerror(errno())}`);
}

// #region listen
function newListener(port: number): number {
  const listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (listener < 0) {
    perror('socket');
    return -1;
  }
  // A restarted server gets its port back although old connections are still in TIME_WAIT.
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
const states = new Map<number, FdState>();

// Returns false if the system lacks something for another connection, most likely a descriptor.
function doAccept(listener: number): boolean {
  const address = new SockaddrStorage();
  const fd = accept4(listener, address, SOCK_NONBLOCK);
  if (fd < 0) {
    const error = errno();
    if (![EAGAIN, EINTR, ECONNABORTED].includes(error)) perror('accept');
    // Any other failure costs this one connection at most.
    return ![EMFILE, ENFILE, ENOBUFS, ENOMEM].includes(error);
  }
  const peer = formatAddress(address.decode());
  if (fd >= FD_SETSIZE) {
    // The set has no such bit. In C, FD_SET would write past its end.
    console.log(`Connection from ${peer}: an fd_set has no bit for descriptor ${fd}, closing`);
    close(fd);
    return true;
  }
  console.log(`Connection from ${peer} on descriptor ${fd}`);
  states.set(fd, new FdState());
  return true;
}
// #endregion

// Takes descriptors until the next free one is `first`.
function takeDescriptorsBelow(first: number): void {
  let fd = -1;
  while (fd < first - 1) {
    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) {
      perror('socket');
      return;
    }
  }
  if (fd >= first) close(fd);
}

// #region loop
function closeConnection(fd: number, reason: string): void {
  console.log(`Descriptor ${fd}: ${reason}, closing`);
  states.delete(fd);
  close(fd);
}

function run(port: number, firstDescriptor: number): number {
  const listener = newListener(port);
  if (listener < 0) return 1;
  console.log(`Listening on port ${port} with descriptor ${listener}`);
  // Only after the first line is printed, because on a terminal that takes a descriptor, too.
  takeDescriptorsBelow(firstDescriptor);

  const readset = new fd_set();
  const writeset = new fd_set();
  let canAccept = true;
  for (;;) {
    // select(2) overwrites the sets, so fill them again for each call.
    FD_ZERO(readset);
    FD_ZERO(writeset);
    let maxfd = listener;
    if (canAccept) FD_SET(listener, readset);
    for (const [fd, state] of states) {
      maxfd = Math.max(maxfd, fd);
      if (wantsToRead(state)) FD_SET(fd, readset);
      if (wantsToWrite(state)) FD_SET(fd, writeset);
    }

    // While no descriptor is free, the listener stays readable, and select(2) would return at once.
    // So leave it out until a connection is closed, or for a second.
    const timeout = canAccept ? null : new Timeval(1);
    const ready = select(maxfd + 1, readset, writeset, null, timeout);
    if (ready < 0) {
      if (errno() === EINTR) continue;
      perror('select');
      return 1;
    }
    if (ready === 0) canAccept = true;

    if (FD_ISSET(listener, readset)) canAccept = doAccept(listener);
    for (const [fd, state] of states) {
      let works = true;
      if (FD_ISSET(fd, readset)) works = doRead(fd, state);
      if (works && FD_ISSET(fd, writeset)) works = doWrite(fd, state);
      if (!works) closeConnection(fd, strerror(errno()));
      else if (state.isAtEnd && !wantsToWrite(state)) closeConnection(fd, 'end of file');
      else continue;
      canAccept = true;
    }
  }
}
// #endregion

// #region main
interface Options {
  readonly port: number;
  readonly firstDescriptor: number;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    options: { 'first-descriptor': { type: 'string', default: '0' } },
    allowPositionals: true,
  });
  const port = Number(positionals[0] ?? 40713);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${positionals[0]}” is no port: give a number from 1 to 65535`);
  }
  const firstDescriptor = Number(values['first-descriptor']);
  if (!Number.isInteger(firstDescriptor) || firstDescriptor < 0) {
    throw new RangeError(`“${values['first-descriptor']}” is no descriptor`);
  }
  return { port, firstDescriptor };
}

function main(): number {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  return run(options.port, options.firstDescriptor);
}

process.exitCode = main();
// #endregion
