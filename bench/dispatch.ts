import * as z from 'zod';
import { RLIMIT_NOFILE, Rlimit, getrlimit } from '../libevent/sys/index.ts';
import { compiled, result, typescript } from './processes.ts';
import type { Effort, Report, Row } from './report.ts';
import { median } from './statistics.ts';

const measured = z.object({ method: z.string(), microseconds: z.number() });

const METHODS = ['select', 'poll', 'epoll'] as const;
const PIPES = [100, 500, 1000, 5000, 10_000];
const ACTIVE = 100;
const WRITES = 1000;
/** select(2) takes descriptors below 1,024: two for each pipe, and a few that Node has. */
const MOST_FOR_SELECT = 480;
/** Descriptors that a process has beside the pipes. */
const OTHER_DESCRIPTORS = 64;
/** Dispatches that one run of a program makes and takes the median of, for each second allowed. */
const REPEATS = 100;

const CONTENDERS = new Map([
  ['libevent-ts', typescript('dispatch_libevent_ts')],
  ['C libevent', compiled('dispatch', 'event_core')],
]);

/** What makes libevent, C's and this one, take a method: the faster ones are forbidden. */
function environment(method: string): Readonly<Record<string, string>> {
  const others = METHODS.filter((other) => other !== method);
  return Object.fromEntries(others.map((other) => [`EVENT_NO${other.toUpperCase()}`, '1']));
}

function mostPipes(): number {
  const limit = new Rlimit();
  getrlimit(RLIMIT_NOFILE, limit);
  return Math.floor((limit.maximum - OTHER_DESCRIPTORS) / 2);
}

async function measure(
  library: string,
  method: string,
  pipes: number,
  { seconds, rounds }: Effort,
): Promise<number[]> {
  const contender = CONTENDERS.get(library);
  if (contender === undefined || 'missing' in contender) return [];
  const repeats = Math.max(5, Math.round(REPEATS * seconds));
  const args = [pipes, Math.min(ACTIVE, pipes), WRITES, repeats].map(String);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const command = [...contender.command, ...args] as const;
    const sample = measured.parse(await result(command, environment(method)));
    if (sample.method !== method) throw new Error(`${library} took ${sample.method}`);
    times.push(sample.microseconds);
  }
  return times;
}

function compare(rows: readonly Row[]): string[] {
  const own = rows.filter(({ library, method }) => library === 'libevent-ts' && method === 'epoll');
  const [first, last] = [own.at(0), own.at(-1)];
  if (first === undefined || last === undefined) return [];
  const peer = rows.find(
    ({ library, method, pipes }) =>
      library === 'C libevent' && method === 'epoll' && pipes === last.pipes,
  );
  const growth = Number(last.microseconds) / Number(first.microseconds);
  const notes = [
    `libevent-ts with epoll: ${String(last.pipes)} pipes cost ${growth.toFixed(2)} × what ${String(first.pipes)} cost.`,
  ];
  if (peer === undefined) return notes;
  const times = Number(last.microseconds) / Number(peer.microseconds);
  return [
    ...notes,
    `At ${String(last.pipes)} pipes libevent-ts takes ${times.toFixed(2)} × the time of C libevent.`,
  ];
}

/** What it costs to find and run 1,100 events of 100 to 10,000 that are watched. */
export async function dispatch(effort: Effort): Promise<Report> {
  const room = mostPipes();
  const rows: Row[] = [];
  for (const method of METHODS) {
    const most = method === 'select' ? MOST_FOR_SELECT : room;
    for (const pipes of new Set(PIPES.map((wanted) => Math.min(wanted, most)))) {
      const samples = new Map<string, number[]>();
      // Interleaved, as in the other benchmarks.
      for (let round = 0; round < effort.rounds; round++) {
        for (const library of CONTENDERS.keys()) {
          const times = await measure(library, method, pipes, { ...effort, rounds: 1 });
          samples.set(library, [...(samples.get(library) ?? []), ...times]);
        }
      }
      for (const [library, times] of samples) {
        if (times.length > 0) rows.push({ library, method, pipes, microseconds: median(times) });
      }
    }
  }
  const missing = [...CONTENDERS].flatMap(([library, contender]) =>
    'missing' in contender ? [{ library, missing: contender.missing }] : [],
  );
  const notes = [
    ...compare(rows),
    `A dispatch is ${String(ACTIVE)} bytes that wait in as many pipes and ${String(WRITES)} more that callbacks write: ${String(ACTIVE + WRITES)} callbacks.`,
    `select(2) takes descriptors below 1,024, so ${String(MOST_FOR_SELECT)} pipes: libevent-ts refuses more, and C libevent crashes where it was built with _FORTIFY_SOURCE.`,
  ];
  if (room < Math.max(...PIPES)) {
    notes.push(`The limit of descriptors allows ${String(room)} pipes, not 10,000.`);
  }
  return { rows: [...rows, ...missing], notes };
}
