/**
 * Sandboxes that are kept warm, so that a click does not wait for what can be done before. They are of use
 * to nobody until a session takes one, and so they give way: they take no place, and no memory that a
 * reader could have.
 */
import { messageOf } from '../../message-of.ts';
import { MEMORY_FLOOR, SESSION_MEMORY } from '../capacity.ts';

/** How often it is looked whether there should be more of them, or fewer, in milliseconds. */
const LOOK_EVERY = 250;
/**
 * So long after a session has begun none is made, in milliseconds: its processes start, and a reader waits
 * for them. They have started already where the session had one of these.
 */
const QUIET = { warm: 250, cold: 1000 };
/** Where sessions begin all the time, one is made so long after the first of them all the same, in milliseconds. */
const LONGEST_WAIT = 2000;
/** How long after a failure another is tried, in milliseconds: twice as long each time, but no longer than that. */
const RETRY = { first: 1000, slowest: 60_000 };

const MiB = 1024 * 1024;
/** What one was measured to take, with what the kernel has for it. */
export const WARM_MEMORY = 64 * MiB;
/** The server’s descriptors for one: a terminal, a pipe and a feed for each process, and the holder’s pipes. */
export const WARM_DESCRIPTORS = 20;

/** The most that are kept unless an operator wants more, and how much memory a computer has for each. */
const USUAL_MOST = 8;
const MEMORY_FOR_EACH = 2 * 1024 * MiB;

/** How many are kept if nobody says: as many readers as have a processor each may click at once. */
export function usualStock(processors: number, memory: number): number {
  return Math.min(processors, Math.floor(memory / MEMORY_FOR_EACH), USUAL_MOST);
}

/**
 * How many more there is memory for beside one more reader, below 0 when there is less than that.
 * @param available bytes of memory
 */
export function roomInMemory(available: number): number {
  return Math.floor((available - MEMORY_FLOOR - SESSION_MEMORY) / WARM_MEMORY);
}

/** What is kept. */
export interface Stocked {
  /** Whether a session can have it. */
  readonly isReady: boolean;
  /** Ends it; resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** What a stock works with. */
export interface StockSetting<T extends Stocked> {
  /** How many are wanted. */
  readonly wanted: number;
  /** Makes one. Rejects when the computer won’t have it, or when it is told to give up. */
  open(signal: AbortSignal): Promise<T>;
  /** How many places nobody has: there are never more sandboxes in stock. */
  places(): number;
  /** How many more there is memory for, after what readers may want; below 0 to give memory back. */
  memory(): number;
  /** Takes what went wrong, once until it goes well again. */
  failed(message: string): void;
  /** Takes what should not be possible. */
  mistake(error: unknown): void;
}

/** A stock. */
export class Stock<T extends Stocked> {
  readonly #setting: StockSetting<T>;
  readonly #clock: () => number;
  readonly #kept: T[] = [];
  /** Those that are on their way out. */
  readonly #closing = new Set<Promise<void>>();
  readonly #count = { warm: 0, cold: 0 };
  readonly #giveUp = new AbortController();
  readonly #looks: NodeJS.Timeout;
  #making: Promise<void> | undefined;
  /** Since when sessions that began have kept the next one from being made. */
  #waitsSince: number | undefined;
  #tryAt = 0;
  #retry = RETRY.first;

  /** @param clock milliseconds since some moment */
  constructor(setting: StockSetting<T>, clock = () => performance.now()) {
    this.#setting = setting;
    this.#clock = clock;
    // Not begun by what takes one: that would be on behalf of a session.
    this.#looks = setInterval(() => this.look(), LOOK_EVERY).unref();
  }

  /** How many are to be kept, where nobody needs what they take. */
  get wanted(): number {
    return this.#setting.wanted;
  }

  /** How many are there to be taken. */
  get size(): number {
    return this.#kept.length;
  }

  /** How many sessions have had one, and how many found none. */
  get taken(): { readonly warm: number; readonly cold: number } {
    return { ...this.#count };
  }

  /** One that nobody else gets; undefined when there is none, and the session has to open its own. */
  take(): T | undefined {
    const found = this.#ready();
    const [kind, now] = [found ? 'warm' : 'cold', this.#clock()] as const;
    this.#count[kind] += 1;
    this.#waitsSince ??= now;
    const longest = this.#waitsSince + LONGEST_WAIT;
    this.#tryAt = Math.max(this.#tryAt, Math.min(now + QUIET[kind], longest));
    return found;
  }

  #ready(): T | undefined {
    for (let one = this.#kept.shift(); one; one = this.#kept.shift()) {
      if (one.isReady) return one;
      this.#throwAway(one);
    }
    return undefined;
  }

  /** Looks whether there should be more of them, or fewer. */
  look(): void {
    if (this.#giveUp.signal.aborted) return;
    for (const one of this.#kept.filter(({ isReady }) => !isReady)) {
      this.#kept.splice(this.#kept.indexOf(one), 1);
      this.#throwAway(one);
    }
    const setting = this.#setting;
    const kept = this.#kept.length;
    const wanted = Math.min(setting.wanted, setting.places());
    // To read how much memory there is takes a descriptor, and without one there is no place either.
    const most = wanted > 0 ? Math.max(0, Math.min(wanted, kept + setting.memory())) : 0;
    while (this.#kept.length > most) {
      const oldest = this.#kept.shift();
      if (oldest) this.#throwAway(oldest);
    }
    // What is on its way out still takes memory.
    const idle = !this.#making && this.#closing.size === 0;
    if (idle && this.#kept.length < most && this.#clock() >= this.#tryAt) this.#make();
  }

  /** Ends all of them; resolves when nothing of them is left. */
  async close(): Promise<void> {
    clearInterval(this.#looks);
    this.#giveUp.abort();
    for (const one of this.#kept.splice(0)) this.#throwAway(one);
    await this.#making;
    await Promise.all(this.#closing);
  }

  #make(): void {
    this.#waitsSince = undefined;
    const setting = this.#setting;
    const { signal } = this.#giveUp;
    const make = async (): Promise<void> => {
      try {
        const one = await setting.open(signal);
        this.#retry = RETRY.first;
        if (signal.aborted) this.#throwAway(one);
        else this.#kept.push(one);
      } catch (error) {
        if (signal.aborted) return;
        if (this.#retry === RETRY.first) setting.failed(messageOf(error));
        this.#tryAt = this.#clock() + this.#retry;
        this.#retry = Math.min(2 * this.#retry, RETRY.slowest);
      }
    };
    this.#making = make().finally(() => {
      this.#making = undefined;
    });
  }

  #throwAway(one: T): void {
    const closed = one
      .close()
      .catch((error: unknown) => this.#setting.mistake(error))
      .finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
