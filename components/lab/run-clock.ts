/** How long a run has gone on, and how long it may: ticks on the page once a second. */
import { clockText, type Situation } from '../../lab/status.ts';

const SECOND = 1000;

/** The clock in `[data-clock]`. */
export class RunClock {
  readonly #place: Element;
  #situation: Situation = { kind: 'idle' };
  #begun: number | undefined;
  #ended: number | undefined;
  #limit = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(place: Element) {
    this.#place = place;
  }

  /**
   * Shows a situation, and goes on by itself.
   * @param limit how many seconds the run may last, once it has begun
   */
  show(situation: Situation, limit: number | undefined): void {
    this.#situation = situation;
    const now = performance.now();
    if (limit === undefined) {
      this.#begun = undefined;
      this.#ended = undefined;
    } else {
      this.#begun ??= now;
      this.#limit = limit;
      if (situation.kind === 'over') this.#ended ??= now;
    }
    const isOn = situation.kind === 'running' || situation.kind === 'stopping';
    if (!isOn) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.#tick();
    if (isOn) this.#timer ??= setInterval(() => this.#tick(), SECOND);
  }

  #tick(): void {
    const end = this.#ended ?? performance.now();
    const elapsed = this.#begun === undefined ? 0 : (end - this.#begun) / SECOND;
    const text = clockText(this.#situation, elapsed, this.#limit);
    if (this.#place.textContent !== text) this.#place.textContent = text;
  }
}
