/** Whether anything happens in a run: input, output, or work of its processes. */
import type { ProcessorTime } from '../process/processor-time.ts';

/** A program that only waits uses some processor time too: no more than this share of it, or so many milliseconds. */
const NO_WORK = 0.01;
const LITTLE_WORK = 20;
/** Where others leave it little to use, a program that works wants at least this share, in using and waiting. */
const WANTS_WORK = 0.5;
/** How often it is looked whether processes work, at most: milliseconds. */
const LOOK_INTERVAL = 10_000;
/** A run is looked at so many times before it counts as idle. */
const LOOKS = 4;
/** How long a reader who is told may take to do something, in milliseconds. */
const GRACE = 15_000;

/** What a watch works with. */
export interface IdleSetting {
  /** So long nothing has happened in a run that is idle, in milliseconds. */
  readonly after: number;
  /** The processor time that its processes have used and wanted so far. */
  readonly work: () => ProcessorTime;
  /** It is idle now, or no longer. */
  readonly changed: (idle: boolean) => void;
}

/** A clock: milliseconds, from any start. */
type Now = () => number;

/** Watches one run. */
export class IdleWatch {
  readonly #setting: IdleSetting;
  readonly #interval: number;
  readonly #timer: NodeJS.Timeout;
  readonly #now: Now;
  /** When something happened last. */
  #last: number;
  #idle = false;
  /** What was read last, and when. */
  #worked: { readonly time: ProcessorTime; readonly at: number } | undefined;

  constructor(setting: IdleSetting, now: Now = () => performance.now()) {
    this.#setting = setting;
    this.#now = now;
    this.#last = now();
    this.#interval = Math.min(LOOK_INTERVAL, setting.after / LOOKS);
    this.#timer = setInterval(() => this.#look(), this.#interval).unref();
  }

  /** Something has happened. */
  happened(): void {
    this.#last = this.#now();
    if (!this.#idle) return;
    this.#idle = false;
    this.#setting.changed(false);
  }

  /** Since when nothing has happened, by performance.now(), if its reader has been told and had time to act. */
  get yieldsSince(): number | undefined {
    const grace = Math.min(GRACE, this.#setting.after / LOOKS);
    const yields = this.#idle && this.#quiet >= this.#setting.after + grace;
    return yields ? this.#last : undefined;
  }

  /** Ends the watch. */
  close(): void {
    clearInterval(this.#timer);
    this.#idle = false;
  }

  get #quiet(): number {
    return this.#now() - this.#last;
  }

  #look(): void {
    // Where things happen anyway there is no need to look: it costs as much as there are processes.
    if (this.#quiet < this.#interval) {
      this.#worked = undefined;
      return;
    }
    const at = this.#now();
    const now = { time: this.#setting.work(), at };
    const before = this.#worked;
    this.#worked = now;
    if (!before) return;
    const used = now.time.used - before.time.used;
    const wanted = now.time.wanted - before.time.wanted;
    const time = at - before.at;
    // Less than before: a process has ended and taken its time along.
    if (used < 0 || used > Math.max(LITTLE_WORK, time * NO_WORK) || wanted > time * WANTS_WORK) {
      this.happened();
      return;
    }
    if (this.#idle || this.#quiet < this.#setting.after) return;
    this.#idle = true;
    this.#setting.changed(true);
  }
}
