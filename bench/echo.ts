import * as z from 'zod';
import {
  EVENT_BASE_FLAG_STARTUP_IOCP,
  EventBase,
  EventConfig,
  eventSetLogCallback,
} from '../libevent/index.ts';
import { buildClient } from './peers.ts';
import {
  compiled,
  onClientCore,
  onServerCore,
  result,
  startServer,
  typescript,
  withVariables,
} from './processes.ts';
import type { Contender, Server } from './processes.ts';
import type { Effort, Report, Row } from './report.ts';
import { median } from './statistics.ts';

/** What the client measures. */
export const measured = z.object({
  perSecond: z.number(),
  clientBusy: z.number(),
  serverBusy: z.number(),
});
type Measured = z.infer<typeof measured>;

/** The library as it is, and as it is on a base that asks for completion. */
const OWN = ['libevent-ts', 'libevent-ts, io_uring'] as const;

/** What is missing to measure on io_uring, or null. */
export function missingUring(): Contender | null {
  using config = new EventConfig();
  config.setFlag(EVENT_BASE_FLAG_STARTUP_IOCP);
  eventSetLogCallback(() => undefined);
  using base = new EventBase(config);
  eventSetLogCallback(null);
  return base.getMethod() === 'io_uring' ? null : { missing: 'io_uring' };
}

/** Each server, by the name that the rows give it. */
export function contenders(...flags: string[]): Map<string, Contender> {
  const own = typescript('libevent_ts', ...flags);
  const missing = missingUring();
  return new Map([
    [OWN[0], own],
    [OWN[1], missing ?? withVariables(own, { EVENT_COMPLETION: '1' })],
    ['node:net', typescript('node_net', ...flags)],
    ['C libevent', compiled('libevent', 'event_core')],
    ['bare C epoll', compiled('epoll')],
    ['bare C io_uring', missing ?? compiled('io_uring')],
  ]);
}

/** How many connections, of what size their messages are, and how many bytes may be on their way. */
const LOADS = [
  { connections: 1, size: 64, window: 64 },
  { connections: 50, size: 64, window: 64 },
  { connections: 200, size: 64, window: 64 },
  { connections: 8, size: 65536, window: 4 * 65536 },
];

/** A load, and what it is called in a row. */
export interface Load {
  readonly columns: Row;
  /** The client's arguments for a server, without the seconds. */
  args(server: Server): string[];
}

/** What was measured, and how the library compares. */
export interface Comparison {
  readonly rows: readonly Row[];
  /** A sentence for each load and kind of the library: the ratios to the others. */
  readonly ratios: readonly string[];
}

/** Measures each load on each server, round after round, and takes the medians. */
export async function measureServers(
  mode: string,
  servers: Map<string, Contender>,
  loads: readonly Load[],
  { seconds, rounds }: Effort,
): Promise<Comparison> {
  const client = buildClient();
  await using stack = new AsyncDisposableStack();
  const running: Server[] = [];
  const missing: Row[] = [];
  for (const [name, contender] of servers) {
    if ('missing' in contender) {
      missing.push({ server: name, missing: contender.missing });
      continue;
    }
    const server = await startServer(name, onServerCore([...contender.command, mode]));
    stack.use(server);
    running.push(server);
  }
  const rows: Row[] = [];
  const ratios: string[] = [];
  for (const load of loads) {
    const samples = new Map<string, Measured[]>();
    // Interleaved: what else the machine does meanwhile falls on all of them. One round more than
    // is counted, for compilers to warm up.
    for (let round = 0; round <= rounds; round++) {
      for (const server of running) {
        const command = onClientCore([client, ...load.args(server), String(seconds)]);
        const sample = measured.parse(await result(command));
        if (round > 0) samples.set(server.name, [...(samples.get(server.name) ?? []), sample]);
      }
    }
    for (const [server, all] of samples) {
      const middle = (of: (sample: Measured) => number): number => median(all.map(of));
      rows.push({
        server,
        ...load.columns,
        perSecond: middle(({ perSecond }) => perSecond),
        perServerSecond: middle(perServerSecond),
        serverBusy: middle(({ serverBusy }) => serverBusy),
        clientBusy: middle(({ clientBusy }) => clientBusy),
      });
    }
    ratios.push(...ratiosOf(load, samples));
  }
  return { rows: [...rows, ...missing], ratios };
}

function perServerSecond({ perSecond, serverBusy }: Measured): number {
  return perSecond / serverBusy;
}

/** Says how the library compares with the others: what was measured in the same round with each other. */
function ratiosOf({ columns }: Load, samples: ReadonlyMap<string, readonly Measured[]>): string[] {
  const what = Object.entries(columns).map(([column, value]) => `${column} ${String(value)}, `);
  return OWN.flatMap((name) => {
    const own = samples.get(name);
    if (own === undefined) return [];
    const words = [...samples].flatMap(([other, theirs]) => {
      if (other === name) return [];
      const ratios = own.flatMap((sample, round) => {
        const peer = theirs[round];
        return peer === undefined ? [] : [perServerSecond(sample) / perServerSecond(peer)];
      });
      const shares = [Math.min(...ratios), median(ratios), Math.max(...ratios)];
      return `${shares.map((share) => share.toFixed(2)).join(' ')} × ${other}`;
    });
    return `${what.join('')}${name}: ${words.join(', ')}.`;
  });
}

/** Why the rows can be believed. */
export const NOTES = [
  'serverBusy and clientBusy are the shares of a processor that the server’s main thread and the client took: the server bounds perSecond where it is near 1 and the client clearly below.',
  'perServerSecond is perSecond for each second that the server’s thread ran. It holds where the client or another process on the machine bounds perSecond. The ratios are of it, round by round: the lowest, the median and the highest.',
];

/** Ping-pong of small messages, and streams of large ones. */
export async function echo(effort: Effort): Promise<Report> {
  const loads = LOADS.map(({ connections, size, window }) => ({
    columns: { connections, size },
    args: ({ port, process: { pid } }: Server) =>
      ['echo', port, pid, connections, size, window].map(String),
  }));
  const { rows, ratios } = await measureServers('echo', contenders(), loads, effort);
  return { rows, notes: [...ratios, ...NOTES] };
}
