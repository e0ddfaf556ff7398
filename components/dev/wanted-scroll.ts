/**
 * Where an author was on a page before they saved, in pixels, until the page is there again. Pages in
 * between may end above it: one with a mistake ends where the mistake is.
 */
export class WantedScroll {
  #top: number | undefined;

  /** @param kept what {@link toKeep} said on the page before, if anything */
  constructor(kept: string | null) {
    if (kept !== null && Number.isFinite(Number(kept))) this.#top = Number(kept);
  }

  /** Where to go, or undefined where the browser knows best. */
  get top(): number | undefined {
    return this.#top;
  }

  /** Takes where the page went when it was told to go to {@link top}. Returns whether that is it. */
  arrive(at: number): boolean {
    // Browsers round what they are told.
    if (this.#top !== undefined && at < Math.floor(this.#top)) return false;
    this.#top = undefined;
    return true;
  }

  /** What to keep before the page is loaded again, from where it is now. */
  toKeep(at: number): string {
    return String(this.#top ?? at);
  }
}
