/**
 * The load of a measurement, in a process of its own: clients that connect to a server, of which some send a
 * line, wait for its answer, and send the next. It is made of readiness events, as the servers are, so that it
 * costs about as much for a line as the cheapest of them.
 * Usage: load.ts CLIENTS TALKERS MILLISECONDS
 *
 * It is there before the server that it is for, and nobody can look into it by then: of what it prints, nothing may
 * be the server’s. It prints a line of JSON, and waits for a line with the port on its standard input.
 *
 * Each client sends a line at first: a connection that stands may still wait for a process of its own. One that
 * has had no answer by then is not served, and goes.
 *
 * It prints another when all have been served or turned away, waits for another line, then talks, prints a few times
 * a second how it has been so far, and ends.
 */
import { readSync, writeSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';
import { EV_PERSIST, EV_READ, EV_WRITE, Event, EventBase } from 'libevent-ts';
import {
  AF_INET,
  EINPROGRESS,
  IPPROTO_TCP,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_ERROR,
  TCP_NODELAY,
  close,
  connect,
  errno,
  getsockopt,
  recv,
  send,
  setsockopt,
  socket,
} from 'libevent-ts/sys';
import { keepOthersOut } from '../keep-others-out.ts';
import type { LoadReport } from './load-report.ts';

/** How many connect at a time: no server’s queue is shorter. */
const CONNECT_AT_ONCE = 32;
/** How long all of them together may take until each has had its first answer, in seconds. */
const ARRIVE_WITHIN = 15;
/** At first compilers warm up, on both sides: so long nothing counts, in seconds. */
const WARM_UP = 0.5;
/** How often it says how it is, in seconds. */
const REPORT = 0.25;
const LINE = Buffer.from('The quick brown fox jumps over it\n');
const NEWLINE = 0x0a;
const MILLISECONDS = 1000;
const NANOSECONDS = 1e6;

/** A client. */
interface Client {
  readonly fd: number;
  /** First for its connect(2), then for what it receives. */
  event: Event<Client> | undefined;
  /** When its line was sent, by performance.now(). */
  sentAt: number;
}

const [clients = 0, talkers = 0, milliseconds = 0] = process.argv.slice(2).map(Number);
keepOthersOut();
const base = new EventBase();
const inbuf = Buffer.alloc(65536);
const option = new Int32Array(1);
const times = createHistogram();
/** Those that are connected, */
const connected = new Set<Client>();
/** and those among them that have had an answer. */
const served = new Set<Client>();
let started = 0;
let connecting = 0;
/** Whether one could not connect, or the server has closed its connection. */
let wasRefused = false;
let isTalking = false;
let answers = 0;
/** When lines began to count, by performance.now(); not yet while compilers warm up. */
let counts: number | undefined;

function report(state: LoadReport['state']): void {
  const seconds = counts === undefined ? 0 : (performance.now() - counts) / MILLISECONDS;
  const took = (nanoseconds: number): number =>
    answers === 0 ? 0 : Math.round(nanoseconds / MILLISECONDS) / MILLISECONDS;
  const found: LoadReport = {
    ...{ state, connected: served.size },
    answers: seconds > 0 ? Math.round(answers / seconds) : 0,
    middle: took(times.percentile(50)),
    slow: took(times.percentile(99)),
    slowest: took(times.max),
  };
  writeSync(1, `${JSON.stringify(found)}\n`);
}

function drop(client: Client): void {
  client.event?.free();
  close(client.fd);
  connected.delete(client);
  served.delete(client);
  wasRefused = true;
  if (isTalking) look();
  else connectMore();
}

/** Whether there is still something to wait for. */
function look(): void {
  const waits = isTalking
    ? served.size > 0
    : started < clients || connecting > 0 || served.size < connected.size;
  if (!waits) base.loopExit();
}

function say(client: Client): void {
  client.sentAt = performance.now();
  // A line is shorter than any send buffer, and nothing else is under way: it is taken whole.
  if (send(client.fd, LINE, LINE.length, MSG_NOSIGNAL) !== LINE.length) drop(client);
}

function onRead(fd: number, _what: number, client: Client): void {
  const length = recv(fd, inbuf, inbuf.length, 0);
  if (length <= 0) {
    drop(client);
    return;
  }
  if (inbuf[length - 1] !== NEWLINE) return;
  if (!isTalking) {
    served.add(client);
    connectMore();
    return;
  }
  if (counts !== undefined) {
    answers += 1;
    times.record(Math.max(1, Math.round((performance.now() - client.sentAt) * NANOSECONDS)));
  }
  say(client);
}

function watch(client: Client, what: number, callback: typeof onRead): void {
  client.event?.free();
  client.event = new Event<Client>(base, client.fd, what, callback, client);
  client.event.add();
}

/** The connect(2) of a client has returned. */
function settled(fd: number, _what: number, client: Client): void {
  connecting -= 1;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, option) < 0 || option[0] !== 0) {
    client.event?.free();
    close(fd);
    wasRefused = true;
  } else {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    watch(client, EV_READ | EV_PERSIST, onRead);
    connected.add(client);
    say(client);
  }
  connectMore();
}

function connectOne(): void {
  started += 1;
  const fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || (connect(fd, server) < 0 && errno() !== EINPROGRESS)) {
    if (fd >= 0) close(fd);
    wasRefused = true;
    return;
  }
  connecting += 1;
  // One that is connected at once is writable at once.
  watch({ fd, event: undefined, sentAt: 0 }, EV_WRITE, settled);
}

/**
 * The first comes alone, and the others when it is served: a server may have something to get ready, such as
 * threads, that it should have before it starts a process or a thread for each of hundreds.
 */
function connectMore(): void {
  const most = served.size > 0 || wasRefused ? clients : 1;
  while (connecting < CONNECT_AT_ONCE && started < most) connectOne();
  look();
}

/** Waits for a line of whoever measures: nothing else is to be done meanwhile. @returns undefined if none comes */
function awaitLine(): string | undefined {
  const byte = Buffer.alloc(1);
  for (let line = ''; readSync(0, byte) > 0; line += byte.toString('latin1')) {
    if (byte[0] === NEWLINE) return line;
  }
  return undefined;
}

function talk(): void {
  isTalking = true;
  const reports = new Event<null>(base, -1, EV_PERSIST, () => report('talking'), null);
  reports.add(REPORT);
  const begin = (): void => {
    counts = performance.now();
  };
  const warm = new Event<null>(base, -1, 0, begin, null);
  warm.add(WARM_UP);
  base.loopExit(WARM_UP + milliseconds / MILLISECONDS);
  for (const client of [...served].slice(0, talkers)) say(client);
  base.dispatch();
}

report('ready');
const server = { family: 'IPv4', address: '127.0.0.1', port: Number(awaitLine()) } as const;
const late = new Event<null>(base, -1, 0, () => base.loopExit(), null);
late.add(ARRIVE_WITHIN);
connectMore();
base.dispatch();
late.free();
for (const client of connected) if (!served.has(client)) drop(client);
report('connected');
if (served.size > 0 && awaitLine() !== undefined) talk();
report('done');
// Hundreds of connections need no goodbye one by one.
process.exit(0);
