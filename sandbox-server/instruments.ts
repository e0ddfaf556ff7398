/** What is measured and watched of one running program of a lab, and the messages made of it. */
import type { Lab } from '../lab/definition.ts';
import {
  TRACE_CALLS_VARIABLE,
  TRACE_COUNTS_VARIABLE,
  TRACE_VARIABLE,
} from 'libevent-ts/trace-variables';
import { readFeed, type SelectCall } from './feed.ts';
import { GAUGE_INTERVAL, Gauges, type Reading } from './gauges.ts';
import type { ServerMessage, Unnumbered } from './protocol.ts';

/** A busy select loop goes round thousands of times a second; a page is shown this many, in ms. */
const SELECT_INTERVAL = 50;

/** What the environment of a program has to say for the instruments of its lab. */
export interface FeedRequest {
  /** The variable for the number of the feed’s descriptor; undefined when there is nothing to tell. */
  readonly feed: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** What a program of this lab is to tell through a feed. */
export function feedRequest({ gauges, showsSelect }: Lab): FeedRequest {
  const counts = gauges.includes('calls');
  if (!counts && !showsSelect) return { feed: undefined, environment: {} };
  return {
    feed: TRACE_VARIABLE,
    environment: {
      [TRACE_CALLS_VARIABLE]: showsSelect ? 'select' : '',
      ...(counts && { [TRACE_COUNTS_VARIABLE]: String(GAUGE_INTERVAL) }),
    },
  };
}

type Send = (message: Unnumbered<ServerMessage>) => void;

/** The instruments of one program. */
export class Instruments {
  readonly #process: number;
  readonly #gauges: Gauges;
  readonly #send: Send;
  readonly #timer: NodeJS.Timeout | undefined;
  #shown = '';
  #select: SelectCall | undefined;
  #selectTimer: NodeJS.Timeout | undefined;

  /**
   * @param process its number in the protocol
   * @param wrapper the pid of what it was started by
   */
  constructor(lab: Lab, process: number, wrapper: number, send: Send) {
    this.#process = process;
    this.#send = send;
    this.#gauges = new Gauges(wrapper, lab.gauges);
    if (lab.gauges.length > 0) {
      this.#timer = setInterval(() => {
        this.#read();
      }, GAUGE_INTERVAL);
    }
  }

  /** Takes a line of the program’s feed. */
  line(line: string): void {
    const item = readFeed(line);
    if (item?.kind === 'counts') this.#gauges.addCalls(item.counts);
    else if (item) this.#showSelect(item);
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#selectTimer);
  }

  #read(): void {
    const reading = this.#gauges.read();
    if (reading) this.#show(reading);
  }

  #show({ figures, tree }: Reading): void {
    const text = JSON.stringify({ figures, tree });
    // A quiet program costs no frames.
    if (text === this.#shown) return;
    this.#shown = text;
    this.#send({ type: 'gauges', process: this.#process, figures, tree: [...tree] });
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

  #sendSelect(): void {
    const call = this.#select;
    this.#select = undefined;
    if (!call) return;
    const { returned, nfds, read, write } = call;
    this.#send({
      ...{ type: 'select', process: this.#process, returned, read: [...read], write: [...write] },
      ...(nfds !== undefined && { nfds }),
    });
  }
}
