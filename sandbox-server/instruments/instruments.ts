/** What is measured and watched of one running program of a lab, and the messages made of it. */
import { AsyncResource } from 'node:async_hooks';
import type { Lab } from '../../lab/definition.ts';
import {
  TRACE_CALLS_VARIABLE,
  TRACE_COUNTS_VARIABLE,
  TRACE_REPEATS_VARIABLE,
  TRACE_VARIABLE,
} from '../guest/trace.ts';
import { CallRates } from './call-rates.ts';
import type { FeedItem, SelectCall } from '../../protocol/feed.ts';
import { GAUGE_INTERVAL } from './gauge-messages.ts';
import type { GaugeReader } from './gauge-reader.ts';
import type { Reading } from './gauges.ts';
import type { Gauge, ServerMessage, Unnumbered } from '../../protocol/messages.ts';

/** A busy select loop goes round thousands of times a second; a page is shown this many, in ms. */
const SELECT_INTERVAL = 50;

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

/** What a program of this lab is to tell through a feed. */
export function feedRequest(lab: Lab): FeedRequest {
  const { showsSelect } = lab;
  const counts = measuredFor(lab).includes('calls');
  if (!counts && !showsSelect) return { feed: undefined, environment: {} };
  return {
    feed: TRACE_VARIABLE,
    environment: {
      [TRACE_CALLS_VARIABLE]: showsSelect ? 'select' : '',
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
}

/** The instruments of one program. */
export class Instruments {
  readonly #process: number;
  readonly #events: InstrumentEvents;
  readonly #rates: CallRates | undefined;
  readonly #unwatch: (() => void) | undefined;
  #shown = '';
  #closed = false;
  #select: SelectCall | undefined;
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
    if (gauges.includes('calls')) this.#rates = new CallRates();
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
    if (item.kind === 'counts') this.#rates?.add(item.counts);
    else if (item.kind === 'select') this.#showSelect(item);
  }

  close(): void {
    this.#closed = true;
    this.#unwatch?.();
    clearTimeout(this.#selectTimer);
  }

  #show(reading: Reading): void {
    const { tree } = reading;
    const figures = { ...reading.figures, ...this.#rates?.read(performance.now() / 1000) };
    const text = JSON.stringify({ figures, tree });
    // A quiet program costs no frames.
    if (text === this.#shown) return;
    const process = this.#process;
    if (this.#events.passing({ type: 'gauges', process, figures, tree: [...tree] })) {
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
    const sent = this.#events.passing({
      ...{ type: 'select', process: this.#process, returned, read: [...read], write: [...write] },
      ...(nfds !== undefined && { nfds }),
    });
    if (sent) this.#select = undefined;
  }
}
