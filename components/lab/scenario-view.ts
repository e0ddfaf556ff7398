/** The list of a scenario's steps on the page, as they are played. */
import type { Audience, ScenarioResult } from '../../lab/player.ts';

type StepState = 'current' | 'passed' | 'failed';

const SPOKEN: Readonly<Record<StepState, string>> = {
  current: '',
  passed: ' Passed.',
  failed: ' Failed.',
};

/** Shows a scenario in the `[data-scenario-panel]` of a lab’s section: the current step, and a list of all. */
export class ScenarioView implements Audience {
  readonly #section: HTMLElement;
  readonly #panel: HTMLElement;
  readonly #step: Element;
  readonly #list: Element;
  readonly #result: Element;
  /** What the panel says before a scenario. */
  readonly #before: { readonly where: string; readonly step: readonly Node[] };
  #total = 0;

  constructor(section: HTMLElement) {
    const panel = section.querySelector('[data-scenario-panel]');
    const step = section.querySelector('[data-scenario-step]');
    const list = section.querySelector('[data-scenario-steps]');
    const result = section.querySelector('[data-scenario-result]');
    if (!(panel instanceof HTMLElement) || !step || !list || !result) {
      throw new Error('The lab’s markup has no room for its scenario.');
    }
    this.#section = section;
    this.#panel = panel;
    this.#step = step;
    this.#list = list;
    this.#result = result;
    this.#before = { where: result.textContent, step: [...step.childNodes] };
  }

  /** Makes room for a scenario that starts. */
  begin(total: number): void {
    this.clear();
    this.#total = total;
    this.#panel.dataset['begun'] = '';
    this.#result.textContent = `${this.#total} steps. Waiting for the clients to connect…`;
  }

  clear(): void {
    delete this.#panel.dataset['begun'];
    delete this.#section.dataset['scenario'];
    delete this.#section.dataset['step'];
    this.#list.replaceChildren();
    this.#step.replaceChildren(...this.#before.step);
    this.#result.textContent = this.#before.where;
  }

  stepStarts(step: number, caption: string): void {
    const item = document.createElement('li');
    const state = document.createElement('span');
    state.className = 'sr-only';
    item.append(caption, state);
    this.#list.append(item);
    const told = document.createElement('p');
    told.textContent = caption;
    this.#step.replaceChildren(told);
    this.#section.dataset['step'] = String(step);
    this.#mark('current');
    this.#result.textContent = `Step ${step} of ${this.#total}`;
  }

  stepPassed(): void {
    this.#mark('passed');
  }

  finish(result: ScenarioResult): void {
    if (result.kind !== 'cancelled') this.#section.dataset['scenario'] = result.kind;
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
        detail.className = 'scenario-difference';
        detail.textContent = difference;
        this.#list.lastElementChild?.append(detail);
        this.#result.textContent = `Failed at step ${result.step} of ${this.#total}.`;
      }
    }
  }

  /** Marks the latest step. */
  #mark(state: StepState | undefined): void {
    const item = this.#list.lastElementChild;
    if (!(item instanceof HTMLElement)) return;
    if (state) item.dataset['state'] = state;
    else if (item.dataset['state'] === 'current') delete item.dataset['state'];
    const spoken = item.querySelector('.sr-only');
    if (spoken) spoken.textContent = state ? SPOKEN[state] : '';
  }
}
