import * as z from 'zod';
import { buildClient } from './peers.ts';
import { compiled, result, startServer, typescript } from './processes.ts';
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

/** Each server, by the name that the rows give it. */
export function contenders(...flags: string[]): Map<string, Contender> {
  return new Map([
    ['libevent-ts', typescript('libevent_ts', ...flags)],
    ['node:net', typescript('node_net', ...flags)],
    ['C libevent', compiled('libevent', 'event_core')],
    ['bare C epoll', compiled('epoll')],
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

/** Measures each load on each server, round after round, and takes the medians. */
export async function measureServers(
  mode: string,
  servers: Map<string, Contender>,
  loads: readonly Load[],
  { seconds, rounds }: Effort,
): Promise<Row[]> {
  const client = buildClient();
  await using stack = new AsyncDisposableStack();
  const running: Server[] = [];
  const missing: Row[] = [];
  for (const [name, contender] of servers) {
    if ('missing' in contender) {
      missing.push({ server: name, missing: contender.missing });
      continue;
    }
    const server = await startServer(name, [...contender.command, mode]);
    stack.use(server);
    running.push(server);
  }
  const rows: Row[] = [];
  for (const load of loads) {
    const samples = new Map<string, Measured[]>();
    // Interleaved: what else the machine does meanwhile falls on all of them. One round more than
    // is counted, for compilers to warm up.
    for (let round = 0; round <= rounds; round++) {
      for (const server of running) {
        const command = [client, ...load.args(server), String(seconds)] as const;
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
        perServerSecond: middle(({ perSecond, serverBusy }) => perSecond / serverBusy),
        serverBusy: middle(({ serverBusy }) => serverBusy),
        clientBusy: middle(({ clientBusy }) => clientBusy),
      });
    }
  }
  return [...rows, ...missing];
}

/** Says how each rate of the library compares with the others'. */
export function ratios(rows: readonly Row[], columns: readonly string[]): string[] {
  return rows
    .filter(({ server }) => server === 'libevent-ts')
    .map((own) => {
      const same = rows.filter((row) => columns.every((column) => row[column] === own[column]));
      const others = same.filter((row) => row !== own && typeof row.perSecond === 'number');
      const times = (row: Row, rate: string): string =>
        (Number(own[rate]) / Number(row[rate])).toFixed(2);
      const words = others.map(
        (row) =>
          `${times(row, 'perSecond')} × ${String(row.server)} (${times(row, 'perServerSecond')})`,
      );
      const what = columns.map((column) => `${column} ${String(own[column])}, `).join('');
      return `${what}libevent-ts: ${words.join(', ')}.`;
    });
}

/** Why the rows can be believed. */
export const NOTES = [
  'serverBusy and clientBusy are the shares of a processor that the server’s main thread and the client took: the server bounds perSecond where it is near 1 and the client clearly below.',
  'perServerSecond (and the ratios in brackets) is perSecond for each second that the server’s thread ran. It holds where the client or another process on the machine bounds perSecond.',
];

/** Ping-pong of small messages, and streams of large ones. */
export async function echo(effort: Effort): Promise<Report> {
  const loads = LOADS.map(({ connections, size, window }) => ({
    columns: { connections, size },
    args: ({ port, process: { pid } }: Server) =>
      ['echo', port, pid, connections, size, window].map(String),
  }));
  const rows = await measureServers('echo', contenders(), loads, effort);
  return { rows, notes: [...ratios(rows, ['connections', 'size']), ...NOTES] };
}
