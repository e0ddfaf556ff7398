// A ROT13 server on events: “when this descriptor is readable, call that function”. An event base
// keeps these orders, and waits with epoll(7), poll(2) or select(2).
//
//   server.ts [port] [--method epoll|poll|select]      the port is 40713 if none is given, and the
//                                                      method the best there is
//
// EventBase and Event are libevent's event_base and event. The fd_sets of the last version are gone,
// and so is its loop: base.dispatch() is the loop. Timers and signals are events too: this server
// has one of each.

import { parseArgs } from 'node:util';
import {
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  Event,
  EventBase,
  EventConfig,
  evsignalNew,
} from 'libevent-ts';
import {
  AF_INET,
  EAGAIN,
  ECONNABORTED,
  EINTR,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  FD_SETSIZE,
  MSG_NOSIGNAL,
  SIGINT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  SockaddrStorage,
  accept4,
  bind,
  close,
  errno,
  formatAddress,
  listen,
  recv,
  send,
  setsockopt,
  socket,
  strerror,
} from 'libevent-ts/sys';

const MAX_LINE = 16384;
const CHUNK = 4096;
const BACKLOG = 512;
const LF = 0x0a;
const REPORT_EVERY = 2;

// #region rot13
// By the numbers of ASCII, not by what the locale takes for a letter: every other byte stays as it is.
function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}
// #endregion

// #region state
class FdState {
  // What came in, letters moved on: whole lines up to writeUpto, then the beginning of one.
  readonly buffer = Buffer.alloc(2 * MAX_LINE);
  bufferUsed = 0;
  nWritten = 0;
  writeUpto = 0;
  isAtEnd = false;
  readonly readEvent: Event<FdState>;
  readonly writeEvent: Event<FdState>;

  constructor(base: EventBase, fd: number) {
    // EV_PERSIST: the event stays added. Without it, the base deletes the event before it runs.
    this.readEvent = new Event<FdState>(base, fd, EV_READ | EV_PERSIST, doRead, this);
    this.writeEvent = new Event<FdState>(base, fd, EV_WRITE | EV_PERSIST, doWrite, this);
  }
}
// #endregion

// #region free
const counts = { connections: 0, lines: 0 };

function freeFdState(fd: number, state: FdState, reason: string): void {
  console.log(`Descriptor ${fd}: ${reason}, closing`);
  state.readEvent.free();
  state.writeEvent.free();
  // Freeing an event does not close its descriptor.
  close(fd);
  counts.connections--;
}
// #endregion

const inbuf = Buffer.alloc(CHUNK);

// #region read
// Reads once. Not until EAGAIN: a client that never stops talking would keep the others waiting,
// and the event runs again as long as there is more.
function doRead(fd: number, _events: number, state: FdState): void {
  const result = recv(fd, inbuf, CHUNK, 0);
  if (result < 0) {
    if (errno() !== EAGAIN && errno() !== EINTR) freeFdState(fd, state, strerror(errno()));
    return;
  }
  for (const ch of inbuf.subarray(0, result)) {
    if (ch === LF) {
      state.buffer[state.bufferUsed++] = LF;
      state.writeUpto = state.bufferUsed;
      counts.lines++;
    } else if (state.bufferUsed - state.writeUpto < MAX_LINE) {
      state.buffer[state.bufferUsed++] = rot13Char(ch);
    }
  }
  // #endregion
  // #region interest
  if (state.nWritten < state.writeUpto) state.writeEvent.add();
  else if (result === 0) {
    freeFdState(fd, state, 'end of file');
    return;
  }

  state.isAtEnd = result === 0;
  // A client that does not read its answers fills its buffer, and then nothing more is read from
  // it. An unfinished line alone is never that long, so the write event is there to go on.
  const isFull = state.bufferUsed + CHUNK > state.buffer.length;
  if (state.isAtEnd || isFull) state.readEvent.del();
  // #endregion
}

