/**
 * What `/metrics` says: counts of what the log is told, and figures that are read when somebody asks. Each
 * label has a bounded number of values: labs and ways that exist, and words of the server’s own.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Log, LogEvent } from '../log.ts';
import { watchLoopDelay } from './loop-delay.ts';
import { registerOwnProcess } from './own-process.ts';

/** What can be asked of a server at any time. */
export interface MetricSources {
  readonly isolation: string;
  /** Whether a new session is taken now, or why not. */
  readiness(): Readiness;
  /** Places in all, and those that are taken. */
  places(): { readonly size: number; readonly used: number };
  /** How many runs could begin now; 0 while none is let in. */
  freePlaces(): number;
  /** WebSockets that are open. */
  sockets(): number;
  /** Bytes of memory that are available on the computer. */
  memory(): number;
  /** Sandboxes that wait for a run, and how many should. */
  warm(): { readonly waiting: number; readonly wanted: number };
}

/** Whether a new session is taken, or why not. */
export const READINESS = ['ready', 'full', 'draining'] as const;
/** Whether a new session is taken, or why not. */
export type Readiness = (typeof READINESS)[number];

/** Bounds of buckets, in seconds. */
const START_BUCKETS = [0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30];
const WAIT_BUCKETS = [1, 5, 10, 20, 30, 60, 120, 300, 600, 1200];
const DURATION_BUCKETS = [1, 5, 10, 30, 60, 120, 300, 600, 1200, 3600];
const DELAY_BUCKETS = [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 5];

/** Counts, and writes the counts in the text format of Prometheus. */
export class Metrics implements Log {
  readonly #registry = new Registry();
  readonly #endDelay: () => void;

