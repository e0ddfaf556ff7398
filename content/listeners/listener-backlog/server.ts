// An echo server with a short queue. It accepts when it is told to, and until then its clients wait in
// the kernel.
//
//   server.ts [port] [--backlog N] [--deferred]      9876 and a backlog of 1 if none is given
//
// With --deferred the kernel leaves each handshake unfinished until the client has said something.
// The manual pages: listen(2), accept4(2), getsockopt(2), tcp(7), proc_net(5), ss(8).

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  BEV_EVENT_EOF,
  BEV_OPT_CLOSE_ON_FREE,
  Bufferevent,
  EVBUFFER_EOL_LF,
  EVLOOP_NO_EXIT_ON_EMPTY,
  EV_PERSIST,
  EV_READ,
  Evbuffer,
  Event,
  EventBase,
  Evconnlistener,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_DEFERRED_ACCEPT,
  LEV_OPT_DISABLED,
  LEV_OPT_REUSEABLE,
  eventSetLogCallback,
  formatAddress,
} from 'libevent-ts';
import type { SocketAddress } from 'libevent-ts';
import {
  IPPROTO_TCP,
  TCP_DEFER_ACCEPT,
  errno,
  getsockopt,
  setsockopt,
  strerror,
} from 'libevent-ts/sys';

interface Counts {
  accepted: number;
  /** Whether the listener is to be disabled again after one connection. */
  one: boolean;
}

type Listener = Evconnlistener<Counts>;

// #region connections
function readCb(bev: Bufferevent): void {
  bev.getOutput().addBuffer(bev.getInput());
}

function closeCb(bev: Bufferevent): void {
  console.log(`Descriptor ${bev.getFd()}: the client is gone, closing`);
  bev.free();
}

function eventCb(bev: Bufferevent, events: number): void {
  // A client that has ended only its own half is still waiting for the rest of its answers.
  const isOwed = (events & BEV_EVENT_EOF) !== 0 && bev.getOutput().getLength() > 0;
  if (isOwed) bev.setCb(null, closeCb, eventCb, null);
  else closeCb(bev);
}

function acceptConnCb(
  listener: Listener,
  fd: number,
  address: SocketAddress,
  counts: Counts,
): void {
  counts.accepted += 1;
  console.log(`Connection ${counts.accepted} from ${formatAddress(address)} on descriptor ${fd}`);
  // Disabled within its callback, a listener does not accept another one.
  if (counts.one) listener.disable();
  const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
  bev.setCb(readCb, null, eventCb, null);
  bev.enable(EV_READ);
}
// #endregion

// #region queues
// TCP_INFO of tcp(7), and where struct tcp_info of <linux/tcp.h> has two fields, in words of four bytes.
const TCP_INFO = 11;
const UNACKED = 6;
const SACKED = 7;

// For a listening socket those two fields mean something else: how many wait to be accepted, and the
// backlog. ss(8) prints the same two numbers as Recv-Q and Send-Q.
function establishedQueue(fd: number): { waiting: number; backlog: number } {
  const info = new Int32Array(SACKED + 1);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info) < 0) {
    throw new Error(`getsockopt: ${strerror(errno())}`);
  }
  return { waiting: info[UNACKED] ?? 0, backlog: info[SACKED] ?? 0 };
}

// The states of a handshake that is under way, at the server's end and at a client's, as they stand in
// /proc/net/tcp.
const STATES = new Map([
  ['02', 'SYN-SENT'],
  ['03', 'SYN-RECV'],
]);

function row(...columns: readonly (string | number)[]): string {
  const [state = '', ...others] = columns.map(String);
  return [state.padEnd(9), ...others.map((column) => column.padEnd(7))].join(' ').trimEnd();
}

