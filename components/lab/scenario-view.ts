/** The list of a scenario's steps on the page, as they are played. */
import type { Audience, ScenarioResult } from '../../lab/player.ts';

type StepState = 'current' | 'passed' | 'failed';

const SPOKEN: Readonly<Record<StepState, string>> = {
  current: '',
  passed: ' Passed.',
  failed: ' Failed.',
};

/** Shows a scenario in `[data-scenario-panel]`: an ordered list and a line for the result. */
export class ScenarioView implements Audience {
  readonly #panel: HTMLElement;
  readonly #list: Element;
  readonly #result: Element;
  #total = 0;

  constructor(panel: HTMLElement) {
    const list = panel.querySelector('ol');
    const result = panel.querySelector('[data-scenario-result]');
    if (!list || !result) throw new Error('The lab’s markup has no list for its scenario.');
    this.#panel = panel;
    this.#list = list;
    this.#result = result;
  }

  /** Makes room for a scenario that starts. */
  begin(total: number): void {
    this.clear();
    this.#total = total;
    this.#panel.hidden = false;
    this.#result.textContent = `${this.#total} steps. Waiting for the clients to connect…`;
  }

  clear(): void {
    this.#panel.hidden = true;
    this.#list.replaceChildren();
    this.#result.textContent = '';
  }

  stepStarts(step: number, caption: string): void {
    const item = document.createElement('li');
    const state = document.createElement('span');
    state.className = 'sr-only';
    item.append(caption, state);
    this.#list.append(item);
    this.#mark('current');
    this.#result.textContent = `Step ${step} of ${this.#total}`;
  }

  stepPassed(): void {
    this.#mark('passed');
  }

  finish(result: ScenarioResult): void {
    switch (result.kind) {
      case 'passed':
        this.#result.textContent = `Passed: all ${this.#total} steps went as they should.`;
        break;
      case 'cancelled':
        this.#mark(undefined);
        this.#result.textContent = 'The scenario was stopped.';
        break;
      case 'failed': {
        this.#mark('failed');
        // The status has the lines of a program that come after the first.
        const [seen = ''] = result.seen.split('\n');
        const difference = `Expected: ${result.expected}. Seen: ${seen.replace(/\.$/, '')}.`;
        if (result.step === 0) {
          this.#result.textContent = `Failed before the first step. ${difference}`;
          break;
        }
        const detail = document.createElement('p');
        detail.className = 'lab-difference';
        detail.textContent = difference;
        this.#list.lastElementChild?.append(detail);
        this.#result.textContent = `Failed at step ${result.step} of ${this.#total}.`;
      }
    }
    this.#showLast();
  }

  /** Marks the latest step. */
  #mark(state: StepState | undefined): void {
    const item = this.#list.lastElementChild;
    if (!(item instanceof HTMLElement)) return;
    if (state) item.dataset['step'] = state;
    else if (item.dataset['step'] === 'current') delete item.dataset['step'];
    const spoken = item.querySelector('.sr-only');
    if (spoken) spoken.textContent = state ? SPOKEN[state] : '';
    this.#showLast();
  }

  /** Scrolls the list, never the page. */
  #showLast(): void {
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}
