/** What is measured and watched of one running program of a lab, and the messages made of it. */
import { AsyncResource } from 'node:async_hooks';
import type { Lab } from '../../lab/definition.ts';
import {
  TRACE_BUDGET_VARIABLE,
  TRACE_CALLBACKS_VARIABLE,
  TRACE_CALLS_VARIABLE,
  TRACE_COUNTS_VARIABLE,
  TRACE_REPEATS_VARIABLE,
  TRACE_SITES_VARIABLE,
  TRACE_VARIABLE,
} from '../guest/trace.ts';
import { CallRates } from './call-rates.ts';
import { FeedClock } from './feed-clock.ts';
import { LineCost } from './line-cost.ts';
import type { CrowdTally } from '../../protocol/crowd-feed.ts';
import type { FeedItem, SelectCall } from '../../protocol/feed.ts';
import { GAUGE_INTERVAL } from './gauge-messages.ts';
import type { GaugeReader } from './gauge-reader.ts';
import type { Reading, TreeEntry } from './gauges.ts';
import type { Gauge, ServerMessage, Unnumbered } from '../../protocol/messages.ts';

/** A busy select loop goes round thousands of times a second; a page is shown this many, in ms. */
const SELECT_INTERVAL = 50;

/** Records that a thread tells in a second: nobody reads more, and what is beyond is counted. */
const MOST_RECORDS = 2000;

/** What the environment of a program has to say for the instruments of its lab. */
export interface FeedRequest {
  /** The variable for the number of the feed’s descriptor; undefined when there is nothing to tell. */
  readonly feed: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** What a lab’s curves over a crowd are of. */
const CURVES: readonly Gauge[] = ['processes', 'threads', 'cpu', 'memory', 'descriptors', 'calls'];

/** What is measured for a lab: what its gauges show, and its curves. */
function measuredFor({ crowd, gauges }: Pick<Lab, 'crowd' | 'gauges'>): readonly Gauge[] {
  return crowd ? [...new Set([...gauges, ...CURVES])] : gauges;
}

/** Whether the calls of a lab’s programs are counted. */
function countsCalls(lab: Pick<Lab, 'crowd' | 'gauges'>): boolean {
  const gauges = measuredFor(lab);
  return gauges.includes('calls') || gauges.includes('callsPerLine');
}

/**
 * What a program of this lab is to tell through a feed.
 * @param folder that of the lab’s programs, as a process of its sandbox finds it
 */
export function feedRequest(lab: Lab, folder: string): FeedRequest {
  const { showsSelect, timeline } = lab;
  const counts = countsCalls(lab);
  if (!counts && !showsSelect && !timeline) return { feed: undefined, environment: {} };
  const calls = timeline
    ? {
        [TRACE_SITES_VARIABLE]: folder,
        [TRACE_CALLBACKS_VARIABLE]: '1',
        [TRACE_BUDGET_VARIABLE]: String(MOST_RECORDS),
      }
    : { [TRACE_CALLS_VARIABLE]: showsSelect ? 'select' : '' };
  return {
    feed: TRACE_VARIABLE,
    environment: {
      ...calls,
      // What no page shows need not be told: a loop that spins would fill its feed in minutes.
      ...(showsSelect && { [TRACE_REPEATS_VARIABLE]: String(SELECT_INTERVAL) }),
      ...(counts && { [TRACE_COUNTS_VARIABLE]: String(GAUGE_INTERVAL) }),
    },
  };
}

/** How messages get to the page. */
export interface InstrumentEvents {
  /** Sends what a later message makes worthless. @returns false when the page has fallen behind */
  passing(message: Unnumbered<ServerMessage>): boolean;
  /** The client whose connection a process of the program alone has, if there is one. */
  clientOf?(place: Pick<TreeEntry, 'pid' | 'parent'>): string | undefined;
}

/** Descriptors, by the set that they are in. */
type SelectSets = Pick<SelectCall, 'read' | 'write'>;

/** The instruments of one program. */
export class Instruments {
  readonly #process: number;
  readonly #events: InstrumentEvents;
  readonly #rates: CallRates | undefined;
  readonly #lineCost: LineCost | undefined;
  readonly #clock = new FeedClock();
  readonly #unwatch: (() => void) | undefined;
  #shown = '';
  #closed = false;
  #select: SelectCall | undefined;
  /** What the latest call was asked about, and all since the page was told last. */
  #asked: SelectSets = { read: [], write: [] };
  readonly #askedSince = { read: new Set<number>(), write: new Set<number>() };
  #selectTimer: NodeJS.Timeout | undefined;

