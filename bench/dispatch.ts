import * as z from 'zod';
import { RLIMIT_NOFILE, Rlimit, getrlimit } from '../libevent/sys/index.ts';
import { compiled, result, typescript } from './processes.ts';
import type { Command } from '../testing/program.ts';
import type { Effort, Report, Row } from './report.ts';
import { median } from './statistics.ts';

const measured = z.object({
  method: z.string(),
  microseconds: z.number(),
  cpuMicroseconds: z.number(),
});
type Measured = z.infer<typeof measured>;

const METHODS = ['select', 'poll', 'epoll'] as const;
const PIPES = [100, 500, 1000, 5000, 10_000];
const ACTIVE = 100;
const WRITES = 1000;
/** select(2) takes descriptors below 1,024: two for each pipe, and a few that Node has. */
const MOST_FOR_SELECT = 480;
/** Descriptors that a process has beside the pipes. */
const OTHER_DESCRIPTORS = 64;
/** Dispatches that a run makes and takes the median of, for each second allowed. */
const REPEATS = 100;
const LEAST_REPEATS = 5;

/** A line of the table to be. */
interface Case {
  readonly library: string;
  readonly method: string;
  readonly pipes: number;
  readonly command: Command;
  readonly samples: Measured[];
}

function mostPipes(): number {
  const limit = new Rlimit();
  getrlimit(RLIMIT_NOFILE, limit);
  return Math.floor((limit.maximum - OTHER_DESCRIPTORS) / 2);
}

function casesOf(library: string, command: Command, room: number): Case[] {
  return METHODS.flatMap((method) => {
    const most = method === 'select' ? MOST_FOR_SELECT : room;
    const sizes = new Set(PIPES.map((wanted) => Math.min(wanted, most)));
    return [...sizes].map((pipes) => ({ library, method, pipes, command, samples: [] }));
  });
}

async function sample(
  { library, method, pipes, command }: Case,
  repeats: number,
): Promise<Measured> {
  const args = [pipes, Math.min(ACTIVE, pipes), WRITES, repeats].map(String);
  // What makes libevent, C's and this one, take a method: the others are forbidden.
  const others = METHODS.filter((other) => other !== method);
  const environment = Object.fromEntries(
    others.map((other) => [`EVENT_NO${other.toUpperCase()}`, '1']),
  );
  const found = measured.parse(await result([...command, ...args], environment));
  if (found.method !== method) throw new Error(`${library} took ${found.method}`);
  return found;
}

function compare(rows: readonly Row[]): string[] {
  const epoll = rows.filter(({ method }) => method === 'epoll');
  const own = epoll.filter(({ library }) => library === 'libevent-ts');
  const times = (a: Row, b: Row): string => {
    const ratio = (column: string): string => (Number(a[column]) / Number(b[column])).toFixed(2);
    return `${ratio('microseconds')} × (${ratio('cpuMicroseconds')})`;
  };
  const notes = ['libevent-ts', 'C libevent'].flatMap((name) => {
    const same = epoll.filter(({ library }) => library === name);
    const [first, last] = [same.at(0), same.at(-1)];
    if (first === undefined || last === undefined) return [];
    return `${name} with epoll: ${String(last.pipes)} pipes cost ${times(last, first)} what ${String(first.pipes)} cost.`;
  });
  for (const each of own) {
    const peer = epoll.find(
      ({ library, pipes }) => library === 'C libevent' && pipes === each.pipes,
    );
    if (peer === undefined) continue;
    notes.push(
      `At ${String(each.pipes)} pipes libevent-ts takes ${times(each, peer)} the time of C libevent.`,
    );
  }
  return notes;
}

/** What it costs to find and run 1,100 events of 100 to 10,000 that are watched. */
export async function dispatch({ seconds, rounds }: Effort): Promise<Report> {
  const room = mostPipes();
  const cases: Case[] = [];
  const missing: Row[] = [];
  for (const [library, contender] of [
    ['libevent-ts', typescript('dispatch_libevent_ts')],
    ['C libevent', compiled('dispatch', 'event_core')],
  ] as const) {
    if ('missing' in contender) missing.push({ library, missing: contender.missing });
    else cases.push(...casesOf(library, contender.command, room));
  }
  cases.sort(
    (a, b) =>
      METHODS.findIndex((m) => m === a.method) - METHODS.findIndex((m) => m === b.method) ||
      a.pipes - b.pipes,
  );
  const repeats = Math.max(LEAST_REPEATS, Math.round(REPEATS * seconds));
  // Interleaved, as in the other benchmarks.
  for (let round = 0; round < rounds; round++) {
    for (const each of cases) each.samples.push(await sample(each, repeats));
  }
  const rows = cases.map(({ library, method, pipes, samples }) => ({
    library,
    method,
    pipes,
    microseconds: median(samples.map(({ microseconds }) => microseconds)),
    cpuMicroseconds: median(samples.map(({ cpuMicroseconds }) => cpuMicroseconds)),
  }));
  const notes = [
    ...compare(rows),
    `A dispatch is ${String(ACTIVE)} bytes that wait in as many pipes and ${String(WRITES)} more that callbacks write: ${String(ACTIVE + WRITES)} callbacks.`,
    'cpuMicroseconds (and the ratios in brackets) is the time that the thread ran, whatever else the machine did.',
    `select(2) takes descriptors below 1,024, so ${String(MOST_FOR_SELECT)} pipes: libevent-ts refuses more, and C libevent crashes where it was built with _FORTIFY_SOURCE.`,
  ];
  if (room < Math.max(...PIPES)) {
    notes.push(`The limit of descriptors allows ${String(room)} pipes, not 10,000.`);
  }
  return { rows: [...rows, ...missing], notes };
}
