/** The controls of a lab’s crowd: who may be sent when, and where what becomes of it is shown. */
import { complaintIn, crowdText } from '../../lab/crowd-text.ts';
import type { MessageOf } from '../../lab/run.ts';
import type { TextLog } from '../../lab/transcript.ts';
import type { CrowdOrder, CrowdState } from '../../protocol/crowd-feed.ts';
import type { Figures } from '../../protocol/messages.ts';
import { DisplayText } from '../lab/display-text.ts';
import type { CrowdView } from './crowd-view.ts';

/** What is known of the run. */
export interface CrowdSituation {
  /** Whether a crowd can be sent: the server listens, and no scenario is played. */
  readonly ready: boolean;
  /** Whether there is a run at all. */
  readonly live: boolean;
}

/** A lab’s crowd: `[data-crowd]`. */
export class CrowdControl {
  readonly #panel: HTMLDetailsElement;
  readonly #send: (order: CrowdOrder) => void;
  readonly #printed: () => TextLog | undefined;
  readonly #state: Element;
  readonly #said: Element;
  readonly #initial: string;
  /** Loaded with the first crowd. What comes before that is kept, the latest of it. */
  #view: Promise<CrowdView> | undefined;
  #figures: Figures | undefined;
  #situation: CrowdSituation = { ready: false, live: false };
  /** The crowd that was ordered, until it is gone. */
  #order: CrowdOrder | undefined;
  #latest: CrowdState | undefined;
  /** What the server program has said that it could not have, since it has closed clients of this crowd. */
  #complaint: string | undefined;
  /** Where in what it prints this crowd began: what it said before is about others. */
  #printedBefore = 0;
  #isLeaving = false;
  /** Whether the order may have been refused: which one was is not said. */
  #isInDoubt = false;
  #talks = false;

