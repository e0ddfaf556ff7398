// An echo server that runs another program while it listens, and later wants its port anew.
//
//   server.ts [port] [--close-on-exec]      the port is 9876 if none is given
//
// Type into its terminal:  exec    run a program that does nothing but stay
//                          free    free the listener, which closes its socket
//                          listen  make a new listener on the same port
//                          kill    end the program
//
// fork(2) copies a process and its descriptors, execve(2) puts another program into the copy. That
// program keeps every descriptor on which fcntl(2) has not set FD_CLOEXEC. LEV_OPT_CLOSE_ON_EXEC sets
// it on the listening socket and on those that it accepts. See also proc(5) for /proc/self/fd.

import { parseArgs } from 'node:util';
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
  LEV_OPT_CLOSE_ON_EXEC,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  SystemError,
  eventSetLogCallback,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import { SIGTERM, _exit, errno, execve, fork, kill, strerror, waitpid } from 'libevent-ts/sys';

// #region child
// The program that is executed. It opens no socket, and says which sockets it has all the same. It
// ends when this server is not its parent any more.
const CHILD = `
  const { readdirSync, readlinkSync } = require('node:fs');
  const sockets = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (fd > 2 && readlinkSync('/proc/self/fd/' + fd).startsWith('socket:')) sockets.push(fd);
    } catch {} // the descriptor that read the folder is gone
  }
  const mine = sockets.length === 0 ? 'none' : 'descriptors ' + sockets.join(' and ');
  console.log('Process ' + process.pid + ', executed. Sockets I have: ' + mine + '.');
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(), 500);
`;

let child = 0;

function runChild(): void {
  const pid = fork();
  if (pid < 0) {
    console.log(`fork: ${strerror(errno())}`);
  } else if (pid === 0) {
    execve(process.execPath, ['node', '-e', CHILD], []);
    // Only reached if execve() failed: after it this process runs another program.
    console.log(`execve: ${strerror(errno())}`);
    _exit(127);
  } else {
    child = pid;
  }
}

function endChild(): void {
  kill(child, SIGTERM);
  waitpid(child, null);
  console.log(`Process ${child} has ended, and what it held is closed.`);
  child = 0;
}
// #endregion

// #region connections
function echoReadCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function echoEventCb(bev: Bufferevent, events: number): void {
  if ((events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) === 0) return;
  console.log(`End of file on descriptor ${bev.getFd()}: I close it.`);
  bev.free();
}

function acceptConnCb(listener: Evconnlistener<null>, fd: number, address: SocketAddress): void {
  console.log(`Connection from ${formatAddress(address)} on descriptor ${fd}`);
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(echoReadCb, null, echoEventCb, null);
  bev.enable(EV_READ | EV_WRITE);
}
// #endregion

// #region listen
let listener: Evconnlistener<null> | null = null;

function listen(base: EventBase, flags: number, port: number): void {
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  listener = Evconnlistener.newBind(base, acceptConnCb, null, flags, -1, address);
  console.log(`Listening on port ${port} with descriptor ${listener.getFd()}`);
}

function listenAgain(base: EventBase, flags: number, port: number): void {
  try {
    listen(base, flags, port);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    console.log(error.message);
  }
}

function freeListener(freed: Evconnlistener<null>): void {
  console.log(`The listener is freed, and descriptor ${freed.getFd()} closed in this process.`);
  freed.free();
  listener = null;
}
// #endregion

// #region commands
function obey(command: string, base: EventBase, flags: number, port: number): void {
  if (command === 'exec' && child === 0) runChild();
  else if (command === 'kill' && child !== 0) endChild();
  else if (command === 'free' && listener !== null) freeListener(listener);
  else if (command === 'listen' && listener === null) listenAgain(base, flags, port);
  else console.log(`“${command}” can’t be done now. The commands: exec, free, listen, kill.`);
}
// #endregion

// #region terminal
// The terminal is one more descriptor to watch. Where descriptor 0 can't be watched, as with
// /dev/null, epoll says EPERM, and the server goes without commands.
function readCommands(base: EventBase, flags: number, port: number): void {
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
      if (line !== '') obey(line, base, flags, port);
    }
  }
}
// #endregion

// #region main
function readArguments(): { port: number; closeOnExec: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'close-on-exec': { type: 'boolean', default: false } },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is no port: give a number from 1 to 65535`);
  }
  return { port, closeOnExec: values['close-on-exec'] };
}

function main(): void {
  const { port, closeOnExec } = readArguments();
  const onExec = closeOnExec ? LEV_OPT_CLOSE_ON_EXEC : 0;
  const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | onExec;
  using base = new EventBase();
  listen(base, flags, port);
  readCommands(base, flags, port);
  // dispatch() would return where there is neither a terminal nor a listener.
  base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
