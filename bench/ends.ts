import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { messageOf } from '../message-of.ts';
import { Reader } from '../sandbox-server/testing/reader.ts';
import { controlGroups, groupsOf } from '../testing/control-groups.ts';
import { footprint, leftovers } from '../testing/leftovers.ts';
import type { Exit } from '../testing/program.ts';
import type { ServerProcess } from '../testing/server-process.ts';
import { until } from '../testing/until.ts';
import {
  adoptOrphans,
  descriptorsOf,
  filesBelow,
  locksOf,
  newGroups,
  processesBelow,
  runtimeOf,
  sandboxFiles,
  shelvesOf,
  straysBelow,
  wholeComputer,
} from './census.ts';
import { ENDINGS, MANNERS, MOMENTS, isClosed, reach, type Ending, type Moment } from './endings.ts';
import { anyReader, startLabServer } from './lab-server.ts';
import { Random } from './random.ts';
import type { Effort, Report, Row } from './report.ts';

const COUNT = 2000;
/** Runs that end at the same time, on one server. */
const LANES = 6;
/** Of all ends, so many are those of the whole server, for each signal; and those by the time limit. */
const SHARE = 1 / 50;
/** Runs that a server has when it is ended. */
const HOUSE = 10;
/** The ends after which a server has all that it keeps: a share, and at least so many. */
const WARM_UP = { share: 0.1, least: 2 * LANES };
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const;
/** How long the end of one run may take on a busy computer, in milliseconds. */
const PATIENCE = 120_000;
const MiB = 1024 * 1024;
/** What a server may have more of after all ends than after the first: less than 16 KiB for each of 2,000. */
const GROWTH = 32 * MiB;
/** So many looks, ten milliseconds apart, at memory that changes by no more than a mebibyte: it is collected. */
const SAME = 100;
const LAB = 'rough';

const health = z.object({ sessions: z.number() });

/** One end, planned. */
interface Plan {
  readonly ending: Ending;
  readonly moment: Moment;
  /** What the program is told to do before. */
  readonly word: string | undefined;
}

/** What came out. */
class Findings {
  readonly faults: string[] = [];
  /** How the page was told that each ended, by the kind of its end. */
  readonly told = new Map<string, Map<string, number>>();

  count(ending: string, { messages }: Reader): void {
    const end =
      messages.find((message) => message.type === 'session-ended')?.end.kind ?? 'not told';
    const ends = this.told.get(ending) ?? new Map<string, number>();
    this.told.set(ending, ends.set(end, (ends.get(end) ?? 0) + 1));
  }

  /** Waits until something is so; that it never is, is a fault. */
  async expect(what: string, isSo: () => boolean, why: () => string): Promise<void> {
    try {
      await until(what, isSo);
    } catch {
      this.faults.push(`${what}: ${why()}`);
    }
  }
}

/** Every ending about as often as each other, in any order. */
function plansFor(count: number, random: Random): Plan[] {
  const endings = Array.from({ length: count }, (_, index) => ENDINGS[index % ENDINGS.length]);
  return random.shuffled(endings.filter((ending) => ending !== undefined)).map((ending) => {
    const { manners, word } = ending;
    if (manners || word !== undefined) {
      return { ending, moment: 'connected', word: word ?? random.of(manners ?? MANNERS) };
    }
    const moment = random.of(MOMENTS);
    return { ending, moment, word: moment === 'connected' ? random.of(MANNERS) : undefined };
  });
}

async function open(port: number, moment: Moment): Promise<Reader> {
  const reader = new Reader(port, undefined, anyReader());
  await once(reader.socket, 'open');
  reader.startLab(LAB);
  await reach(reader, moment);
  return reader;
}

async function carryOut(
  { ending, moment, word }: Plan,
  server: ServerProcess,
  random: Random,
  findings: Findings,
): Promise<void> {
  const name = `rough-${String(random.below(2 ** 31))}`;
  const reader = await open(server.port, moment);
  const goesOn = (): boolean => reader.socket.readyState === reader.socket.OPEN;
  if (word !== undefined && goesOn()) {
    reader.type('server', `${word} ${name}\n`);
    if (ending.word === undefined) await reader.shows('server', `Done ${name}`);
  }
  await ending.act({ reader, random, server: server.pid, port: server.port, name });
  if (!(await isClosed(reader, PATIENCE))) throw new Error('the run did not end');
  findings.count(ending.name, reader);
}

/** Ends so many runs of one server, several at a time. */
async function endRuns(
  plans: readonly Plan[],
  server: ServerProcess,
  random: Random,
  findings: Findings,
): Promise<void> {
  const left = [...plans];
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let plan = left.pop(); plan; plan = left.pop()) {
        try {
          await carryOut(plan, server, random, findings);
        } catch (error) {
          const { ending, moment, word = 'nothing' } = plan;
          findings.faults.push(`${ending.name}, when ${moment}, with ${word}: ${messageOf(error)}`);
        }
      }
    }),
  );
}