  /**
   * @param send sends an order to the run that goes on
   * @param printed what the server program has printed since this run began
   */
  constructor(
    panel: HTMLDetailsElement,
    send: (order: CrowdOrder) => void,
    printed: () => TextLog | undefined,
  ) {
    const state = panel.querySelector('[data-crowd-state]');
    const said = panel.querySelector('[data-crowd-said]');
    if (!state || !said) throw new Error('The markup of the crowd is not whole.');
    this.#panel = panel;
    this.#send = send;
    this.#printed = printed;
    this.#state = state;
    this.#said = said;
    this.#initial = state.textContent;
    panel.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      if (button) this.#clicked(button.dataset);
    });
  }

  /** Shows what can be done now. */
  show(situation: CrowdSituation): void {
    const ended = !situation.live && this.#situation.live;
    this.#situation = situation;
    if (ended) {
      this.#order = undefined;
      this.#isLeaving = false;
    }
    this.#say();
    if (ended && this.#latest) this.#said.textContent = this.#state.textContent;
    this.#showButtons();
  }

  /** Takes how the crowd is. */
  take({ state }: MessageOf<'crowd'>): void {
    const at = performance.now();
    // A scenario sends one, too.
    if (state) this.#view ??= this.#load(this.#figures);
    this.#draw((view) => view.take(state, at));
    if (state) {
      if (this.#situation.live && (!this.#order || this.#isInDoubt)) this.#learn(state);
      const before = this.#latest;
      this.#latest = state;
      if (state.closed === 0) this.#complaint = undefined;
      else this.#complaint = this.#findComplaint() ?? this.#complaint;
      // Heard once when all have come, and seen all the time.
      const isFull = (each: CrowdState | undefined): boolean =>
        each !== undefined && each.connected + each.closed + each.failed >= each.wanted;
      if (isFull(state) && !(isFull(before) && before?.wanted === state.wanted)) {
        this.#said.textContent = crowdText(state, this.#complaint);
      }
    } else {
      this.#order = undefined;
      this.#latest = undefined;
      this.#complaint = undefined;
      this.#isLeaving = false;
      this.#isInDoubt = false;
      this.#said.textContent = 'The crowd has gone.';
    }
    this.#say();
    this.#showButtons();
  }

  /**
   * Something could not be done, and the lab’s status says what: a crowd that is not here won’t come, and one that
   * is here may have heard no more. It tells by itself what it is to be.
   */
  refused(): void {
    if (this.#latest) {
      this.#isInDoubt = true;
      this.#learn(this.#latest);
    } else {
      this.#order = undefined;
    }
    this.#say();
    this.#showButtons();
  }

  /** Takes what was measured of the server program. */
  measure(figures: Figures): void {
    this.#figures = figures;
    const at = performance.now();
    this.#draw((view) => view.measure(figures, at));
  }

  /** Empties it, for another run or none. */
  clear(): void {
    this.#order = undefined;
    this.#latest = undefined;
    this.#complaint = undefined;
    this.#printedBefore = 0;
    this.#figures = undefined;
    this.#isLeaving = false;
    this.#isInDoubt = false;
    this.#said.textContent = '';
    this.#draw((view) => view.clear());
    this.#say();
    this.#showButtons();
  }

  #clicked({ crowdCount, crowdManner }: DOMStringMap): void {
    if (crowdManner !== undefined) {
      this.#talks = crowdManner === 'talking';
      if (this.#order && !this.#isLeaving) this.#give({ ...this.#order, talks: this.#talks });
    }
    if (crowdCount !== undefined) this.#give({ count: Number(crowdCount), talks: this.#talks });
    this.#showButtons();
  }

  #give(order: CrowdOrder): void {
    if (!this.#situation.ready) return;
    this.#view ??= this.#load(this.#figures);
    this.#isLeaving = order.count === 0;
    this.#isInDoubt = false;
    if (!this.#order) {
      this.#printedBefore = this.#printed()?.end ?? 0;
      this.#draw((view) => view.begin());
    }
    if (!this.#isLeaving) this.#order = order;
    this.#send(order);
    this.#say();
  }

  /** What it is to be is what it says, whatever it was told. */
  #learn({ wanted, talks }: CrowdState): void {
    this.#order = { count: wanted, talks };
    this.#talks = talks;
    this.#isLeaving = wanted === 0;
  }

  /** A program may print what turns the text around it, on a page as in a terminal. */
  #findComplaint(): string | undefined {
    const complaint = complaintIn(this.#printed()?.since(this.#printedBefore) ?? '');
    return complaint === undefined ? undefined : new DisplayText().take(complaint);
  }

  /** Without the curves, there are still the words. */
  #draw(draw: (view: CrowdView) => void): void {
    this.#view?.then(draw).catch(console.error);
  }

  /** @param figures those of now: what comes while it loads is taken after it */
  async #load(figures: Figures | undefined): Promise<CrowdView> {
    const { CrowdView } = await import('./crowd-view.ts');
    const view = new CrowdView(this.#panel);
    if (figures) view.measure(figures, performance.now());
    return view;
  }

  #say(): void {
    const text = this.#text;
    if (this.#state.textContent !== text) this.#state.textContent = text;
  }

  get #text(): string {
    const latest = this.#latest;
    if (!this.#situation.live) {
      return latest
        ? `The run is over. Last seen: ${crowdText(latest, this.#complaint)}`
        : this.#initial;
    }
    if (this.#isLeaving) return 'The crowd is leaving.';
    if (latest) return crowdText(latest, this.#complaint);
    return this.#order ? 'The crowd is on its way.' : 'Only the lab’s own clients are here so far.';
  }

  #showButtons(): void {
    const { ready } = this.#situation;
    for (const button of this.#panel.querySelectorAll('button')) {
      const { crowdCount, crowdManner } = button.dataset;
      if (crowdManner !== undefined) {
        button.ariaPressed = (crowdManner === 'talking') === this.#talks ? 'true' : 'false';
      } else if (crowdCount === '0') {
        button.disabled = !ready || !this.#order || this.#isLeaving;
      } else {
        button.disabled = !ready || this.#isLeaving;
        button.ariaPressed = Number(crowdCount) === this.#order?.count ? 'true' : 'false';
      }
    }
  }
}
