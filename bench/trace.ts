/**
 * What a trace costs a server of the book, in times of what the same server takes for a line without one. A line
 * has two times, and both are measured:
 *
 * - **answered**: what a client waits from the end of its line to the end of the answer. It is what a reader sees, and
 *   what the timeline of a lab may make 1.3 times as long.
 * - **work**: the processor time that the server takes for a line, its main thread with the processes that it forked.
 *   This is the stricter one: what is told after the answer has gone keeps no client waiting, and still has to be done.
 *
 * They are measured at the paces at which lines come: one client that types, faster than any reader, but far enough
 * apart that the server sleeps in between and everything is told; a crowd, as a lab has it, a line a second each, all
 * those of 20 ms at once; and one client that sends its next line as soon as it is answered, so that most is only
 * counted. Servers with and without a trace take turns, each turn being compared with the one beside it.
 */
import { join } from 'node:path';
import { loadavg } from 'node:os';
import * as trace from 'libevent-ts/trace-variables';
import * as z from 'zod';
import { CONTENT } from '../project.ts';
import { LONGEST_FEED_LINE, readFeed } from '../protocol/feed.ts';
import { lineSplitter } from '../sandbox-server/process/lines.ts';
import { freePort } from '../testing/port.ts';
import { Program } from '../testing/program.ts';
import { buildClient } from './peers.ts';
import { result } from './processes.ts';
import type { Effort, Report, Row } from './report.ts';
import { median } from './statistics.ts';

/** Servers of the book, by what waits in them, and how large a crowd they take: one of them forks for each client. */
const SERVERS = [
  { name: join('events', 'rot13-event'), crowd: 1000 },
  { name: join('processes', 'rot13-fork'), crowd: 20 },
  { name: join('bufferevents', 'rot13-bufferevent'), crowd: 1000 },
];
const SIZE = 64;
/** Lines a second of a client that types. */
const TYPED = 20;

/** Who sends lines, and how many a second in all: 0 for the next as soon as there is an answer. */
function paces(crowd: number): Readonly<Record<string, { clients: number; rate: number }>> {
  return {
    typing: { clients: 1, rate: TYPED },
    crowd: { clients: crowd, rate: crowd },
    'ping-pong': { clients: 1, rate: 0 },
  };
}

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

/** What the client measures, in microseconds. */
const measured = z.object({
  lines: z.int(),
  median: z.number(),
  slow: z.number(),
  work: z.number(),
});

/** A round of one server. */
interface Round extends z.infer<typeof measured> {
  /** How many records it wrote. */
  readonly told: number;
}

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
function ratiosOf(all: readonly Round[], base: readonly Round[], of: (round: Round) => number) {
  return all.map((each, index) => {
    const beside = base[index];
    return beside === undefined ? Number.NaN : of(each) / of(beside);
  });
}

function rowsOf(what: Row, rounds: ReadonlyMap<string, readonly Round[]>): Row[] {
  const base = rounds.get('nothing') ?? [];
  return [...rounds].map(([asked, all]) => {
    const times = ratiosOf(all, base, (round) => round.median);
    const works = ratiosOf(all, base, (round) => round.work);
    return {
      ...{ ...what, asked, answered: median(all.map((round) => round.median)) },
      ...{ times: median(times), low: Math.min(...times), high: Math.max(...times) },
      ...{ slow: median(all.map(({ slow }) => slow)), work: median(all.map(({ work }) => work)) },
      ...{ workTimes: median(works), workLow: Math.min(...works), workHigh: Math.max(...works) },
      told: median(all.map(({ told }) => told)),
    };
  });
}

/** How long a line takes with and without a trace, in servers of the book. */
export async function timeline({ seconds, rounds }: Effort): Promise<Report> {
  const client = buildClient();
  const rows: Row[] = [];
  for (const { name, crowd } of SERVERS) {
    const folder = join(CONTENT, name);
    for (const [pace, { clients, rate }] of Object.entries(paces(crowd))) {
      const measures = new Map<string, Round[]>();
      await using stack = new AsyncDisposableStack();
      const running = new Map<string, Running>();
      for (const [asked, environment] of Object.entries(ASKED)) {
        running.set(asked, stack.use(await start(folder, environment(folder))));
      }
      // Interleaved: what else the machine does meanwhile falls on all of them. One round more than is
      // counted, for compilers to warm up.
      for (let round = 0; round <= rounds; round++) {
        for (const [asked, server] of running) {
          const before = server.told();
          const { port, pid } = server;
          const args = ['typed', port, pid, clients, SIZE, rate, seconds].map(String);
          const measure = measured.parse(await result([client, ...args]));
          if (round === 0) continue;
          const all = measures.get(asked) ?? [];
          measures.set(asked, [...all, { ...measure, told: server.told() - before }]);
        }
      }
      rows.push(...rowsOf({ server: name, pace, clients }, measures));
    }
  }
  const notes = [
    `answered is what a client waits for the answer to a line of ${SIZE} bytes, in microseconds, the median of its lines; times is how many times that is the one without a trace, round by round, from low to high; slow is what 95 of 100 lines took at most.`,
    'work is the processor time that the server takes for a line, in microseconds, its main thread and the processes that it forked; workTimes is how many times that is the one without a trace. It holds on a computer that others use too.',
    'told is how many records a server wrote in each round.',
    `At the end the machine’s load was ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}.`,
  ];
  return { rows, notes };
}