/** Waits until a server has no run. */
async function isIdle(server: ServerProcess, findings: Findings): Promise<void> {
  let sessions = NaN;
  const look = async (): Promise<void> => {
    const response = await server.get('healthz');
    sessions = health.parse(await response.json()).sessions;
  };
  let looking: Promise<void> | undefined;
  await findings.expect(
    'every run is over',
    () => {
      looking ??= look().finally(() => (looking = undefined));
      return sessions === 0;
    },
    () => `${String(sessions)} go on`,
  );
  await looking;
}

/** Ends a server, after which nothing of it may be left: however it ends, it is not the next one that removes it. */
async function endWhole(
  server: ServerProcess,
  signal: (typeof SIGNALS)[number],
  findings: Findings,
): Promise<Exit> {
  const { pid } = server;
  const shelves = shelvesOf(pid);
  using before = footprint(pid);
  const exit = await server.stop(signal);
  let left: string[] = [];
  await findings.expect(
    `nothing is left of a server that ended by ${signal}`,
    () => {
      left = [...leftovers(before), ...groupsOf(pid), ...locksOf(pid)];
      if (shelves !== undefined && existsSync(shelves)) left.push(shelves);
      return left.length === 0;
    },
    () => left.join(', '),
  );
  return exit;
}

/** Runs at any moments of theirs when their server is ended. */
async function endServer(
  signal: (typeof SIGNALS)[number],
  runs: number,
  environment: Readonly<Record<string, string>>,
  random: Random,
  findings: Findings,
  pids: Set<number>,
): Promise<void> {
  await using server = await startLabServer(environment);
  pids.add(server.pid);
  const readers = await Promise.all(
    Array.from({ length: runs }, () => open(server.port, random.of(MOMENTS))),
  );
  await endWhole(server, signal, findings);
  for (const reader of readers) {
    if (!(await isClosed(reader, PATIENCE))) findings.faults.push(`${signal}: a WebSocket is open`);
    findings.count(`${signal} to the server`, reader);
  }
}

/** Runs that are as long as they may be. */
async function outlast(
  runs: number,
  environment: Readonly<Record<string, string>>,
  random: Random,
  findings: Findings,
  pids: Set<number>,
): Promise<void> {
  await using server = await startLabServer({ ...environment, READABLE_TIME_LIMIT: '1' });
  pids.add(server.pid);
  for (let left = runs; left > 0; left -= LANES) {
    await Promise.all(
      Array.from({ length: Math.min(left, LANES) }, async () => {
        const reader = await open(server.port, random.of(MOMENTS));
        if (!(await isClosed(reader, PATIENCE))) findings.faults.push('a run outlasts its time');
        findings.count('the time limit', reader);
      }),
    );
  }
  await isIdle(server, findings);
  await endWhole(server, 'SIGINT', findings);
}

/** What a server has when it has no run. */
function holdings(server: ServerProcess): Map<string, number> {
  const open = [...descriptorsOf(server.pid)].map(([kind, count]): [string, number] => [
    `descriptors: ${kind}`,
    count,
  ]);
  return new Map([...open, ['processes below the server', processesBelow(server.pid).length]]);
}

function excess(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): string[] {
  return [...now]
    .filter(([kind, count]) => count > (before.get(kind) ?? 0))
    .map(([kind, count]) => `${kind} ${String(count)}, before ${String(before.get(kind) ?? 0)}`);
}

/** What a server has complained of, and what its log says that should not be. */
function complaints({ said, log }: ServerProcess): string[] {
  const other = said.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  const bad = log.filter(({ event }) => event === 'left-behind');
  return [...other, ...bad.map((event) => JSON.stringify(event))];
}

/** What a server has in memory once its garbage is collected, in bytes: it does nothing else meanwhile. */
async function inUse(server: ServerProcess): Promise<number> {
  let [last, same] = [0, 0];
  server.signal('SIGIO');
  await until('its memory is what is in use', () => {
    const { memory } = server;
    const changes = Math.abs(memory - last) > MiB;
    same = changes ? 0 : same + 1;
    if (changes) last = memory;
    return same > SAME;
  });
  return last;
}

/**
 * Ends runs of one server, which must be as it was after the first of them.
 * @returns its memory, in MiB
 */
