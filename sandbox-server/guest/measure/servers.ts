/** Measures a server under a load: starts it, has clients come, looks what they cost it, has them talk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import type { MeasureOrder, MeasureRecord, ServerFigures } from '../../../protocol/measure-feed.ts';
import { CheckedProgram, type ProgramCommand } from '../check/checked-program.ts';
import { activityOf, descendantsOf, memoryOf, stateOf, threadsOf } from '../check/proc.ts';
import { readLoadReport, type LoadReport } from './load-report.ts';
import { reasonWith } from './words.ts';

/** How long a server may take until it listens, in milliseconds. */
const START_LIMIT = 20_000;
/** How long a load may take beyond what it is told to, in milliseconds. */
const LOAD_GRACE = 30_000;
/** How long its processes may take to be gone once they are killed, and how often it is looked, in milliseconds. */
const GONE_LIMIT = 5000;
const GONE_LOOK = 20;
const PERCENT = 100;

/** What is measured, and for how long. */
export interface ServerMeasurement {
  readonly series: string;
  /** How to start it. */
  readonly command: ProgramCommand;
  readonly order: MeasureOrder;
  /** How long its clients talk, in milliseconds. */
  readonly milliseconds: number;
}

/** How many of the clients talk: at least one. */
export function talkersOf({ clients, busy }: MeasureOrder): number {
  return Math.max(1, Math.round((clients * busy) / PERCENT));
}

/** Threads of this process, and of the load, which is another of the same kind: they count with the server's. */
function measuringThreads(): number {
  return 2 * threadsOf(process.pid).length;
}

/** A program whose server listens. */
class ListeningServer implements AsyncDisposable {
  readonly #program: CheckedProgram;
  readonly #changed = new Set<() => void>();

  constructor(command: ProgramCommand) {
    const { processes } = command;
    const limited = processes === undefined ? {} : { processes: processes + measuringThreads() };
    this.#program = new CheckedProgram({ ...command, ...limited }, () => {
      for (const each of this.#changed) each();
    });
  }

  /** @returns why it does not listen, in words; undefined if it does */
  async listens(): Promise<string | undefined> {
    const program = this.#program;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (program.isReady || program.over) resolve();
    };
    this.#changed.add(look);
    const limit = new AbortController();
    void setTimeout(START_LIMIT, undefined, { signal: limit.signal }).then(resolve, () => {});
    look();
    await promise;
    limit.abort();
    this.#changed.delete(look);
    if (program.isReady && !program.over) return undefined;
    return this.explain(program.over ? 'It never listened.' : 'It is not listening.');
  }

  /** Why it could not be measured, with what has become of it. */
  explain(why: string): string {
    const program = this.#program;
    const end = program.over ? ` The program ${program.endInWords}.` : '';
    return reasonWith(why + end, program.lines);
  }

  /** Where it listens, as it says itself. */
  get port(): number {
    return Number(/\bport (\d+)/.exec(this.#program.lines.join('\n'))?.[1] ?? 0);
  }

  get pids(): number[] {
    return [this.#program.pid, ...descendantsOf(this.#program.pid)];
  }

  /** Until they are gone, its processes count among those that the next server may have. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { pids } = this;
    await this.#program[Symbol.asyncDispose]();
    const limit = performance.now() + GONE_LIMIT;
    while (pids.some((pid) => stateOf(String(pid)) !== undefined) && performance.now() < limit) {
      await setTimeout(GONE_LOOK);
    }
  }
}

/** The load, whose reports are read one by one. */
class Load implements AsyncDisposable {
  readonly #child;
  readonly #reports: AsyncIterator<string>;
  readonly #limit = new AbortController();

  readonly #milliseconds: number;

  constructor(order: MeasureOrder, milliseconds: number) {
    this.#milliseconds = milliseconds;
    const args = [order.clients, talkersOf(order), milliseconds].map(String);
    const file = join(import.meta.dirname, 'load.ts');
    this.#child = spawn(process.execPath, [...process.execArgv, file, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // It has ended before it was told to begin.
    this.#child.stdin.on('error', () => {});
    this.#reports = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @returns undefined when it has ended */
  async next(): Promise<LoadReport | undefined> {
    const next = await this.#reports.next();
    return next.done === true ? undefined : readLoadReport(next.value);
  }

  /** Has its clients come. */
  connect(port: number): void {
    this.#child.stdin.write(`${port}\n`);
    const late = setTimeout(this.#milliseconds + LOAD_GRACE, undefined, {
      signal: this.#limit.signal,
    });
    void late.then(() => this.#child.kill('SIGKILL')).catch(() => {});
  }

  /** Has them talk. */
  begin(): void {
    this.#child.stdin.end('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#limit.abort();
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, 'exit');
    }
  }
}

/**
 * Measures one server.
 * @param told takes what was found so far, a few times a second; last with `final`, or why there is nothing
 * @returns its figures, or undefined if it could not be measured
 */
export async function measureServer(
  { series, command, order, milliseconds }: ServerMeasurement,
  told: (record: MeasureRecord) => void,
): Promise<ServerFigures | undefined> {
  const skip = (why: string): void => told({ type: 'measure', state: 'skipped', series, why });
  told({ type: 'measure', state: 'began', series });
  // First: the server must not find it before it keeps others out, and memory that the two share is to be shared
  // before the clients come and after.
  await using load = new Load(order, milliseconds);
  const isReady = (await load.next()) !== undefined;
  await using server = new ListeningServer(command);
  const silent = await server.listens();
  if (silent !== undefined) {
    skip(silent);
    return undefined;
  }
  const before = memoryOf(server.pids);
  load.connect(command.port || server.port);
  const arrived = isReady ? await load.next() : undefined;
  if (!arrived || arrived.connected === 0) {
    const why = arrived
      ? 'No client got an answer.'
      : 'The process that makes its clients has ended.';
    skip(server.explain(why));
    return undefined;
  }
  const { pids } = server;
  const memory = Math.max(0, memoryOf(pids) - before) / arrived.connected;
  const processes = pids.length;
  const threads = pids.reduce((sum, pid) => sum + threadsOf(pid).length, 0);
  let ran = activityOf(pids).ran;
  let began = performance.now();
  let processor = 0;
  load.begin();
  let figures: ServerFigures | undefined;
  for (let report = await load.next(); report; report = await load.next()) {
    const { connected, answers, middle, slow, slowest } = report;
    const final = report.state === 'done';
    // What was counted until then is of a server that was there for less than the time.
    if (final && connected === 0) {
      skip(server.explain('It lost all its clients.'));
      return undefined;
    }
    // Its clients have gone by then, and processes with them.
    if (!final) {
      const [now, total] = [performance.now(), activityOf(server.pids).ran];
      // What is not counted yet by the load is not counted here either.
      if (answers === 0) [ran, began] = [total, now];
      else processor = Math.max(0, total - ran) / Math.max(1, now - began);
    }
    figures = {
      ...{ connected, answers, middle, slow, slowest },
      ...{ processes, threads, memory: Math.round(memory) },
      processor: Math.round(processor * PERCENT) / PERCENT,
    };
    const { clients, busy } = order;
    told({ type: 'measure', state: 'served', series, clients, busy, final, ...figures });
  }
  return figures;
}