// #region write
// Sends what the kernel takes, which may be a part.
function doWrite(fd: number, _events: number, state: FdState): void {
  const count = state.writeUpto - state.nWritten;
  const result = send(fd, state.buffer, count, MSG_NOSIGNAL, state.nWritten);
  if (result < 0) {
    if (errno() !== EAGAIN && errno() !== EINTR) freeFdState(fd, state, strerror(errno()));
    return;
  }
  state.nWritten += result;
  if (state.nWritten < state.writeUpto) return;
  if (state.isAtEnd) {
    freeFdState(fd, state, 'end of file');
    return;
  }

  // All lines are out. The line that has begun moves to the front, and there is room for more.
  state.buffer.copyWithin(0, state.writeUpto, state.bufferUsed);
  state.bufferUsed -= state.writeUpto;
  state.nWritten = state.writeUpto = 0;
  state.writeEvent.del();
  state.readEvent.add();
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
function doAccept(listener: number, _events: number, base: EventBase): void {
  const address = new SockaddrStorage();
  const fd = accept4(listener, address, SOCK_NONBLOCK);
  if (fd < 0) {
    const error = errno();
    if (![EAGAIN, EINTR, ECONNABORTED].includes(error)) perror('accept');
    // Any failure but a shortage costs this one connection at most.
    if (![EMFILE, ENFILE, ENOBUFS, ENOMEM].includes(error)) return;
    // Without a descriptor to spare the listener stays readable, and the event would run again at
    // once. So it waits for a second.
    const listenerEvent = base.getRunningEvent();
    listenerEvent?.del();
    base.once(-1, EV_TIMEOUT, () => listenerEvent?.add(), null, 1);
    return;
  }
  const peer = formatAddress(address.decode());
  if (fd >= FD_SETSIZE && base.getMethod() === 'select') {
    console.log(`Connection from ${peer}: an fd_set has no bit for descriptor ${fd}, closing`);
    close(fd);
    return;
  }
  console.log(`Connection from ${peer} on descriptor ${fd}`);
  counts.connections++;
  new FdState(base, fd).readEvent.add();
}
// #endregion

// #region timer
// Runs every two seconds, and keeps nobody waiting in between.
function report(): void {
  if (counts.lines === 0) return;
  const { lines, connections } = counts;
  console.log(`Timer: lines in ${REPORT_EVERY} s: ${lines}, connections open: ${connections}`);
  counts.lines = 0;
}
// #endregion

// #region signal
// In C, a signal handler can interrupt any line of the program, so it may do next to nothing: see
// signal-safety(7). This callback is called by the loop, like every other.
function onSigint(_signal: number, _events: number, base: EventBase): void {
  console.log(`SIGINT: leaving the loop, connections open: ${counts.connections}`);
  base.loopExit();
}
// #endregion

// #region base
function newBase(method: string | undefined): EventBase {
  using config = new EventConfig();
  for (const other of EventBase.getSupportedMethods()) {
    if (method !== undefined && other !== method) config.avoidMethod(other);
  }
  return new EventBase(config);
}
// #endregion

// #region loop
function run(port: number, method: string | undefined): number {
  const listener = newListener(port);
  if (listener < 0) return 1;
  using base = newBase(method);
  new Event(base, listener, EV_READ | EV_PERSIST, doAccept, base).add();
  new Event(base, -1, EV_PERSIST, report, null).add(REPORT_EVERY);
  evsignalNew(base, SIGINT, onSigint, base).add();
  console.log(`Listening on port ${port} with ${base.getMethod()}`);

  base.dispatch();
  return 0;
}
// #endregion

// #region main
interface Options {
  readonly port: number;
  readonly method: string | undefined;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    options: { method: { type: 'string' } },
    allowPositionals: true,
  });
  const port = Number(positionals[0] ?? 40713);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${positionals[0]}” is no port: give a number from 1 to 65535`);
  }
  const { method } = values;
  const methods = EventBase.getSupportedMethods();
  if (method !== undefined && !methods.includes(method)) {
    throw new RangeError(`“${method}” is no method: there are ${methods.join(', ')}`);
  }
  return { port, method };
}

function main(): number {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  return run(options.port, options.method);
}

process.exitCode = main();
// #endregion
