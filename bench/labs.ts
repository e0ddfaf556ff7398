import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { CONTENT } from '../project.ts';
import type { Reader } from '../sandbox-server/testing/reader.ts';
import { Program } from '../testing/program.ts';
import { CONNECTED_LAB, WARM, hasSetting, restocked, startLabServer } from './lab-server.ts';
import type { Effort, Report, Row } from './report.ts';
import { median, percentile } from './statistics.ts';
import { leave, openRun, timeEcho, timeHello, timeStart, type StartTimes } from './timing.ts';

const READERS = join(import.meta.dirname, 'readers.ts');
const MILLISECONDS = 1000;
/** How many runs others have meanwhile; fewer for less than a second of effort. */
const HELD = [0, 25, 50, 100];
/** Runs whose clients type a line a second each. */
const TYPING = 100;
/** Starts in a round, for each second of effort. */
const STARTS = 10;
/** Between two starts, in seconds of each second of effort: people don't click at once again. */
const BETWEEN_STARTS = 0.3;
/** Between two lines, in milliseconds. */
const BETWEEN_LINES = 20;
const FEWEST_LINES = 5;

/** What each hog is: the way of a lab in `bench/labs/hogs/`, and what it is called in a row. */
const HOGS = [
  {
    way: 'spin',
    lab: 'hog-of-many',
    what: '200 processes that spin, each in a session of its own',
  },
  { way: 'memory', lab: 'hog-of-many', what: '20 processes that write to 100 MiB each' },
  { way: 'forks', lab: 'hog-of-many', what: 'a fork bomb' },
  { way: 'sockets', lab: 'hog-of-many', what: '3,000 pairs of Unix sockets, all full' },
  { way: 'connects', lab: 'hog-of-many', what: '8 processes that connect without end' },
  { way: 'threads', lab: 'hog-of-one', what: '40 threads that spin' },
  { way: 'output', lab: 'hog-of-one', what: 'output without end' },
  { way: 'feed', lab: 'hog-of-one', what: 'a trace without end' },
] as const;
type Hog = (typeof HOGS)[number];

/** Times of one thing, round by round, in milliseconds. What never came about is undefined. */
type Times = (number | undefined)[][];

function known(times: Times): number[] {
  return times.flat().filter((time) => time !== undefined);
}

/** A row: some times beside those that they are compared with. */
function rowOf(what: string, beside: string, times: Times, base: Times, more: Row = {}): Row {
  const [own, others] = [known(times), known(base)];
  const lost = times.flat().length - own.length;
  const load = loadavg()[0] ?? 0;
  if (own.length === 0 || others.length === 0) return { what, beside, lost, load, ...more };
  const rounds = times.map((round) => known([round])).filter(({ length }) => length > 0);
  const [p50, p95] = [median(own), percentile(own, 0.95)];
  const [baseP50, baseP95] = [median(others), percentile(others, 0.95)];
  return {
    ...{ what, beside, p50, p95 },
    low: Math.min(...rounds.map(median)),
    high: Math.max(...rounds.map(median)),
    ...{ baseP50, baseP95, timesP50: p50 / baseP50, timesP95: p95 / baseP95, lost, load },
    ...more,
  };
}

/** Readers in a process of their own: see readers.ts. */
async function startReaders(
  port: number,
  count: number,
  rate: number,
  lab: string,
  way?: string,
): Promise<Program> {
  const flags = ['--disable-warning=ExperimentalWarning', READERS];
  const args = [port, count, rate].map(String);
  const program = Program.start(
    [process.execPath, ...flags, ...args, lab, ...(way === undefined ? [] : [way])],
    { waitsForInput: true, complainsAloud: true },
  );
  await program.line();
  return program;
}

/** Ends their runs. @returns how many there were in all */
async function endReaders(program: Program): Promise<number> {
  program.signal('SIGTERM');
  await program.close();
  return Number(/"begun":(\d+)/.exec(program.out)?.[1]);
}

/** How starts follow each other, and what waits for them. */
interface Pace {
  /** What it is called in a row. */
  readonly clicks: string;
  /** {@link WARM}. */
  readonly warm: string;
  /** Whether each waits until all sandboxes that are to be warm are. */
  readonly rests: boolean;
}

const PACES: readonly Pace[] = [
  { clicks: 'cold', warm: '0', rests: false },
  { clicks: 'one a second', warm: '', rests: false },
  { clicks: 'now and then', warm: '', rests: true },
];