// Each handshake as ss prints it.
function handshakes(port: number): string[] {
  const lines = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local = '', peer = '', state = '', queues = ''] = line.trim().split(/\s+/);
    const [from, to] = [local, peer].map((end) => parseInt(end.split(':')[1] ?? '', 16));
    const [sent = 0, received = 0] = queues.split(':').map((count) => parseInt(count, 16));
    const name = STATES.get(state);
    if (name === undefined || (from !== port && to !== port)) return [];
    return [row(name, received, sent, `:${from}`, `:${to}`)];
  });
}

function printQueues(fd: number, port: number): void {
  const { waiting, backlog } = establishedQueue(fd);
  const all = handshakes(port);
  const count = (state: string): number => all.filter((text) => text.startsWith(state)).length;
  console.log(row('State', 'Recv-Q', 'Send-Q', 'Local', 'Peer'));
  console.log(row('LISTEN', waiting, backlog, `:${port}`, '*'));
  for (const text of all) console.log(text);
  const [half, outside] = [count('SYN-RECV'), count('SYN-SENT')];
  console.log(`Half-open: ${half}. Established: ${waiting}. Not let in: ${outside}.`);
}
// #endregion

// #region commands
// What somebody types into this program's terminal.
function obey(command: string, listener: Listener, counts: Counts, port: number): void {
  switch (command) {
    case 'ss':
      printQueues(listener.getFd(), port);
      break;
    case 'accept':
      counts.one = true;
      listener.enable();
      console.log('The listener is enabled for one client.');
      break;
    case 'enable':
      counts.one = false;
      listener.enable();
      console.log('The listener is enabled.');
      break;
    default:
      console.log(`I don’t know “${command}”. Type ss, accept or enable.`);
  }
}
// #endregion

// #region terminal
// The terminal is one more descriptor to watch. Where descriptor 0 can't be watched, as with
// /dev/null, epoll says EPERM, and the server does without commands.
function readCommands(base: EventBase, obeyLine: (line: string) => void): void {
  const typed = new Evbuffer();
  const event = new Event(base, 0, EV_READ | EV_PERSIST, typedCb, null);
  eventSetLogCallback(() => {});
  event.add();
  eventSetLogCallback(null);

  function typedCb(fd: number): void {
    if (typed.read(fd) <= 0) {
      console.log('End of file on descriptor 0: no more commands.');
      event.del();
    }
    for (;;) {
      const line = typed.readln(EVBUFFER_EOL_LF)?.toString().trim();
      if (line === undefined) break;
      if (line !== '') obeyLine(line);
    }
  }
}
// #endregion

// #region main
// So long the kernel leaves a handshake unfinished, in seconds: the flag alone asks for one.
const PATIENCE = 600;

function readArguments(): { port: number; backlog: number; deferred: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backlog: { type: 'string', default: '1' },
      deferred: { type: 'boolean', default: false },
    },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is not a port: give a number from 1 to 65535`);
  }
  const backlog = Number(values.backlog);
  if (!Number.isInteger(backlog) || backlog === 0) {
    throw new RangeError(
      `“${values.backlog}” is not a backlog: give a number from 1 on, or --backlog=-1 for the usual one`,
    );
  }
  return { port, backlog, deferred: values.deferred };
}

function main(): void {
  const { port, backlog, deferred } = readArguments();
  const counts: Counts = { accepted: 0, one: false };
  const flags =
    LEV_OPT_CLOSE_ON_FREE |
    LEV_OPT_REUSEABLE |
    LEV_OPT_DISABLED |
    (deferred ? LEV_OPT_DEFERRED_ACCEPT : 0);
  const address = { family: 'IPv4', address: '127.0.0.1', port } as const;
  using base = new EventBase();
  using listener = Evconnlistener.newBind(base, acceptConnCb, counts, flags, backlog, address);
  const fd = listener.getFd();
  if (deferred && setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, PATIENCE) < 0) {
    throw new Error(`TCP_DEFER_ACCEPT: ${strerror(errno())}`);
  }
  console.log(`Listening on port ${port}, but disabled. Type ss to see who waits.`);
  readCommands(base, (line) => obey(line, listener, counts, port));
  // dispatch() would return where there is neither a client, nor a terminal, nor an enabled listener.
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