async function endAll(
  plans: readonly Plan[],
  environment: Readonly<Record<string, string>>,
  random: Random,
  findings: Findings,
  pids: Set<number>,
): Promise<Row> {
  await using server = await startLabServer(environment);
  pids.add(server.pid);
  const first = Math.max(WARM_UP.least, Math.round(plans.length * WARM_UP.share));
  await endRuns(plans.slice(0, first), server, random, findings);
  await isIdle(server, findings);
  const [had, memory] = [holdings(server), await inUse(server)];
  const runtime = runtimeOf(server.pid);
  const made = runtime === undefined ? [] : filesBelow(runtime);

  await endRuns(plans.slice(first), server, random, findings);
  await isIdle(server, findings);
  let more: string[] = [];
  await findings.expect(
    'the server has no more open than before',
    () => (more = excess(holdings(server), had)).length === 0,
    () => more.join('; '),
  );
  await findings.expect(
    'the server’s memory is as before',
    () => {
      server.signal('SIGIO');
      return server.memory <= memory + GROWTH;
    },
    () => `${String(server.memory)} bytes, before ${String(memory)}`,
  );
  const kept = await inUse(server);
  if (runtime !== undefined && filesBelow(runtime).join('\n') !== made.join('\n')) {
    findings.faults.push(`${runtime} has other files than before`);
  }
  findings.faults.push(...complaints(server));
  const exit = await endWhole(server, 'SIGINT', findings);
  if (exit !== 0) findings.faults.push(`the server ended with ${String(exit)}`);
  return { what: 'MiB of the server', before: memory / MiB, after: kept / MiB };
}

/**
 * Ends runs in every way, several at a time, and counts what is left on the whole computer: it must be
 * nothing, and the server must have no more than after the first of them.
 */
export async function ends({
  count = COUNT,
  seed = randomInt(1, 2 ** 31),
}: Effort): Promise<Report> {
  // Before anything can go wrong.
  console.error(`--seed ${String(seed)}`);
  adoptOrphans();
  const random = new Random(seed);
  const findings = new Findings();
  const { faults } = findings;
  const load = loadavg();
  const temporary = mkdtempSync(join(tmpdir(), 'readable-ends-'));
  const environment = {
    TMPDIR: temporary,
    READABLE_HOLD: '1',
    READABLE_DRAIN: '1',
    READABLE_OUTPUT_LIMIT: '262144',
    READABLE_LOG: 'json',
  };
  const [computer, groups, files] = [wholeComputer(), controlGroups(), sandboxFiles()];
  const servers = new Set<number>();
  const some = Math.max(1, Math.round(count * SHARE));
  const plans = plansFor(count - some * (SIGNALS.length + 1), random);
  const [memory] = await Promise.all([
    endAll(plans, environment, random, findings, servers),
    ...SIGNALS.map(async (signal) => {
      for (let left = some; left > 0; left -= HOUSE) {
        await endServer(signal, Math.min(left, HOUSE), environment, random, findings, servers);
      }
    }),
  ]);
  await outlast(some, environment, random, findings, servers);

  await findings.expect(
    'no process is left',
    () => straysBelow(new Set()).length === 0,
    () =>
      straysBelow(new Set())
        .map(({ pid, state, command }) => `${String(pid)} ${state} ${command}`)
        .join('; '),
  );
  await findings.expect(
    'no control group is left',
    () => newGroups(groups, servers).length === 0,
    () => newGroups(groups, servers).join(', '),
  );
  const written = sandboxFiles().filter((file) => !files.includes(file));
  if (written.length > 0) faults.push(`files are left: ${written.join(', ')}`);
  const forgotten = readdirSync(temporary);
  if (forgotten.length > 0) faults.push(`temporary files are left: ${forgotten.join(', ')}`);
  rmSync(temporary, { recursive: true });

  const now = wholeComputer();
  return {
    rows: [
      ...[...findings.told].map(([end, kinds]) => ({
        what: end,
        times: [...kinds.values()].reduce((sum, times) => sum + times, 0),
        told: [...kinds].map(([kind, times]) => `${kind} ${String(times)}`).join(', '),
      })),
      memory,
      ...[...computer].map(([what, before]) => ({ what, before, after: now.get(what) ?? 0 })),
    ],
    notes: [
      `${String(count)} runs were ended, ${String(LANES)} at a time, with --seed ${String(seed)}.`,
      'told is what the page heard of the end. Who is cut off hears nothing.',
      'before and after count the whole computer, with what others do on it. What a run has left is told from that: it is below this process, or has the number of a server.',
      `Load average before and after: ${load.map((each) => each.toFixed(1)).join(', ')}; ${loadavg()
        .map((each) => each.toFixed(1))
        .join(', ')}.`,
      faults.length === 0 ? 'Nothing is left.' : `${String(faults.length)} faults.`,
    ],
    faults,
  };
}
