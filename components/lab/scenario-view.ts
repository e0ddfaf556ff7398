/** The scenario on the page: the current step, what it asks, and the list of all steps so far. */
import type { PlayerState, ScenarioResult } from '../../lab/player.ts';
import { LONGEST_ANSWER, takesSeveral, verdictText, type Answer } from '../../lab/question.ts';
import type { Question, Step } from '../../lab/scenario.ts';

/** What a reader does in the panel itself. */
export interface ScenarioEvents {
  answered(said: readonly string[]): void;
  /** They want to be at this step again. */
  back(step: number): void;
}

/** What the panel shows, beside where the player is. */
export interface ScenarioSituation {
  /** Whether it goes on by itself. */
  readonly playing: boolean;
  /** What the reader has answered to a step’s question, now or another time. */
  answerTo(step: number): Answer | undefined;
  /** The terminal that the step wants something typed into, while it waits for the reader. */
  readonly turn: string | undefined;
}

type StepMark = 'current' | 'passed' | 'failed';

const SPOKEN: Readonly<Record<StepMark, string>> = {
  current: '',
  passed: ' Passed.',
  failed: ' Failed.',
};

function find<T extends Element>(root: Element, selector: string, type: new () => T): T {
  const found = root.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`The lab’s markup has no ${selector} for its scenario.`);
}

function paneOf(terminal: HTMLElement): HTMLElement | undefined {
  return terminal.closest<HTMLElement>('.lab-pane') ?? undefined;
}

function paragraph(text: string, name?: string): HTMLParagraphElement {
  const made = document.createElement('p');
  made.textContent = text;
  if (name !== undefined) made.className = name;
  return made;
}

function button(text: string, onClick?: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = onClick ? 'button' : 'submit';
  made.textContent = text;
  if (onClick) made.addEventListener('click', onClick);
  return made;
}

function differenceText({ expected, seen }: Extract<ScenarioResult, { kind: 'failed' }>): string {
  // The status has the lines of a program that come after the first.
  const [line = ''] = seen.split('\n');
  return `Expected: ${expected}. Seen: ${line.replace(/\.$/, '')}.`;
}

/** Shows a scenario in the `[data-scenario-panel]` of a lab’s section. */
export class ScenarioView {
  readonly #section: HTMLElement;
  readonly #panel: HTMLElement;
  readonly #events: ScenarioEvents;
  readonly #step: HTMLElement;
  readonly #list: HTMLOListElement;
  readonly #where: HTMLElement;
  readonly #back: HTMLButtonElement;
  readonly #pause: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  /** What the panel says before a scenario. */
  readonly #before: { readonly where: string; readonly step: readonly Node[] };
  #steps: readonly Step[] = [];
  /** What the current step’s room shows, so that it is not made anew without a reason. */
  #shown = '';
  #state: PlayerState | undefined;
  /** What stood where `confirm` asks, while it does. */
  #aside: readonly Node[] | undefined;

