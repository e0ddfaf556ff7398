/** What the check of an exercise finds, as it goes on and at its end. */
import type { CheckOutcome } from '../../lab/check-outcome.ts';
import { DisplayText } from '../lab/display-text.ts';
import type { CheckFailure, CheckRecord } from '../../protocol/check-feed.ts';

/** @param text the program’s own words may be in it */
function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = new DisplayText().take(text);
  return made;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Shows a check in the `[data-verdict]` of a lab’s section, and says its result on the section. */
export class VerdictView {
  readonly #section: HTMLElement;
  readonly #place: HTMLElement;
  readonly #before: readonly Node[];
  readonly #repeat: (seed: number) => void;
  readonly #check: HTMLButtonElement;
  #progress: HTMLProgressElement | undefined;
  #said: HTMLElement | undefined;

  /** @param repeat has the same check done once more */
  constructor(section: HTMLElement, repeat: (seed: number) => void) {
    const place = section.querySelector('[data-verdict]');
    if (!(place instanceof HTMLElement))
      throw new Error('The exercise has no place for a verdict.');
    const check = section.querySelector<HTMLButtonElement>('[data-action="check"]');
    if (!check) throw new Error('The exercise has no button for its check.');
    this.#check = check;
    this.#section = section;
    this.#place = place;
    this.#before = [...place.childNodes];
    this.#repeat = repeat;
  }

  /** Says what it did before any check. */
  clear(): void {
    delete this.#place.dataset['result'];
    this.#progress = undefined;
    this.#place.replaceChildren(...this.#before);
  }

  /** Whether a check can begin. A button that is disabled would lose the focus. */
  enable(enabled: boolean): void {
    this.#check.ariaDisabled = enabled ? null : 'true';
  }

  /** A check begins. */
  begin(): void {
    delete this.#place.dataset['result'];
    this.#progress = document.createElement('progress');
    this.#progress.ariaLabel = 'Progress of the check';
    this.#said = element('p', 'Checking your program…');
    this.#place.replaceChildren(this.#said, this.#progress);
  }

  /** How a check goes. */
  show(record: CheckRecord): void {
    if (!this.#progress) return;
    if (record.state === 'progress') {
      this.#progress.max = Math.max(record.total, 1);
      this.#progress.value = record.done;
    } else if (record.state === 'shortening') {
      // How many tries that takes, nobody knows.
      this.#progress.removeAttribute('value');
      if (this.#said) {
        this.#said.textContent = 'Something went wrong. Looking for the shortest way to show it…';
      }
    }
  }

  /** How a check went. */
  conclude(outcome: CheckOutcome): void {
    this.#progress = undefined;
    this.#said = undefined;
    this.#place.replaceChildren(...this.#parts(outcome));
    this.#place.scrollTop = 0;
    if (outcome.kind === 'unfinished') return;
    this.#place.dataset['result'] = outcome.kind;
    this.#section.dataset['scenario'] = outcome.kind;
  }

  #parts(outcome: CheckOutcome): HTMLElement[] {
    switch (outcome.kind) {
      case 'unfinished':
        return [element('p', outcome.text)];
      case 'passed':
        return [
          element('h4', 'Solved: your program does what the task asks.'),
          element(
            'p',
            `The check ran it ${outcome.runs} times, and it did what it should every time.`,
          ),
          this.#seed(outcome.seed),
        ];
      case 'failed':
        return this.#failure(outcome.failure);
    }
  }

  #failure({ about, expected, seen, steps, printed, seed }: CheckFailure): HTMLElement[] {
    const facts = document.createElement('dl');
    facts.append(element('dt', 'Requirement'), element('dd', capital(`${about}.`)));
    facts.append(element('dt', 'Expected'), element('dd', capital(`${expected}.`)));
    facts.append(element('dt', 'Seen'), element('dd', capital(`${seen}.`)));
    const list = document.createElement('ol');
    list.append(...steps.map((step) => element('li', step)));
    const [what, how] = [document.createElement('div'), document.createElement('div')];
    what.append(element('h4', 'Not yet.'), facts, this.#seed(seed));
    how.append(element('h4', 'The shortest way to see it'), list);
    if (printed.length > 0) {
      how.append(
        element('p', 'Meanwhile your program printed:'),
        element('pre', printed.join('\n')),
      );
    }
    const both = document.createElement('div');
    both.className = 'exercise-failure';
    both.append(what, how);
    return [both];
  }

  #seed(seed: number): HTMLElement {
    const line = element('p', `Seed ${seed}.`);
    line.className = 'exercise-seed';
    const again = element('button', 'Repeat');
    again.setAttribute('type', 'button');
    again.title = 'Check the same way again, with the program as it is now';
    again.addEventListener('click', () => this.#repeat(seed));
    line.append(again);
    return line;
  }
}
