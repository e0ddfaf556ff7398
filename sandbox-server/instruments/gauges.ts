/** What a program and everything it started use, as /proc has it, measured again and again. */
import { MAX_TREE, type Figures, type Gauge } from '../../protocol/messages.ts';
import { descriptorsOf, memoryOf, programName, sampleProcess } from './proc-figures.ts';
import { descendantsOf } from '../process/process-tree.ts';
import { RATE_WINDOW } from './call-rates.ts';

/**
 * Memory is read only every so many readings: the kernel walks all the pages of a process for it. And of no
 * more than so many processes at once: where there are more, they take turns, and stand for the others.
 */
const MEMORY_EVERY = 4;
const MOST_WEIGHED = 16;
/** Processes are counted up to this many, and the first so many of them are looked at more closely. */
const MOST_COUNTED = 1000;
const MOST_MEASURED = 400;

/** One process, as a page draws it. */
export interface TreeEntry {
  readonly pid: number;
  /** 0 for the program’s first process. */
  readonly parent: number;
  readonly threads: number;
  readonly zombie?: true;
}

/** One reading. */
export interface Reading {
  readonly figures: Figures;
  readonly tree: readonly TreeEntry[];
}

interface Moment {
  /** In seconds. */
  readonly at: number;
  /** How long each process has run, or waited to, in seconds. */
  readonly busy: ReadonlyMap<number, number>;
}

/** Reads the gauges of one program. */
export class Gauges {
  readonly #wrapper: number;
  readonly #wanted: ReadonlySet<Gauge>;
  readonly #now: () => number;
  readonly #moments: Moment[] = [];
  #memory = 0;
  #readings = 0;
  /** Which child is the next to have its memory read. */
  #nextWeighed = 0;

  /**
   * @param wrapper the process that the program was started by, or the program itself
   * @param wanted what the lab shows
   * @param now seconds since some moment
   */
  constructor(
    wrapper: number,
    wanted: readonly Gauge[],
    now: () => number = () => performance.now() / 1000,
  ) {
    this.#wrapper = wrapper;
    this.#wanted = new Set(wanted);
    this.#now = now;
  }

  /** A reading, or undefined while the program is not there. */
  read(): Reading | undefined {
    const found = [this.#wrapper, ...descendantsOf(this.#wrapper, MOST_COUNTED)];
    // What comes before Node is the sandbox’s own.
    const first = found.slice(0, MOST_MEASURED).findIndex((pid) => programName(pid) === 'node');
    if (first < 0) return undefined;
    const measured = found.slice(first, first + MOST_MEASURED);
    const uncounted = found.length - first - measured.length;
    const processes = new Map(
      measured.flatMap((pid) => {
        const sample = sampleProcess(pid);
        return sample ? [[pid, sample] as const] : [];
      }),
    );
    const samples = [...processes.values()];
    const living = new Map([...processes].filter(([, { zombie }]) => !zombie));
    const moment: Moment = {
      at: this.#now(),
      busy: new Map([...living].map(([pid, { busy }]) => [pid, busy])),
    };
    if (this.#wanted.has('memory')) {
      const isDue = this.#readings++ % MEMORY_EVERY === 0 || living.size > MOST_WEIGHED;
      if (isDue) this.#memory = this.#weigh([...living.keys()]);
    }
    const figures: Figures = {
      ...(this.#wanted.has('processes') && { processes: living.size + uncounted }),
      ...(this.#wanted.has('zombies') && { zombies: samples.length - living.size }),
      ...(this.#wanted.has('threads') && {
        threads: sum([...living.values()].map(({ threads }) => threads)),
      }),
      ...(this.#wanted.has('cpu') && { cpu: this.#cpu(moment) }),
      ...(this.#wanted.has('memory') && { memory: this.#memory }),
      ...(this.#wanted.has('descriptors') && {
        descriptors: sum([...living.keys()].map(descriptorsOf)),
      }),
    };
    this.#moments.push(moment);
    if (this.#moments.length > RATE_WINDOW) this.#moments.shift();
    const tree = samples.slice(0, MAX_TREE).map(({ pid, parent, threads, zombie }) => ({
      pid,
      parent: processes.get(parent)?.pid ?? 0,
      threads,
      ...(zombie && { zombie }),
    }));
    return { figures, tree };
  }

  /** The memory of all of them. The first, which has started the others, is read each time. */
  #weigh([first = 0, ...others]: readonly number[]): number {
    const most = MOST_WEIGHED - 1;
    const from = this.#nextWeighed % Math.max(1, others.length);
    const some = [...others.slice(from), ...others.slice(0, from)].slice(0, most);
    this.#nextWeighed = from + some.length;
    const weighed = sum(some.map(memoryOf));
    const share = some.length === 0 ? 0 : weighed / some.length;
    return memoryOf(first) + Math.round(share * others.length);
  }

  /** Time busy over wall-clock time, rounded to a percent. */
  #cpu(now: Moment): number {
    const [before] = this.#moments;
    if (!before || now.at <= before.at) return 0;
    // A process that was not there yet has used all its time since; one that is gone is not counted.
    const used = sum(
      // A thread that has ended takes its time along.
      [...now.busy].map(([pid, busy]) => Math.max(0, busy - (before.busy.get(pid) ?? 0))),
    );
    return Math.round((used / (now.at - before.at)) * 100) / 100;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
