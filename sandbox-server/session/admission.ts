/**
 * Who gets a place, and when: at once while there is one, otherwise in the order of the queue. Runs in
 * which nothing happens make room for those that wait.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Capacity } from '../capacity.ts';
import { Queue } from './queue.ts';
import { WaitEstimate } from './wait-estimate.ts';

/** How often it is looked whether somebody can be let in although no run has just ended, in milliseconds. */
const TICK = 1000;
/** Where somebody stands is told at most so often, in milliseconds: it may be read out to them. */
const TELL_INTERVAL = 5000;
const MINUTE = 60;

/** Where in the queue somebody is. */
export interface Rank {
  /** How many are before them. */
  readonly ahead: number;
  /** About how long it takes, in seconds, rounded up to minutes; undefined when nothing tells. */
  readonly wait: number | undefined;
  /** Whether it waits since another measures, and not for a place. */
  readonly measuring?: true;
}

/** A session that wants a place, or has one. */
export interface Applicant {
  /** What is set aside for it when it has a place, in bytes. */
  readonly memory: number;
  /** Whether it measures: two at a time on one computer would measure neither. */
  readonly measures: boolean;
  /** Whether its page is there to take a place now. */
  readonly present: boolean;
  /** Whether it gives back what it has, by itself and soon. */
  readonly ending: boolean;
  /** Since when nothing has happened in it, by performance.now(), if it may be ended for that. */
  readonly yieldsSince: number | undefined;
  /** It has a place. */
  begin(): void;
  /** It is in the queue, here. */
  tell(rank: Rank): void;
  /** It is ended, to make room. */
  yield(): void;
}

/** How an application was received. */
export type Admitted = 'begun' | 'queued' | { readonly full: string };

interface Ticket {
  readonly applicant: Applicant;
  told: Rank | undefined;
  /** When that was, by performance.now(). */
  toldAt: number;
}

/** Admits sessions to places. */
export class Admission {
  readonly #capacity: Pick<Capacity, 'take' | 'release' | 'short' | 'shortage'>;
  readonly #queue: Queue<Ticket>;
  readonly #estimate: WaitEstimate;
  /** Who has a place, and since when, by performance.now(). */
  readonly #running = new Map<Applicant, number>();
  readonly #ticks: NodeJS.Timeout;
  readonly #now: () => number;

  /**
   * @param most how many may wait
   * @param longest how long a run may last, in milliseconds
   * @param now in milliseconds, from any start
   */
  constructor(
    capacity: Pick<Capacity, 'take' | 'release' | 'short' | 'shortage'>,
    most: number,
    longest: number,
    now = () => performance.now(),
  ) {
    this.#now = now;
    this.#capacity = capacity;
    this.#queue = new Queue(most);
    this.#estimate = new WaitEstimate(longest);
    this.#ticks = setInterval(() => this.letIn(), TICK).unref();
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Whether the next place is somebody’s: a page in the queue that is away keeps nobody else from it. */
  get promised(): boolean {
    return this.#next() !== undefined;
  }

  /** Gives a place, if there is one and nobody waits for it, or else one in the queue. */
  ask(applicant: Applicant): Admitted {
    if (!this.#next() && this.#mayBegin(applicant)) {
      if (this.#capacity.take(applicant.memory) === undefined) {
        this.#begin(applicant);
        return 'begun';
      }
    }
    // To wait costs of it too.
    const { short } = this.#capacity;
    if (short !== undefined) return { full: short };
    const ticket: Ticket = { applicant, told: undefined, toldAt: -Infinity };
    if (!this.#queue.join(ticket)) return { full: this.#fullText(applicant) };
    this.#tell();
    this.#makeRoom();
    return 'queued';
  }

  /** Somebody wants no place any more. @returns whether they were in the queue */
  leave(applicant: Applicant): boolean {
    for (const ticket of this.#queue) {
      if (ticket.applicant === applicant) return this.#queue.leave(ticket);
    }
    return false;
  }

  /** A session that had a place is over. */
  release(applicant: Applicant): void {
    const since = this.#running.get(applicant);
    if (since !== undefined) this.#estimate.ended(this.#now() - since);
    this.#running.delete(applicant);
    this.#capacity.release(applicant.memory);
    this.letIn();
  }

  /** Lets in whom there is room for. */
  letIn(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      if (this.#capacity.take(next.applicant.memory) !== undefined) break;
      this.#queue.leave(next);
      this.#begin(next.applicant);
    }
    this.#makeRoom();
    this.#tell();
  }

  /** Nobody is let in any more. */
  close(): void {
    clearInterval(this.#ticks);
  }

  #next(): Ticket | undefined {
    return this.#queue.first(({ applicant }) => applicant.present && this.#mayBegin(applicant));
  }

  get #measures(): boolean {
    return [...this.#running.keys()].some(({ measures }) => measures);
  }

  /** Whoever has to wait for a measurement to end keeps no place from others. */
  #mayBegin({ measures }: Applicant): boolean {
    return !measures || !this.#measures;
  }

  #begin(applicant: Applicant): void {
    this.#running.set(applicant, this.#now());
    applicant.begin();
  }

  /** Whoever waits to measure waits for one run alone: if nothing happens in that one, it makes room. */
  #makeRoomToMeasure(): void {
    const waits = [...this.#queue].some(({ applicant }) => applicant.present && applicant.measures);
    if (!waits) return;
    for (const each of this.#running.keys()) {
      if (each.measures && !each.ending && each.yieldsSince !== undefined) each.yield();
    }
  }

  /** Those in which nothing has happened for the longest time give their places up, no more than wait for one. */
  #makeRoom(): void {
    this.#makeRoomToMeasure();
    const wanted = [...this.#queue].filter(
      ({ applicant }) => applicant.present && this.#mayBegin(applicant),
    ).length;
    const running = [...this.#running.keys()];
    const ending = running.filter((each) => each.ending).length;
    if (wanted <= ending) return;
    running
      .flatMap((each) => {
        const since = each.ending ? undefined : each.yieldsSince;
        return since === undefined ? [] : [{ each, since }];
      })
      .sort((one, other) => one.since - other.since)
      .slice(0, wanted - ending)
      .forEach(({ each }) => each.yield());
  }

  /** Tells those who wait where they are, if that is news to them and they were not told just now. */
  #tell(): void {
    const now = this.#now();
    const running = [...this.#running.values()].map((since) => now - since);
    let ahead = 0;
    for (const ticket of this.#queue) {
      const wait = this.#estimate.waitAfter(ahead, running);
      const minutes = wait === undefined ? undefined : Math.ceil(wait / 1000 / MINUTE);
      const rank: Rank = {
        ahead,
        wait: minutes === undefined ? undefined : minutes * MINUTE,
        ...(!this.#mayBegin(ticket.applicant) && { measuring: true }),
      };
      ahead += 1;
      const { told, toldAt } = ticket;
      const isNews = !isDeepStrictEqual(told, rank);
      if (!isNews || now - toldAt < TELL_INTERVAL) continue;
      ticket.told = rank;
      ticket.toldAt = now;
      ticket.applicant.tell(rank);
    }
  }

  #fullText(applicant: Applicant): string {
    const taken = this.#mayBegin(applicant)
      ? (this.#capacity.shortage ?? 'All places are taken.')
      : 'Another measurement is under way, and two at once would spoil each other.';
    if (this.waiting === 0) return taken;
    const others = this.waiting === 1 ? '1 more run waits' : `${this.waiting} more runs wait`;
    return `${taken} ${others} for a place, and the queue is no longer than that.`;
  }
}