  /**
   * @param process its number in the protocol
   * @param wrapper the pid of what it was started by
   */
  constructor(
    lab: Lab,
    process: number,
    wrapper: number,
    reader: GaugeReader,
    events: InstrumentEvents,
  ) {
    const gauges = measuredFor(lab);
    this.#process = process;
    this.#events = events;
    if (countsCalls(lab)) this.#rates = new CallRates();
    if (gauges.includes('callsPerLine')) this.#lineCost = new LineCost();
    if (gauges.length > 0) {
      // A reading belongs to the session that asked for it, whoever made the thread start.
      const show = AsyncResource.bind((reading: Reading) => this.#show(reading));
      this.#unwatch = reader.watch(wrapper, gauges, show);
    }
  }

  /** Takes what the program’s feed says; that it is a client is no program’s to say. */
  take(item: FeedItem): void {
    // A feed can have lines left when its program is gone.
    if (this.#closed) return;
    if (item.kind === 'counts') {
      this.#rates?.add(item.counts);
      this.#lineCost?.add(this.#clock.at(item.time, Date.now()), item.counts);
    } else if ((item.kind === 'entered' || item.kind === 'left') && item.select) {
      this.#noteAsked(item.select);
      this.#showSelect(item.select);
    }
  }

  /** So many lines of a crowd have come back from the program by now. */
  answered(tally: CrowdTally): void {
    this.#lineCost?.answered(tally);
  }

  /** Something that the program told could not be heard. */
  lose(): void {
    this.#lineCost?.lose();
  }

  #noteAsked(call: SelectCall): void {
    if (call.returned) return;
    this.#asked = call;
    for (const name of ['read', 'write'] as const) {
      for (const descriptor of call[name]) this.#askedSince[name].add(descriptor);
    }
  }

  /** What calls were asked about of which the page knows nothing, if there were any. */
  #was(): { read: number[]; write: number[] } | undefined {
    const gone = (name: 'read' | 'write'): number[] => {
      const asked = new Set(this.#asked[name]);
      return [...this.#askedSince[name]].filter((descriptor) => !asked.has(descriptor));
    };
    const was = { read: gone('read'), write: gone('write') };
    return was.read.length + was.write.length > 0 ? was : undefined;
  }

  close(): void {
    this.#closed = true;
    this.#unwatch?.();
    clearTimeout(this.#selectTimer);
  }

  #show(reading: Reading): void {
    const tree = reading.tree.map((entry) => {
      const client = this.#events.clientOf?.(entry);
      return client === undefined ? entry : { ...entry, client };
    });
    const callsPerLine = this.#lineCost?.read(Date.now());
    const figures = {
      ...reading.figures,
      ...this.#rates?.read(performance.now() / 1000),
      ...(callsPerLine !== undefined && { callsPerLine }),
    };
    const text = JSON.stringify({ figures, tree });
    // A quiet program costs no frames.
    if (text === this.#shown) return;
    const process = this.#process;
    if (this.#events.passing({ type: 'gauges', process, figures, tree })) {
      this.#shown = text;
    }
  }

  /** At once when it is quiet, else the latest after a while. */
  #showSelect(call: SelectCall): void {
    this.#select = call;
    if (this.#selectTimer) return;
    this.#sendSelect();
    this.#selectTimer = setTimeout(() => {
      this.#selectTimer = undefined;
      if (this.#select) this.#showSelect(this.#select);
    }, SELECT_INTERVAL);
  }

  /** What a page that has fallen behind can’t take is kept: the latest call is what counts. */
  #sendSelect(): void {
    const call = this.#select;
    if (!call) return;
    const { returned, nfds, read, write } = call;
    const was = this.#was();
    const sent = this.#events.passing({
      ...{ type: 'select', process: this.#process, returned, read: [...read], write: [...write] },
      ...(nfds !== undefined && { nfds }),
      ...(was && { was }),
    });
    if (!sent) return;
    this.#select = undefined;
    this.#askedSince.read.clear();
    this.#askedSince.write.clear();
  }
}