/** Starts alone and beside runs that are held, each in turn with `node hello.mjs`. */
async function measureStarts({ seconds, rounds }: Effort, pace?: Pace): Promise<Row[]> {
  await using server = await startLabServer(pace && { [WARM]: pace.warm });
  const columns: Row = pace ? { clicks: pace.clicks } : {};
  const rows: Row[] = [];
  const holders: Program[] = [];
  await using others = new AsyncDisposableStack();
  // Compilers and caches warm up.
  await timeStart(server.port);
  let held = 0;
  const levels = new Set(HELD.map((level) => Math.ceil(level * Math.min(1, seconds))));
  for (const wanted of levels) {
    if (wanted > held) {
      holders.push(others.use(await startReaders(server.port, wanted - held, 0, CONNECTED_LAB)));
    }
    held = wanted;
    const hello: Times = [];
    const starts: (StartTimes | undefined)[][] = [];
    for (let round = 0; round < rounds; round++) {
      const [hellos, inRound]: [number[], (StartTimes | undefined)[]] = [[], []];
      for (let start = 0; start < STARTS * seconds; start++) {
        if (pace?.rests) await restocked(server);
        hellos.push(await timeHello());
        inRound.push(await timeStart(server.port));
        await setTimeout(BETWEEN_STARTS * Math.min(1, seconds) * MILLISECONDS);
      }
      hello.push(hellos);
      starts.push(inRound);
    }
    const beside = held === 0 ? 'nothing' : `${String(held)} held`;
    const add = (what: string, of: (times: StartTimes) => number): void => {
      const times = starts.map((round) => round.map((start) => start && of(start)));
      rows.push(rowOf(what, beside, times, hello, columns));
    };
    add('start to first byte', ({ firstByte }) => firstByte);
    add('start to ready', ({ ready }) => ready);
    add('start to clients', ({ connected }) => connected);
  }
  for (const holder of holders) await endReaders(holder);
  return rows;
}

/** Starts of a program that a reader has written, each in turn with the lab’s own. */
async function measureEdits({ seconds, rounds }: Effort, pace: Pace): Promise<Row[]> {
  await using server = await startLabServer({ [WARM]: pace.warm });
  const path = join(CONTENT, 'listeners', CONNECTED_LAB, 'server.ts');
  const text = `// A line more than the lab’s.\n${readFileSync(path, 'utf8')}`;
  const edits = [{ file: 'server.ts', text }];
  for (const own of [undefined, edits]) await timeStart(server.port, own);
  const times: { own: (StartTimes | undefined)[]; edited: (StartTimes | undefined)[] }[] = [];
  for (let round = 0; round < rounds; round++) {
    const inRound: (typeof times)[number] = { own: [], edited: [] };
    for (let start = 0; start < STARTS * seconds; start++) {
      for (const kind of ['own', 'edited'] as const) {
        if (pace.rests) await restocked(server);
        inRound[kind].push(await timeStart(server.port, kind === 'edited' ? edits : undefined));
        await setTimeout(BETWEEN_STARTS * Math.min(1, seconds) * MILLISECONDS);
      }
    }
    times.push(inRound);
  }
  const of = (kind: 'own' | 'edited', name: keyof StartTimes): Times =>
    times.map((round) => round[kind].map((each) => each?.[name]));
  const columns = { clicks: pace.clicks };
  return (['firstByte', 'connected'] as const).map((name) => {
    const what = `edited, start to ${name === 'firstByte' ? 'first byte' : 'clients'}`;
    return rowOf(what, 'nothing', of('edited', name), of('own', name), columns);
  });
}

/** What a reader sees in a while: the echoes of lines, and a start. */
interface While {
  readonly echo: (number | undefined)[];
  readonly start: number | undefined;
}

/** Lines one after the other for so many seconds, then a start. */
async function observe(port: number, reader: Reader, seconds: number): Promise<While> {
  const echo: (number | undefined)[] = [];
  const end = performance.now() + seconds * MILLISECONDS;
  while (echo.length < FEWEST_LINES || performance.now() < end) {
    echo.push(await timeEcho(reader, `line ${String(performance.now())}`));
    await setTimeout(BETWEEN_LINES);
  }
  return { echo, start: (await timeStart(port))?.firstByte };
}

function rowsOf(beside: string, loud: readonly While[], quiet: readonly While[], more: Row): Row[] {
  const echoes = (all: readonly While[]): Times => all.map(({ echo }) => echo);
  const starts = (all: readonly While[]): Times => all.map(({ start }) => [start]);
  return [
    rowOf('echo of a line', beside, echoes(loud), echoes(quiet), more),
    rowOf('start to first byte', beside, starts(loud), starts(quiet), more),
  ];
}