  constructor(section: HTMLElement, events: ScenarioEvents) {
    this.#section = section;
    this.#events = events;
    this.#panel = find(section, '[data-scenario-panel]', HTMLElement);
    this.#step = find(this.#panel, '[data-scenario-step]', HTMLElement);
    this.#list = find(this.#panel, '[data-scenario-steps]', HTMLOListElement);
    this.#where = find(this.#panel, '[data-scenario-result]', HTMLElement);
    this.#back = find(this.#panel, '[data-scenario-back]', HTMLButtonElement);
    this.#pause = find(this.#panel, '[data-action="pause"]', HTMLButtonElement);
    this.#next = find(this.#panel, '[data-action="next"]', HTMLButtonElement);
    this.#before = { where: this.#where.textContent.trim(), step: [...this.#step.childNodes] };
    this.#back.addEventListener('click', () => events.back(this.#current - 1));
    // What came of the last step is read where it stands; then the window is for what the reader turns to.
    section.addEventListener('click', ({ target }) => {
      const isElsewhere = target instanceof Node && !this.#panel.contains(target);
      if (isElsewhere && this.#state?.kind === 'over') delete this.#panel.dataset['stays'];
    });
    // From within a terminal too, where the focus is while a step waits.
    section.addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Enter' || !event.ctrlKey || !this.#goesOn(event.target)) return;
        event.preventDefault();
        event.stopPropagation();
        this.#next.click();
      },
      true,
    );
  }

  /** Makes room for a scenario that starts. */
  begin(steps: readonly Step[]): void {
    const hadFocus = this.#panel.contains(document.activeElement);
    this.clear();
    this.#next.disabled = false;
    if (hadFocus) this.#next.focus();
    this.#steps = steps;
    this.#panel.dataset['begun'] = '';
    this.#panel.dataset['stays'] = '';
    this.#where.textContent = `${steps.length} steps`;
    this.#step.replaceChildren(paragraph('Waiting for the clients to connect…'));
  }

  /** Shows what it did before any scenario. */
  clear(): void {
    this.#aside = undefined;
    this.#state = undefined;
    this.#shown = '';
    this.#steps = [];
    delete this.#panel.dataset['begun'];
    delete this.#panel.dataset['stays'];
    delete this.#section.dataset['scenario'];
    delete this.#section.dataset['step'];
    this.#list.replaceChildren();
    this.#step.replaceChildren(...this.#before.step);
    this.#where.textContent = this.#before.where;
    this.#markTurn(undefined);
    this.#showBack();
  }

  /** Asks before a run is ended for a scenario. */
  confirm(question: string, yes: string, onYes: () => void, onNo: () => void): void {
    const choices = document.createElement('div');
    choices.className = 'scenario-choices';
    const first = button(yes, onYes);
    choices.append(first, button('Keep this run', onNo));
    this.#aside ??= [...this.#step.childNodes];
    this.#step.replaceChildren(paragraph(question, 'scenario-asks'), choices);
    first.focus();
  }

  /** Takes the question away that `confirm` has asked. */
  unconfirm(): void {
    if (!this.#aside) return;
    const hadFocus = this.#step.contains(document.activeElement);
    this.#step.replaceChildren(...this.#aside);
    this.#aside = undefined;
    if (hadFocus) this.#next.focus();
  }

  /** Says what the buttons can do. */
  enable({ next, pause }: { readonly next: boolean; readonly pause: boolean }): void {
    const { activeElement } = document;
    const isAtEnd = this.#state?.kind === 'over' && this.#state.result.kind !== 'cancelled';
    this.#next.disabled = !next || isAtEnd;
    // A button that has done its work must not take the focus with it.
    if (!pause && activeElement === this.#pause) this.#next.focus();
    this.#pause.disabled = !pause;
    if (this.#next.disabled && activeElement === this.#next) {
      this.#step.focus({ preventScroll: true });
    }
  }

  /** Shows where the player is. */
  show(state: PlayerState, situation: ScenarioSituation): void {
    this.#state = state;
    if (state.kind !== 'over') this.#panel.dataset['stays'] = '';
    else if (state.result.kind === 'cancelled') delete this.#panel.dataset['stays'];
    const step = this.#current;
    // Only a change is spoken.
    const where = this.#whereText(state);
    if (this.#where.textContent !== where) this.#where.textContent = where;
    const key = `${state.kind} ${step}`;
    if (key !== this.#shown) {
      const hadFocus = this.#step.contains(document.activeElement);
      this.#shown = key;
      this.#showStep(state, situation);
      this.#showList(state, situation);
      const verdict = this.#step.querySelector<HTMLElement>('.scenario-verdict');
      // Where there is too little room for all, what came of it is what is new.
      this.#step.scrollTop = verdict?.offsetTop ?? 0;
      if (hadFocus && !this.#step.contains(document.activeElement)) this.#next.focus();
    }
    this.#showBack();
    this.#markTurn(situation.turn);
    // Last: whoever waits for a step finds all of it.
    if (step > 0) this.#section.dataset['step'] = String(step);
  }

  /** Whether Ctrl-Enter goes on from there: elsewhere it is the editor’s, or a field’s. */
  #goesOn(target: EventTarget | null): boolean {
    if (!(target instanceof Element) || target === this.#next) return false;
    if (target.closest('[data-terminal]')) return true;
    return this.#panel.contains(target) && !target.matches('input, summary');
  }

  get #current(): number {
    return this.#state && 'step' in this.#state ? this.#state.step : 0;
  }

  #whereText(state: PlayerState): string {
    const total = this.#steps.length;
    switch (state.kind) {
      case 'starting':
        return `${total} steps`;
      case 'returning':
        return `Back to step ${state.to}`;
      case 'over':
        break;
      default:
        return `Step ${state.step} of ${total}`;
    }
    switch (state.result.kind) {
      case 'passed':
        return `Passed: all ${total} steps`;
      case 'cancelled':
        return 'The scenario was stopped';
      case 'failed':
        return state.step === 0
          ? 'Failed before step 1'
          : `Failed at step ${state.step} of ${total}`;
    }
  }

  #showStep(state: PlayerState, situation: ScenarioSituation): void {
    const step = this.#steps[this.#current - 1];
    if (state.kind === 'starting') return;
    if (state.kind === 'returning') {
      this.#step.replaceChildren(paragraph(`Playing the steps before step ${state.to}…`));
      return;
    }
    if (state.kind === 'over' && state.result.kind !== 'cancelled') {
      this.#section.dataset['scenario'] = state.result.kind;
    }
    if (state.kind === 'asking' && step?.question) {
      this.#step.replaceChildren(...this.#asking(step.question, situation.answerTo(state.step)));
      // Somebody who was in a terminal has to get to the question.
      const { activeElement } = document;
      if (!situation.playing && activeElement?.closest('[data-terminal]')) {
        if (this.#section.contains(activeElement)) this.#step.focus();
      }
      return;
    }
    const parts: HTMLElement[] = step ? [paragraph(step.caption)] : [];
    const isOver = state.kind === 'over';
    const hasPassed = state.kind === 'passed' || (isOver && state.result.kind === 'passed');
    if (step && hasPassed) parts.push(...this.#outcome(step, situation.answerTo(state.step)));
    if (isOver && state.result.kind === 'failed') {
      parts.push(paragraph(differenceText(state.result), 'scenario-difference'));
    }
    this.#step.replaceChildren(...parts);
  }

  /** The question with its answers to choose from, or room for one. */
  #asking(question: Question, before: Answer | undefined): HTMLElement[] {
    const form = document.createElement('form');
    form.className = 'scenario-choices';
    form.ariaLabel = question.asks;
    form.role = 'group';
    form.autocomplete = 'off';
    const answer = (said: readonly string[]): void => {
      if (said.length > 0) this.#events.answered(said);
    };
    if (!('choices' in question)) {
      const input = document.createElement('input');
      input.type = 'text';
      input.name = 'answer';
      input.maxLength = LONGEST_ANSWER;
      input.ariaLabel = 'Your answer';
      form.append(input, button('Answer'));
    } else if (takesSeveral(question)) {
      for (const choice of question.choices) {
        const label = document.createElement('label');
        const box = document.createElement('input');
        box.type = 'checkbox';
        box.name = 'answer';
        box.value = choice;
        label.append(box, choice);
        form.append(label);
      }
      form.append(button('Answer'));
    } else {
      form.append(...question.choices.map((choice) => button(choice, () => answer([choice]))));
    }
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const given = new FormData(form).getAll('answer');
      answer(given.filter((each) => typeof each === 'string' && each.trim() !== '').map(String));
    });
    const parts: HTMLElement[] = [paragraph(question.asks, 'scenario-asks'), form];
    if (before) parts.push(paragraph(`Last time you said: ${before.said.join(', ')}.`));
    return parts;
  }

  /** What came of a step: the reader’s answer beside what happened, and why. */
  #outcome({ question, explanation }: Step, answer: Answer | undefined): HTMLElement[] {
    const parts: HTMLElement[] = [];
    if (question) {
      const verdict = paragraph(verdictText(question, answer), 'scenario-verdict');
      if (answer?.isRight) verdict.dataset['right'] = '';
      parts.push(verdict);
    }
    if (explanation !== undefined) parts.push(paragraph(explanation));
    return parts;
  }

  /** All steps that the reader has been told of. */
  #showList(state: PlayerState, situation: ScenarioSituation): void {
    const isOver = state.kind === 'over';
    const told = state.kind === 'asking' ? this.#current - 1 : this.#current;
    const items = this.#steps.slice(0, told).map((step, index) => {
      const number = index + 1;
      const item = document.createElement('li');
      const isCurrent = number === this.#current;
      const failed = isOver && state.result.kind === 'failed' && isCurrent;
      const passed =
        !isCurrent || state.kind === 'passed' || (isOver && state.result.kind === 'passed');
      const mark: StepMark = failed ? 'failed' : passed ? 'passed' : 'current';
      item.dataset['state'] = mark;
      if (step.question) item.append(paragraph(step.question.asks, 'scenario-asks'));
      const spoken = document.createElement('span');
      spoken.className = 'sr-only';
      spoken.textContent = SPOKEN[mark];
      const caption = paragraph(step.caption);
      caption.append(spoken);
      item.append(caption);
      if (passed) item.append(...this.#outcome(step, situation.answerTo(number)));
      if (failed) item.append(paragraph(differenceText(state.result), 'scenario-difference'));
      const canReturn = state.kind !== 'returning' && (!isCurrent || isOver);
      if (canReturn) item.append(button(`Back to step ${number}`, () => this.#events.back(number)));
      return item;
    });
    this.#list.replaceChildren(...items);
  }

  /** The way back to the step before. */
  #showBack(): void {
    const step = this.#current - 1;
    const can = step > 0 && this.#state?.kind !== 'returning';
    this.#back.textContent = can ? `Back to step ${step}` : 'Back';
    if (!can && document.activeElement === this.#back) this.#next.focus();
    this.#back.hidden = !can;
    this.#back.disabled = !can;
    this.#back.title = 'Ends this run, and quickly plays a fresh one up to that step.';
  }

  /** Marks the terminal that a step waits for, and puts the focus there. */
  #markTurn(name: string | undefined): void {
    const marked = this.#section.querySelector<HTMLElement>('[data-turn]');
    if (marked?.dataset['terminal'] === name) return;
    if (marked) {
      delete marked.dataset['turn'];
      delete paneOf(marked)?.dataset['turnHere'];
    }
    if (name === undefined) return;
    const terminal = this.#section.querySelector<HTMLElement>(`[data-terminal="${name}"]`);
    if (!terminal) return;
    terminal.dataset['turn'] = '';
    const pane = paneOf(terminal);
    // A style that looks for its mark from the pane on would be asked at each letter that a terminal shows.
    if (pane) pane.dataset['turnHere'] = '';
    // On a phone, the focus would bring up a keyboard over half of the page.
    if (matchMedia('(pointer: coarse)').matches) return;
    terminal.querySelector('textarea')?.focus({ preventScroll: true });
    terminal.scrollIntoView({ block: 'nearest' });
  }
}
