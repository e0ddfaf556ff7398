/**
 * A crowd of clients, inside the sandbox: one process with up to a thousand connections, silent or with a
 * line a second each, and one connection more by which it measures how long a line takes. How many there
 * are to be is said through its terminal, a line for each order: `crowd-feed.ts`. What they are sent in
 * answer is counted, and kept nowhere.
 * Usage: crowd.ts PORT [ADDRESS]
 */
import { writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import {
  CROWD_FEED_VARIABLE,
  CROWD_PACE,
  ERROR_NAME,
  MOST_REASONS,
  MOST_TOLD,
  crowdRecordLine,
  readCrowdOrder,
  type CrowdOrder,
  type CrowdState,
} from '../../protocol/crowd-feed.ts';
import { LineTimes } from './line-times.ts';

/** How often clients are looked after, in milliseconds. */
const TICK = 20;
/** Since when performance.now() counts. */
const CLOCK = Date.now() - performance.now();
/** How often is told how the crowd is. */
const REPORT = 250;
/** How often a line is sent to be measured, unless the one before is not answered. */
const PROBE = 250;
/** How soon that client connects again when it was turned away. */
const PROBE_RETRY = 1000;
/** Before the first client comes, so many lines are measured, unless that takes too long, in milliseconds. */
const MEASURED_FIRST = 3;
const MEASURED_WITHIN = 1000;
/** How long connect(2) may take: the kernel itself would try for two minutes. */
const PATIENCE = 10_000;
/** How long the last connections may take to end. */
const GOODBYE = 500;
const SECOND = 1000;
const NEWLINE = 0x0a;
const LINE = 'hello\n';
const PROBE_LINE = 'a line\n';

const port = Number(process.argv[2]);
const host = process.argv[3] ?? '127.0.0.1';
const feed = process.env[CROWD_FEED_VARIABLE];

let order: CrowdOrder = { count: 0, talks: false };
/** Clients that connect or are connected, in the order in which they came. */
const members = new Set<Socket>();
/** Lines of each connection that have not come back, until it is closed. */
const waiting = new Map<Socket, number>();
/** Those of them that are connected, in the order in which they speak. */
let speakers: Socket[] = [];
let connecting = 0;
let closed = 0;
let failed = 0;
const reasons = new Map<string, number>();
let sent = 0;
let answered = 0;
/** Parts of a client that the pace allows, and of a line. */
let due = 0;
let linesDue = 0;
let nextSpeaker = 0;
let last = performance.now();
/** When the first order came. */
let began: number | undefined;

function lines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function failedWith(code: string | undefined): void {
  failed += 1;
  const name = code !== undefined && ERROR_NAME.test(code) ? code : 'EIO';
  // There are some ten reasons; that there are never many is for the sake of memory.
  if (reasons.has(name) || reasons.size < 32) reasons.set(name, (reasons.get(name) ?? 0) + 1);
}

/** One client more. */
function join(): void {
  const socket = connect({ host, port, noDelay: true, timeout: PATIENCE });
  let error: string | undefined;
  members.add(socket);
  connecting += 1;
  socket.once('connect', () => {
    socket.setTimeout(0);
    connecting -= 1;
    speakers.push(socket);
  });
  socket.once('timeout', () => {
    error = 'ETIMEDOUT';
    socket.destroy();
  });
  socket.on('data', (bytes) => {
    const count = lines(bytes);
    answered += count;
    const left = waiting.get(socket);
    // A server may say more than it was asked.
    if (left !== undefined) waiting.set(socket, Math.max(0, left - count));
  });
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    error ??= code;
  });
  socket.once('close', () => {
    waiting.delete(socket);
    // One that we have sent away is neither.
    if (!members.delete(socket)) return;
    const at = speakers.indexOf(socket);
    if (at >= 0) {
      speakers.splice(at, 1);
      closed += 1;
    } else {
      connecting -= 1;
      failedWith(error);
    }
  });
}

/** The latest go first. A server that does not close its side has no say in when they are gone. */
function sendAway(most: number): void {
  const leaving = [...members].slice(most);
  for (const socket of leaving) {
    members.delete(socket);
    if (socket.connecting) {
      connecting -= 1;
      socket.destroy();
    } else {
      socket.end();
    }
  }
  if (leaving.length > 0) {
    setTimeout(() => {
      for (const socket of leaving) socket.destroy();
    }, GOODBYE);
  }
  speakers = speakers.filter((socket) => members.has(socket));
}

