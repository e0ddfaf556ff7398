import { join } from 'node:path';
import * as trace from 'libevent-ts/trace-variables';
import { CONTENT } from '../project.ts';
import { LONGEST_FEED_LINE, readFeed } from '../protocol/feed.ts';
import { lineSplitter } from '../sandbox-server/process/lines.ts';
import { freePort } from '../testing/port.ts';
import { Program } from '../testing/program.ts';
import { measured } from './echo.ts';
import { buildClient } from './peers.ts';
import { result } from './processes.ts';
import type { Effort, Report, Row } from './report.ts';
import { median } from './statistics.ts';

/** Servers of the book, by what waits in them. */
const SERVERS = [
  join('events', 'rot13-event'),
  join('processes', 'rot13-fork'),
  join('bufferevents', 'rot13-bufferevent'),
];
const CONNECTIONS = [1, 50];
const SIZE = 64;
const MILLION = 1e6;

/** What a lab asks for: nothing, the counts that a gauge shows, or all that a timeline shows. */
const ASKED = {
  nothing: () => ({}),
  counts: () => ({
    [trace.TRACE_VARIABLE]: '3',
    [trace.TRACE_CALLS_VARIABLE]: '',
    [trace.TRACE_COUNTS_VARIABLE]: '250',
  }),
  timeline: (folder: string) => ({
    [trace.TRACE_VARIABLE]: '3',
    [trace.TRACE_COUNTS_VARIABLE]: '250',
    [trace.TRACE_SITES_VARIABLE]: folder,
    [trace.TRACE_CALLBACKS_VARIABLE]: '1',
    [trace.TRACE_BUDGET_VARIABLE]: '2000',
  }),
} satisfies Record<string, (folder: string) => Readonly<Record<string, string>>>;

/** A server that runs, and how much it has told. */
interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  told(): number;
}

async function start(
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Running> {
  const port = await freePort();
  let told = 0;
  // What is told is read as the server of the book reads it, on the same machine at the same time.
  const split = lineSplitter(LONGEST_FEED_LINE, (line) => {
    if (readFeed(line) === undefined) throw new Error(`not read: ${line}`);
    told++;
  });
  const flags = ['--single-threaded', '--disable-warning=ExperimentalWarning'];
  const program = Program.start(
    [process.execPath, ...flags, join(folder, 'server.ts'), String(port)],
    { environment, leadsGroup: true, feed: split },
  );
  await program.prints(/^Listening/m);
  return {
    ...{ pid: program.pid, port, told: () => told },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** How many times something is what it is without a trace, round by round. */
function ratiosOf(all: readonly number[], base: readonly number[] = []): number[] {
  return all.map((each, round) => each / (base[round] ?? Number.NaN));
}

/** How long a line takes with and without a trace, in servers of the book. */
export async function timeline({ seconds, rounds }: Effort): Promise<Report> {
  const client = buildClient();
  const rows: Row[] = [];
  for (const server of SERVERS) {
    const folder = join(CONTENT, server);
    for (const connections of CONNECTIONS) {
      const times = new Map<string, number[]>();
      const works = new Map<string, number[]>();
      const told = new Map<string, number[]>();
      await using stack = new AsyncDisposableStack();
      const running = new Map<string, Running>();
      for (const [asked, environment] of Object.entries(ASKED)) {
        running.set(asked, stack.use(await start(folder, environment(folder))));
      }
      // Interleaved: what else the machine does meanwhile falls on all of them. One round more than is
      // counted, for compilers to warm up.
      for (let round = 0; round <= rounds; round++) {
        for (const [asked, { pid, port, told: toldBy }] of running) {
          const before = toldBy();
          const args = ['lines', port, pid, connections, SIZE, SIZE, seconds].map(String);
          const { perSecond, serverBusy } = measured.parse(await result([client, ...args]));
          if (round === 0) continue;
          times.set(asked, [...(times.get(asked) ?? []), (MILLION * connections) / perSecond]);
          works.set(asked, [...(works.get(asked) ?? []), (MILLION * serverBusy) / perSecond]);
          told.set(asked, [...(told.get(asked) ?? []), toldBy() - before]);
        }
      }
      for (const [asked, all] of times) {
        const ratios = ratiosOf(all, times.get('nothing'));
        const work = works.get(asked) ?? [];
        rows.push({
          ...{ server, connections, asked, microseconds: median(all) },
          ...{ times: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) },
          ...{ work: median(work), workTimes: median(ratiosOf(work, works.get('nothing'))) },
          told: median(told.get(asked) ?? []),
        });
      }
    }
  }
  const notes = [
    `microseconds is the time of a line of ${SIZE} bytes there and back, each client sending its next when it has its answer; times is how many times that is the one without a trace, round by round, from low to high.`,
    'work is what a line takes of the main thread’s processor time, in microseconds; it holds on a computer that others use too. A server that forks works in its children, which it leaves out.',
    'told is how many records a server wrote in each round.',
  ];
  return { rows, notes };
}
