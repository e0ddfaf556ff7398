// An echo server in two threads that accept on one socket.
//
//   server.ts [port] [--threadsafe]      the port is 9876 if none is given
//
// Type 1 or 2 into its terminal: that worker's listener is disabled, or enabled again.
//
// Threads of a process share its descriptors. Threads of JavaScript share no objects: each worker of
// node:worker_threads has a heap of its own, so each makes an event base and a listener for itself, on
// the same number. Both wait in epoll_wait(2); accept4(2) hands each connection to one of them.

import { writeSync } from 'node:fs';
import { inspect, parseArgs } from 'node:util';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_LF,
  EVLOOP_NO_EXIT_ON_EMPTY,
  EV_PERSIST,
  EV_READ,
  EV_WRITE,
  Evbuffer,
  Event,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DISABLED,
  LEV_OPT_REUSEABLE,
  LEV_OPT_THREADSAFE,
  SystemError,
  eventSetLogCallback,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import { AF_UNIX, SOCK_STREAM, read, socketpair, write } from 'libevent-ts/sys';

const byte = Buffer.alloc(1);

// console.log() of a worker waits for the main thread's JavaScript, which is in dispatch().
function say(text: string): void {
  writeSync(1, `${text}\n`);
}

// #region connections
function echoReadCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function echoEventCb(bev: Bufferevent, events: number): void {
  if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) bev.free();
}

function acceptConnCb(
  listener: Evconnlistener<string>,
  fd: number,
  address: SocketAddress,
  worker: string,
): void {
  say(`${worker}: connection from ${formatAddress(address)} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(echoReadCb, null, echoEventCb, null);
  bev.enable(EV_READ | EV_WRITE);
}
// #endregion

// #region worker
function runWorker(): void {
  const { flags, positionals } = readArguments();
  const [number = 0, fd = -1, main = -1] = positionals.map(Number);
  const name = `Worker ${number}`;
  say(`${name}: of the listener I got ${inspect(workerData)}. I make one on descriptor ${fd}.`);
  using base = new EventBase();
  using listener = Evconnlistener.newListener(base, acceptConnCb, name, flags, 0, fd);
  let enabled = true;
  // No other thread can reach this listener. So it asks for what it wants, through a pair of sockets.
  const asked = new Event(base, main, EV_READ | EV_PERSIST, askedCb, null);
  asked.add();
  write(main, byte);
  base.dispatch();

  function askedCb(): void {
    read(main, byte);
    enabled = !enabled;
    if (enabled) listener.enable();
    else listener.disable();
    say(`${name}: my listener is ${enabled ? 'enabled' : 'disabled'}`);
  }
}
// #endregion

// #region start
// Numbers are all that a thread needs of a descriptor. What workerData carries is copied.
function startWorker(number: number, listener: Evconnlistener<string>): number {
  const pair = new Int32Array(2);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) throw new SystemError('socketpair');
  const [toWorker = -1, toMain = -1] = pair;
  const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
  const numbers = [number, listener.getFd(), toMain].map(String);
  new Worker(new URL(import.meta.url), {
    argv: [...options, ...numbers],
    workerData: listener,
    // A thread has a JavaScript engine of its own, which would set 512 MB of addresses aside for
    // machine code.
    resourceLimits: { codeRangeSizeMb: 8 },
  });
  return toWorker;
}
// #endregion

// #region terminal
// The terminal is one more descriptor to watch. Where descriptor 0 can't be watched, as with
// /dev/null, epoll says EPERM, and the server goes without commands.
function readCommands(base: EventBase, workers: readonly number[]): void {
  const typed = new Evbuffer();
  const event = new Event(base, 0, EV_READ | EV_PERSIST, typedCb, null);
  eventSetLogCallback(() => {});
  event.add();
  eventSetLogCallback(null);

  function typedCb(fd: number): void {
    if (typed.read(fd) <= 0) event.del();
    for (;;) {
      const line = typed.readln(EVBUFFER_EOL_LF)?.toString().trim();
      if (line === undefined) break;
      const worker = workers[Number(line) - 1];
      if (worker !== undefined) write(worker, byte);
      else if (line !== '') say(`“${line}” is no worker: type 1 or 2.`);
    }
  }
}
// #endregion

// #region main
function readArguments(): { flags: number; positionals: string[] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { threadsafe: { type: 'boolean', default: false } },
  });
  return { flags: values.threadsafe ? LEV_OPT_THREADSAFE : 0, positionals };
}

function main(): void {
  const { flags, positionals } = readArguments();
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
  }
  const all = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_DISABLED | flags;
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using base = new EventBase();
  // This listener stays disabled: it is here for its socket, and the workers accept.
  using listener = Evconnlistener.newBind<string>(base, acceptConnCb, 'Main', all, -1, address);
  const workers = [startWorker(1, listener), startWorker(2, listener)];
  // Each of them says when it is ready.
  for (const worker of workers) read(worker, byte);
  say(`Listening on port ${port} with descriptor ${listener.getFd()}`);
  readCommands(base, workers);
  base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
}

try {
  if (isMainThread) main();
  else runWorker();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
