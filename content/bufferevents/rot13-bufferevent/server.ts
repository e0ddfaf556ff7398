// A ROT13 server on bufferevents: each connection has a buffer for what came in and one for what has
// to go out, and reads and writes by itself. Lines and letters are left for this program.
//
//   server.ts [port] [--timeout SECONDS] [--max-line BYTES]
//
// The port is 40713 if none is given. A client may be silent for as long as it likes unless there is
// a timeout, and the longest line has 16,384 bytes unless you give another number.
//
// Bufferevent is libevent's bufferevent, and getInput() and getOutput() return its evbuffers. The recv(2)
// and send(2) of the last version are gone.

import { parseArgs } from 'node:util';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_TIMEOUT,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_LF,
  EVUTIL_SOCKET_ERROR,
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  Event,
  EventBase,
  evutilSocketErrorToString,
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
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  SockaddrStorage,
  accept4,
  bind,
  errno,
  formatAddress,
  listen,
  setsockopt,
  socket,
  strerror,
} from 'libevent-ts/sys';

const BACKLOG = 512;

// #region rot13
// By the numbers of ASCII, not by what the locale takes for a letter: every other byte stays as it is.
function rot13Char(c: number): number {
  if ((c >= 0x61 && c <= 0x6d) || (c >= 0x41 && c <= 0x4d)) return c + 13; // a to m, A to M
  if ((c >= 0x6e && c <= 0x7a) || (c >= 0x4e && c <= 0x5a)) return c - 13; // n to z, N to Z
  return c;
}
// #endregion

// #region read
// Something came in: answer every line that is whole.
function readcb(bev: Bufferevent, maxLine: number): void {
  const input = bev.getInput();
  const output = bev.getOutput();
  for (;;) {
    const line = input.readln(EVBUFFER_EOL_LF);
    if (line === null) break;
    output.add(line.map(rot13Char));
    output.add('\n');
  }

  if (input.getLength() >= maxLine) {
    // The line is too long. The input is full and takes no more, so answer what is there as if it
    // were a line, and go on.
    const part = Buffer.alloc(input.getLength());
    input.remove(part);
    output.add(part.map(rot13Char));
    output.add('\n');
  }

  // This client doesn't read its answers. Read nothing more from it until they are out.
  if (output.getLength() >= maxLine) bev.disable(EV_READ);
}
// #endregion

// #region write
// All of the output is out.
function writecb(bev: Bufferevent): void {
  bev.enable(EV_READ);
}

function lastWritecb(bev: Bufferevent): void {
  console.log(`Descriptor ${bev.getFd()}: all sent, closing`);
  bev.free();
}
// #endregion

// #region event
function eventcb(bev: Bufferevent, events: number): void {
  let reason = '';
  if (events & BEV_EVENT_EOF) reason = 'end of file';
  else if (events & BEV_EVENT_TIMEOUT) reason = 'silent for too long';
  else if (events & BEV_EVENT_ERROR) reason = evutilSocketErrorToString(EVUTIL_SOCKET_ERROR());

  // free() drops what is still in the output, and a client that has ended its own side may still be
  // reading.
  if (!(events & BEV_EVENT_ERROR) && bev.getOutput().getLength() > 0) {
    console.log(`Descriptor ${bev.getFd()}: ${reason}, still sending`);
    bev.disable(EV_READ);
    bev.setCb(null, lastWritecb, eventcb, null);
    return;
  }
  console.log(`Descriptor ${bev.getFd()}: ${reason}, closing`);
  bev.free();
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

interface Options {
  readonly port: number;
  readonly timeout: number;
  readonly maxLine: number;
}

// #region accept
function doAccept(listener: number, base: EventBase, options: Options): void {
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
  console.log(`Connection from ${formatAddress(address.decode())} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(base, fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readcb, writecb, eventcb, options.maxLine);
  // The high watermark: the input never holds more than this, the rest waits in the kernel.
  bev.setWatermark(EV_READ, 0, options.maxLine);
  bev.setTimeouts(options.timeout, null);
  bev.enable(EV_READ | EV_WRITE);
}
// #endregion

// #region loop
function run(options: Options): number {
  const listener = newListener(options.port);
  if (listener < 0) return 1;
  using base = new EventBase();
  const onReadable = (fd: number): void => doAccept(fd, base, options);
  new Event(base, listener, EV_READ | EV_PERSIST, onReadable, null).add();
  console.log(`Listening on port ${options.port} with ${base.getMethod()}`);

  base.dispatch();
  return 0;
}
// #endregion

// #region main
function readOptions(): Options {
  const { values, positionals } = parseArgs({
    options: {
      timeout: { type: 'string', default: '0' },
      'max-line': { type: 'string', default: '16384' },
    },
    allowPositionals: true,
  });
  const port = Number(positionals[0] ?? 40713);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${positionals[0]}” is no port: give a number from 1 to 65535`);
  }
  const timeout = Number(values.timeout);
  if (!Number.isFinite(timeout) || timeout < 0) {
    throw new RangeError(`“${values.timeout}” is no timeout: give a number of seconds`);
  }
  const maxLine = Number(values['max-line']);
  if (!Number.isSafeInteger(maxLine) || maxLine < 1) {
    throw new RangeError(`“${values['max-line']}” is no length for a line`);
  }
  return { port, timeout, maxLine };
}

function main(): number {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  return run(options);
}

process.exitCode = main();
// #endregion
