/** Has the lines of a code in view at which something happens, until the reader scrolls it. */
import { inSight, scrollTo, type Place } from './in-sight.ts';

/** So long do lines have to be waited at before the code is scrolled to them, in milliseconds. */
const SETTLES = 250;
/** So many rows above and below what happens belong to it. */
const ROWS_AROUND = 1.5;
/** What scrolls by hand, or says that somebody reads here; and the keys that do. */
const HANDS = ['wheel', 'touchmove', 'pointerdown'] as const;
const KEYS = ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', ' '];

/** What a code that scrolls is followed by. */
export class Follower {
  readonly #scroller: HTMLElement;
  #follows = true;
  /** The lines that are to be seen, since when, and whether they have been shown. */
  #sight: { lines: string; since: number; done: boolean } | undefined;

  /** @param writes whether a reader writes here: then each key is one of theirs */
  constructor(scroller: HTMLElement, writes = false) {
    this.#scroller = scroller;
    for (const event of HANDS) {
      scroller.addEventListener(event, () => (this.#follows = false), { passive: true });
    }
    scroller.addEventListener('keydown', ({ key }) => {
      if (writes || KEYS.includes(key)) this.#follows = false;
    });
  }

  /** Begins to follow, wherever the reader has scrolled. */
  follow(): void {
    this.#follows = true;
    this.#sight = undefined;
  }

  /** Looks anew: something else was shown meanwhile, or everything has another place. */
  lookAgain(): void {
    this.#sight = undefined;
  }

  /**
   * Scrolls to where something happens, once that has been so for a moment.
   * @param row how high a row is, in pixels
   */
  look(places: readonly Place[], row: number): void {
    if (!this.#follows) return;
    const chosen = inSight(places, this.#scroller.clientHeight);
    if (chosen.length === 0) return;
    const lines = chosen.map(({ line }) => line).join();
    const now = performance.now();
    if (this.#sight?.lines !== lines) {
      this.#sight = { lines, since: now, done: false };
      return;
    }
    if (this.#sight.done || now - this.#sight.since < SETTLES) return;
    this.#sight.done = true;
    this.show(chosen, row);
  }

  /** Scrolls so that these lines are seen, at once. */
  show(places: readonly Place[], row: number): void {
    const { scrollTop: top, clientHeight: height } = this.#scroller;
    const to = scrollTo(places, { top, height }, ROWS_AROUND * row);
    if (to !== undefined) this.#scroller.scrollTop = to;
  }
}