/** One reader beside each hog: quiet, beside it, quiet again, round after round. */
async function measureHogs(
  port: number,
  reader: Reader,
  { seconds, rounds }: Effort,
  hogs: readonly Hog[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { way, lab, what } of hogs) {
    const [quiet, loud]: [While[], While[]] = [[], []];
    let runs = 0;
    for (let round = 0; round < rounds; round++) {
      quiet.push(await observe(port, reader, seconds));
      await using hog = await startReaders(port, 1, 0, lab, way);
      loud.push(await observe(port, reader, seconds));
      runs += await endReaders(hog);
      quiet.push(await observe(port, reader, seconds));
    }
    rows.push(...rowsOf(what, loud, quiet, { hogRuns: runs / rounds }));
  }
  return rows;
}

/** One reader beside a hundred who type, and beside these and a hog. */
async function measureFullHouse(
  port: number,
  reader: Reader,
  { seconds, rounds }: Effort,
  hog: Hog,
): Promise<Row[]> {
  const repeat = async (): Promise<While[]> => {
    const all: While[] = [];
    for (let round = 0; round < rounds; round++) all.push(await observe(port, reader, seconds));
    return all;
  };
  const quiet = await repeat();
  const count = Math.ceil(TYPING * Math.min(1, seconds));
  await using house = await startReaders(port, count, 1, CONNECTED_LAB);
  const typing = await repeat();
  await using hungry = await startReaders(port, 1, 0, hog.lab, hog.way);
  const withHog = await repeat();
  const hogRuns = (await endReaders(hungry)) / rounds;
  await endReaders(house);
  quiet.push(...(await repeat()));
  const beside = `${String(count)} runs whose clients type a line a second`;
  return [
    ...rowsOf(beside, typing, quiet, {}),
    ...rowsOf(`the same, and ${hog.what}`, withHog, quiet, { hogRuns }),
  ];
}

const ABOUT_TIMES =
  'All times are in milliseconds, over a WebSocket on the same computer. low and high are the lowest and the highest median of a round. lost counts what took longer than 30 s or was refused.';
const ABOUT_EDITS =
  'The base of an edited program’s start is a start of the lab’s own program, in turn with it.';

function hogsNamed(names: readonly string[] | undefined): readonly Hog[] {
  const unknown = names?.find((name) => !HOGS.some(({ way }) => way === name));
  if (unknown !== undefined) {
    const known = HOGS.map(({ way }) => way).join(', ');
    throw new Error(`There is no hog “${unknown}”. They are: ${known}.`);
  }
  return HOGS.filter(({ way }) => names?.includes(way) ?? true);
}

/**
 * How long a reader waits beside others: for a run to start, and for a line to come back, on the real
 * server, through its WebSocket, from real sandboxes.
 */
export async function labs(effort: Effort): Promise<Report> {
  const hogs = hogsNamed(effort.hogs);
  const before = loadavg();
  const rows: Row[] = [];
  const paces = hasSetting(WARM) ? PACES : [undefined];
  if (effort.edits !== true) {
    for (const pace of paces) rows.push(...(await measureStarts(effort, pace)));
  }
  for (const pace of PACES) rows.push(...(await measureEdits(effort, pace)));
  if (effort.edits === true) return { rows, notes: [ABOUT_TIMES, ABOUT_EDITS] };
  await using server = await startLabServer({ [WARM]: '' });
  const { port } = server;
  const reader = await openRun(port);
  await observe(port, reader, 0);
  rows.push(...(await measureHogs(port, reader, effort, hogs)));
  // The first of them is the worst.
  for (const hog of hogs.slice(0, 1)) {
    rows.push(...(await measureFullHouse(port, reader, effort, hog)));
  }
  await leave(reader);
  const inWords = (load: readonly number[]): string =>
    load.map((each) => each.toFixed(1)).join(', ');
  return {
    rows,
    notes: [
      ...[ABOUT_TIMES, ABOUT_EDITS],
      'The base of a start is node hello.mjs, from the spawn to the first byte, in turn with it; beside hogs and a full house it is a start without them. The base of an echo is the same reader’s, before and after.',
      'hogRuns is how many runs a hog had in a round: when the server ends one, the next begins.',
      ...(hasSetting(WARM)
        ? [
            `clicks: cold is ${WARM}=0; the others have the usual number of warm sandboxes. Now and then is when as many wait as should.`,
          ]
        : []),
      `Load average before and after: ${inWords(before)}; ${inWords(loadavg())}.`,
    ],
  };
}