function take(next: CrowdOrder): void {
  order = next;
  began ??= performance.now();
  // Who was turned away may try again.
  closed = failed = due = 0;
  reasons.clear();
  sendAway(order.count);
  if (order.count === 0) leave();
  else probe.begin();
}

function leave(): void {
  clearInterval(ticks);
  clearInterval(reports);
  probe.end();
  setTimeout(() => process.exit(0), GOODBYE);
}

function speak(): void {
  for (; linesDue >= 1 && speakers.length > 0; linesDue -= 1) {
    const socket = speakers[nextSpeaker++ % speakers.length];
    // One whose server does not read says no more than the kernel keeps for it.
    if (!socket || socket.writableNeedDrain || socket.writableLength > 0) continue;
    socket.write(LINE);
    sent += 1;
    waiting.set(socket, (waiting.get(socket) ?? 0) + 1);
  }
}

const ticks = setInterval(() => {
  const now = performance.now();
  const passed = Math.min(now - last, SECOND);
  last = now;
  const isEarly = probe.answers < MEASURED_FIRST && now - (began ?? now) < MEASURED_WITHIN;
  if (isEarly) return;
  due += (passed * CROWD_PACE) / SECOND;
  for (; due >= 1 && members.size + closed + failed < order.count; due -= 1) join();
  due = Math.min(due, 1);
  if (!order.talks) return;
  linesDue = Math.min(linesDue + (passed * speakers.length) / SECOND, speakers.length);
  speak();
}, TICK);

/** The client that measures. */
class Probe {
  readonly #times = new LineTimes();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sentAt: number | undefined;
  /** How many lines were answered. */
  answers = 0;

  begin(): void {
    if (this.#socket) return;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    socket.once('connect', () => this.#send());
    socket.on('data', (bytes) => {
      if (this.#sentAt === undefined || !bytes.includes(NEWLINE)) return;
      const now = performance.now();
      this.#times.add(this.#sentAt, now);
      this.answers += 1;
      const wait = Math.max(0, PROBE - (now - this.#sentAt));
      this.#sentAt = undefined;
      this.#timer = setTimeout(() => this.#send(), wait);
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(this.#timer);
      this.#sentAt = undefined;
      this.#timer = setTimeout(() => {
        this.#socket = undefined;
        this.begin();
      }, PROBE_RETRY);
    });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#socket?.removeAllListeners('close').end();
  }

  /** Whether its line has not come back. */
  get waits(): boolean {
    return this.#sentAt !== undefined;
  }

  read(): ReturnType<LineTimes['read']> {
    return this.#times.read(performance.now(), this.#sentAt);
  }

  #send(): void {
    this.#sentAt = performance.now();
    this.#socket?.write(PROBE_LINE);
  }
}
const probe = new Probe();

function report(): void {
  if (feed === undefined) return;
  const { count: wanted, talks } = order;
  const most = [...reasons].map(([code, count]) => ({ code, count }));
  most.sort((a, b) => b.count - a.count);
  const state: CrowdState = {
    ...{ wanted, talks, connecting, connected: speakers.length },
    ...{ closed: Math.min(closed, MOST_TOLD), failed: Math.min(failed, MOST_TOLD) },
    reasons: most.slice(0, MOST_REASONS),
    ...{ sent: Math.min(sent, MOST_TOLD), answered: Math.min(answered, MOST_TOLD) },
    line: probe.read(),
  };
  const underWay = [...waiting.values()].reduce((sum, each) => sum + each, probe.waits ? 1 : 0);
  const tally = {
    at: CLOCK + performance.now(),
    lines: Math.min(answered + probe.answers, MOST_TOLD),
    underWay: Math.min(underWay, MOST_TOLD),
  };
  const line = crowdRecordLine({ state, tally });
  try {
    writeSync(Number(feed), line);
  } catch {
    // Nobody listens any more. The crowd stays.
  }
}
const reports = setInterval(report, REPORT);

let unread = '';
process.stdin.on('data', (bytes: Buffer) => {
  const [next = '', ...rest] = (unread + bytes.toString()).split(/[\r\n]/).toReversed();
  unread = next.slice(0, 64);
  for (const text of rest.toReversed()) {
    const wanted = readCrowdOrder(text);
    if (wanted) take(wanted);
  }
});
