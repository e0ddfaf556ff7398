/** How late the server’s event loop is while many runs are busy. */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { Reader } from '../sandbox-server/testing/reader.ts';
import { ServerProcess, type ServerOptions } from '../testing/server-process.ts';
import { until } from '../testing/until.ts';
import type { Effort, Report, Row } from './report.ts';
import { median } from './statistics.ts';

/** A server and a client, and gauges that /proc is read for. */
const LAB = 'listener-error-callback';
/** How many runs are busy, in turn. */
const HELD = [0, 25, 50, 100];
/** How many of them come up at the same time. */
const AT_ONCE = 5;
/** From one line of a client to its next, in milliseconds. */
const LINE_INTERVAL = 1000;

const delaySchema = z.object({ p50: z.number(), p99: z.number(), max: z.number() });
type Delay = z.infer<typeof delaySchema>;

/** Of the server’s main thread, in milliseconds: proc_pid_schedstat(5). */
interface Scheduled {
  readonly ran: number;
  readonly waited: number;
}

/** Options of a server that can be asked for its delay. */
export function probed(environment: Readonly<Record<string, string>> = {}): ServerOptions {
  const probe = join(import.meta.dirname, 'loop-probe.ts');
  // In a session of its own, as a supervisor starts it: processors are shared among sessions.
  return { environment: { ...environment, NODE_OPTIONS: `--import ${probe}` }, by: ['setsid'] };
}

/**
 * Asks a server that was started with {@link probed} how late its loop was since it was asked last.
 * @returns milliseconds
 */
export async function loopDelay(server: ServerProcess): Promise<Delay> {
  const said = (): string[] =>
    [...server.said.matchAll(/^loop-delay (.*)$/gm)].map(([, json = '']) => json);
  const before = said().length;
  server.signal('SIGWINCH');
  await until('the loop’s delay', () => said().length > before);
  return delaySchema.parse(JSON.parse(said().at(-1) ?? ''));
}

function scheduled({ pid }: ServerProcess): Scheduled {
  const text = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1');
  const [ran = 0, waited = 0] = text.split(' ').map((word) => Number(word) / 1e6);
  return { ran, waited };
}

/** A reader who types a line a second. */
async function busyReader(port: number): Promise<Reader> {
  const reader = await Reader.start(port, LAB);
  await reader.connected('alice');
  const typing = setInterval(() => {
    if (reader.closed === undefined) reader.type('alice', 'a line of some words\n');
  }, LINE_INTERVAL);
  reader.socket.on('close', () => clearInterval(typing));
  return reader;
}

async function hold(readers: Reader[], port: number, count: number): Promise<void> {
  while (readers.length < count) {
    const more = Array.from({ length: Math.min(AT_ONCE, count - readers.length) }, () =>
      busyReader(port),
    );
    readers.push(...(await Promise.all(more)));
  }
}

/** The delay while nobody comes or goes, and while runs come up. */
async function sample(
  server: ServerProcess,
  seconds: number,
): Promise<Delay & { ran: number; waited: number }> {
  await loopDelay(server);
  const before = scheduled(server);
  await setTimeout(seconds * 1000);
  const after = scheduled(server);
  return {
    ...(await loopDelay(server)),
    ran: (after.ran - before.ran) / seconds,
    waited: (after.waited - before.waited) / seconds,
  };
}

/** The event loop’s delay with no run, and with 25, 50 and 100 that a line a second is typed into. */
export async function loop({ seconds, rounds }: Effort): Promise<Report> {
  const rows: Row[] = [];
  const environment = { READABLE_SESSIONS: '200', READABLE_TIME_LIMIT: '86400' };
  await using server = await ServerProcess.start(probed(environment));
  const readers: Reader[] = [];
  for (const held of HELD) {
    await loopDelay(server);
    await hold(readers, server.port, held);
    const starting = await loopDelay(server);
    const samples: Awaited<ReturnType<typeof sample>>[] = [];
    for (let round = 0; round < rounds; round++) samples.push(await sample(server, seconds));
    const middle = (of: (each: (typeof samples)[number]) => number): number =>
      median(samples.map(of));
    rows.push({
      held,
      p50: middle(({ p50 }) => p50),
      p99: middle(({ p99 }) => p99),
      max: Math.max(...samples.map(({ max }) => max)),
      startsP99: starting.p99,
      startsMax: starting.max,
      ran: middle(({ ran }) => ran),
      waited: middle(({ waited }) => waited),
      load: loadavg()[0] ?? 0,
    });
  }
  for (const reader of readers) reader.socket.close(1000);
  return {
    rows,
    notes: [
      'p50, p99 and max: how late the server’s event loop was, in ms, while each run had a line typed a second.',
      `startsP99 and startsMax: the same while the runs came up, ${AT_ONCE} at a time.`,
      'ran and waited: ms a second that the main thread had a processor, and waited for one. Waiting is delay that no code of the server’s makes.',
      'load: what else this computer had to run, the runs included.',
    ],
  };
}
