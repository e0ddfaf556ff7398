import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { RLIMIT_NOFILE, Rlimit, getrlimit } from '../libevent/sys/index.ts';
import type { Command } from '../testing/program.ts';
import { contenders } from './echo.ts';
import { buildClient } from './peers.ts';
import { startReady, startServer } from './processes.ts';
import type { Server } from './processes.ts';
import type { Effort, Report, Row } from './report.ts';
import { median } from './statistics.ts';

const CONNECTIONS = 10_000;
/** Connections before the ones that count, so that what a server allocates once is there. */
const FIRST = 1000;
/** Descriptors that a process has beside the connections. */
const OTHER_DESCRIPTORS = 64;
/** Of connections that are fresh, each so many-th is answered, so that the client does not run ahead. */
const PACE = 64;
/** Between two looks at a server's memory, in seconds of each second of effort. */
const LOOK_EVERY = 0.3;
const MILLISECONDS = 1000;
const KIBIBYTE = 1024;

/** The bytes of memory that a process alone uses. */
function bytesOf(pid: number): number {
  const text = readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'latin1');
  const parts = [...text.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm)];
  return parts.reduce((sum, [, kibibytes]) => sum + Number(kibibytes) * KIBIBYTE, 0);
}

/** Waits until a server's memory has stopped falling, and says how much it is. */
async function settledBytes(pid: number, seconds: number): Promise<number> {
  let least = Infinity;
  for (let same = 0; same < 4; same++) {
    await setTimeout(LOOK_EVERY * seconds * MILLISECONDS);
    const bytes = bytesOf(pid);
    if (bytes < least * 0.99) same = 0;
    least = Math.min(least, bytes);
  }
  return least;
}

async function bytesForEach(
  server: Server,
  connections: number,
  touch: number,
  seconds: number,
): Promise<number> {
  const { pid } = server.process;
  const connect = (count: number): Command =>
    [buildClient(), 'idle', server.port, String(count), String(touch)] as const;
  await using clients = new AsyncDisposableStack();
  clients.use(await startReady(connect(Math.min(FIRST, connections))));
  const before = await settledBytes(pid, seconds);
  clients.use(await startReady(connect(connections)));
  return ((await settledBytes(pid, seconds)) - before) / connections;
}

/** What an idle connection costs a server in memory of its own. */
export async function memory({ seconds, rounds }: Effort): Promise<Report> {
  const limit = new Rlimit();
  getrlimit(RLIMIT_NOFILE, limit);
  const room = limit.maximum - FIRST - OTHER_DESCRIPTORS;
  const connections = Math.min(CONNECTIONS, room, Math.ceil(CONNECTIONS * seconds));
  const rows: Row[] = [];
  for (const [server, contender] of contenders('--expose-gc')) {
    if (server.startsWith('bare C ')) continue;
    if ('missing' in contender) {
      rows.push({ server, missing: contender.missing });
      continue;
    }
    for (const [state, touch] of [
      ['fresh', PACE],
      ['after a message', 1],
    ] as const) {
      const samples: number[] = [];
      for (let round = 0; round < Math.min(rounds, 3); round++) {
        await using started = await startServer(server, [...contender.command, 'echo']);
        samples.push(await bytesForEach(started, connections, touch, seconds));
      }
      rows.push({ server, state, connections, bytesPerConnection: median(samples) });
    }
  }
  const notes = rows
    .filter(({ server }) => server === 'node:net')
    .map((peer) => {
      const own = rows.find(
        ({ server, state }) => server === 'libevent-ts' && state === peer.state,
      );
      const share = Number(own?.bytesPerConnection) / Number(peer.bytesPerConnection);
      return `${String(peer.state)}: libevent-ts takes ${share.toFixed(2)} of what node:net takes.`;
    });
  return {
    rows,
    notes: [
      ...notes,
      'Memory is what only the process has (Private_ in /proc/PID/smaps_rollup), garbage collected five times a second; the kernel’s own for each socket is not in it, and the same for all.',
    ],
  };
}
