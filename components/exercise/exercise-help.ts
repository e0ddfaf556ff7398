/** What an exercise gives to those who ask: its hints one after the other, and its solution. */
import type { Desk } from '../editor/desk.ts';
import { definitionIn } from '../lab/definition-json.ts';

function find<T extends Element>(root: Element, selector: string, type: new () => T): T {
  const found = root.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`The exercise’s markup has no ${selector}.`);
}

/** The buttons Hint, Show solution, Use the solution and Restore the original. */
export class ExerciseHelp {
  readonly #desk: Desk;
  readonly #hints: readonly string[];
  readonly #list = document.createElement('ol');
  readonly #place: HTMLElement;
  readonly #hint: HTMLButtonElement;
  readonly #solution: HTMLElement;
  readonly #showSolution: HTMLButtonElement;
  readonly #said: HTMLElement;

  constructor(section: HTMLElement, desk: Desk) {
    this.#desk = desk;
    this.#hints = definitionIn(section).exercise?.hints ?? [];
    this.#place = find(section, '[data-hints]', HTMLElement);
    this.#hint = find(section, '[data-action="hint"]', HTMLButtonElement);
    this.#said = find(section, '[data-exercise-said]', HTMLElement);
    this.#solution = find(section, '[data-solution]', HTMLElement);
    this.#showSolution = find(section, '[data-action="solution"]', HTMLButtonElement);
  }

  /** Does what a button says: its `data-action`. */
  async act(action: string): Promise<void> {
    this.#said.textContent = '';
    switch (action) {
      case 'hint':
        this.#showHint();
        break;
      case 'solution':
        await this.#toggleSolution();
        break;
      case 'use-solution':
        await this.#desk.useSolution();
        this.#said.textContent = 'The solution is in the editor.';
        break;
      case 'restore':
        await this.#desk.restore();
        this.#said.textContent = 'The book’s program is back.';
    }
  }

  #showHint(): void {
    const next = this.#hints[this.#list.children.length];
    if (next === undefined) return;
    const item = document.createElement('li');
    item.textContent = next;
    this.#list.append(item);
    if (!this.#list.isConnected) this.#place.append(this.#list);
    if (this.#list.children.length < this.#hints.length) return;
    const last = document.createElement('p');
    last.textContent = 'That was the last hint. Show solution shows what the book would change.';
    this.#place.append(last);
    // Not disabled: that would take the focus away.
    this.#hint.ariaDisabled = 'true';
  }

  async #toggleSolution(): Promise<void> {
    const isShown = this.#showSolution.ariaExpanded === 'true';
    if (!isShown) this.#solution.replaceChildren(await this.#desk.solutionChanges());
    this.#showSolution.ariaExpanded = String(!isShown);
    this.#solution.hidden = isShown;
  }
}