  readonly #begun = this.#counter('runs_begun_total', 'Runs that began.', ['lab', 'way']);
  readonly #edited = this.#counter(
    'runs_edited_total',
    'Runs that began with programs that their readers had written.',
    ['lab'],
  );
  readonly #ended = this.#counter('runs_ended_total', 'Runs that ended, by why.', [
    'lab',
    'way',
    'end',
  ]);
  readonly #duration = this.#histogram(
    'run_duration_seconds',
    'How long runs lasted.',
    DURATION_BUCKETS,
  );
  readonly #firstByte = this.#histogram(
    'run_first_byte_seconds',
    'From the beginning of a run to the first byte that a program of it printed.',
    START_BUCKETS,
  );
  readonly #ready = this.#histogram(
    'run_ready_seconds',
    'From the beginning of a run until all its programs were there.',
    START_BUCKETS,
  );
  readonly #refusals = this.#counter(
    'refusals_total',
    'WebSockets and runs that were refused, by why.',
    ['reason'],
  );
  readonly #queueLength = this.#gauge('queue_length', 'Readers who wait for a place.');
  readonly #queueWait = this.#histogram(
    'queue_wait_seconds',
    'How long those waited who got a place.',
    WAIT_BUCKETS,
  );
  readonly #queueLeft = this.#counter('queue_left_total', 'Readers who left the queue, by why.', [
    'reason',
  ]);
  readonly #limits = this.#counter('limits_total', 'Runs that were ended by a limit, by which.', [
    'limit',
  ]);
  readonly #sandboxFailures = this.#counter(
    'sandbox_failures_total',
    'How often a sandbox could not be opened, or a program not be started in it.',
  );
  readonly #leftBehind = this.#counter(
    'left_behind_total',
    'Runs that left processes behind which could not be killed in time.',
  );
  readonly #pagesBehind = this.#counter(
    'pages_behind_total',
    'How often the programs of a run had to wait because its page had fallen behind.',
  );
  readonly #pagesGivenUp = this.#counter(
    'pages_given_up_total',
    'Runs that ended because their page took nothing.',
  );
  readonly #framesSkipped = this.#counter(
    'frames_skipped_total',
    'Figures of gauges that were not sent because a page had fallen behind.',
  );
  readonly #feedsCut = this.#counter(
    'feeds_cut_total',
    'Programs that made more calls than are shown.',
  );
  readonly #crowds = this.#counter('crowds_total', 'Crowds of clients that are over.', ['lab']);
  readonly #crowdAsked = this.#counter(
    'crowd_clients_asked_total',
    'Clients of crowds that readers asked for, of each crowd the most.',
  );
  readonly #crowdKept = this.#counter(
    'crowd_clients_kept_total',
    'Clients of crowds that were connected at once, of each crowd the most.',
  );

  constructor(sources: MetricSources) {
    const { isolation } = sources;
    this.#gauge('info', 'The server; always 1.', ['isolation', 'node']).set(
      { isolation, node: process.version },
      1,
    );
    this.#read('places', 'Runs that there is room for, all together.', () => sources.places().size);
    this.#read('places_used', 'Places that are taken.', () => sources.places().used);
    this.#read('places_free', 'Runs that could begin now; 0 while none is let in.', () =>
      sources.freePlaces(),
    );
    const readiness = this.#gauge(
      'readiness',
      'What /readyz says: 1 for the state that is so, 0 for the others.',
      ['state'],
      () => {
        const now = sources.readiness();
        for (const state of READINESS) readiness.set({ state }, state === now ? 1 : 0);
      },
    );
    this.#read('websockets', 'WebSockets that are open.', () => sources.sockets());
    this.#read(
      'memory_available_bytes',
      'Memory that is available on the computer, in bytes.',
      () => sources.memory(),
    );
    this.#read('warm_sandboxes', 'Sandboxes that wait for a run.', () => sources.warm().waiting);
    this.#read(
      'warm_sandboxes_wanted',
      'How many sandboxes should wait for a run.',
      () => sources.warm().wanted,
    );
    registerOwnProcess(this.#registry);
    const delay = this.#histogram(
      'event_loop_delay_seconds',
      'How late the server’s event loop is for an event that comes at any moment.',
      DELAY_BUCKETS,
    );
    this.#endDelay = watchLoopDelay((seconds) => delay.observe(seconds));
  }

  /** The type of what {@link text} returns. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, as it is now. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Counts no more. */
  close(): void {
    this.#endDelay();
  }

  write(event: LogEvent): void {
    switch (event.event) {
      case 'run-begun':
        this.#begun.inc({ lab: event.lab, way: event.way ?? '' });
        if (event.edits !== undefined) this.#edited.inc({ lab: event.lab });
        break;
      case 'run-ready':
        if (event.firstByteMs !== undefined) this.#firstByte.observe(event.firstByteMs / 1000);
        this.#ready.observe(event.ms / 1000);
        break;
      case 'run-ended':
        this.#ended.inc({ lab: event.lab, way: event.way ?? '', end: event.reason });
        this.#duration.observe(event.ms / 1000);
        break;
      case 'refused':
        this.#refusals.inc({ reason: event.why }, event.times ?? 1);
        break;
      case 'queued':
        this.#queueLength.inc();
        break;
      case 'queue-left':
        this.#queueLength.dec();
        this.#queueLeft.inc({ reason: event.reason });
        if (event.reason === 'let-in') this.#queueWait.observe(event.ms / 1000);
        break;
      case 'limit':
        this.#limits.inc({ limit: event.limit });
        break;
      case 'sandbox-failed':
        this.#sandboxFailures.inc();
        break;
      case 'left-behind':
        this.#leftBehind.inc();
        break;
      case 'page-behind':
        this.#pagesBehind.inc();
        break;
      case 'page-given-up':
        this.#pagesGivenUp.inc();
        break;
      case 'frame-skipped':
        this.#framesSkipped.inc();
        break;
      case 'crowd':
        this.#crowds.inc({ lab: event.lab });
        this.#crowdAsked.inc(event.asked);
        this.#crowdKept.inc(event.kept);
        break;
      case 'feed-cut':
        this.#feedsCut.inc();
        break;
      default:
    }
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ ...this.#named(name, help), labelNames });
  }

  #gauge(name: string, help: string, labelNames: string[] = [], collect?: () => void): Gauge {
    return new Gauge({ ...this.#named(name, help), labelNames, ...(collect && { collect }) });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ ...this.#named(name, help), buckets });
  }

  /** A gauge that is read when somebody asks. */
  #read(name: string, help: string, read: () => number): void {
    const gauge = this.#gauge(name, help, [], () => gauge.set(read()));
  }

  #named(name: string, help: string) {
    return { name: `readable_${name}`, help, registers: [this.#registry] };
  }
}
