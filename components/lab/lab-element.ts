/**
 * `<readable-lab>`: the little of a lab that every page with one loads. The rest comes when a
 * reader turns to the lab, with the pointer, the keyboard or a finger.
 */
import type { LabState } from '../../lab/status.ts';
import type { Desk } from '../editor/desk.ts';
import type { ExerciseHelp } from '../exercise/exercise-help.ts';
import type { MeasurePanel } from '../measure/measure-panel.ts';
import type { Workbench } from '../workbench/workbench.ts';
import type { LabController } from './lab-controller.ts';
import { wasLeft } from './left-run.ts';
import { isOffline, serverAnswers } from './reach.ts';
import { Stage, WAYS } from './stage.ts';
import { TerminalElement } from './terminal-element.ts';

/** The buttons that begin a run, and so those that can be clicked before the rest has come. */
const BEGINS = ['run', 'play', 'next', 'check'];
/** Opens the editor, which needs nothing of a run. */
const EDIT = 'edit';
/** What an exercise gives to those who ask, which needs nothing of a run either. */
const HELPS = ['hint', 'solution', 'use-solution'];
const RESTORE = 'restore';

class LabElement extends HTMLElement {
  #coming: Promise<LabController> | undefined;
  #controller: LabController | undefined;
  #desk: Promise<Desk> | undefined;
  #help: Promise<ExerciseHelp> | undefined;
  #workbench: Promise<Workbench> | undefined;
  #measure: Promise<MeasurePanel> | undefined;
  /** Whether a click waits for the controller. */
  #isAwaited = false;

  connectedCallback(): void {
    const section = this.querySelector('section');
    if (!section) return;
    const stage = new Stage(section);
    const prepare = ({ target }: Event): void => {
      // Whoever edits runs nothing yet.
      const edits = `[data-action="${EDIT}"], [data-editor-place], [data-exercise-panel]`;
      if (this.#coming || (target instanceof Element && target.closest(edits))) return;
      // Whether it can be loaded matters, and is said, only at a click.
      this.#load(stage).catch(() => undefined);
    };
    this.addEventListener('pointerover', prepare);
    this.addEventListener('focusin', prepare);
    const fold = section.querySelector<HTMLDetailsElement>('[data-measured]');
    this.addEventListener('click', ({ target, detail }) => {
      const button = target instanceof Element && target.closest('button');
      if (!button) return;
      if ('keys' in button.dataset) void showKeys();
      if ('copyLink' in button.dataset) copyLink(section).catch(console.error);
      if (fold && 'measureShow' in button.dataset) fold.open = true;
      if ('opensWorkbench' in button.dataset) void this.#openWorkbench(section);
      if (button.dataset['action'] === undefined || button.ariaDisabled === 'true') return;
      // Run has become Stop under the second click of a double click.
      if (button.dataset['action'] === 'stop' && detail > 1) return;
      void this.#act(stage, button.dataset);
    });
    this.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLSelectElement && 'ways' in target.dataset)
        countSteps(section, target);
    });
    this.addEventListener('keydown', (event) => {
      if (event.key !== '?' || isTypedInto(event.target)) return;
      event.preventDefault();
      void showKeys();
    });
    for (const button of section.querySelectorAll<HTMLButtonElement>('button[data-action]')) {
      button.disabled = ![...BEGINS, EDIT, ...HELPS].includes(button.dataset['action'] ?? '');
    }
    for (const button of section.querySelectorAll<HTMLButtonElement>('.lab-head button')) {
      button.disabled = false;
    }
    const ways = section.querySelector<HTMLSelectElement>(WAYS);
    // A browser that comes back to a page chooses what was chosen.
    if (ways) addEventListener('pageshow', () => countSteps(section, ways));
    section.dataset['ready'] = '';
    fold?.addEventListener('toggle', () => {
      if (fold.open) void this.#showRecorded(section);
    });
    const action = resumedAction(section);
    if (action !== undefined) void this.#act(stage, { action }, true);
    else if (wasLeft(section.dataset['lab'] ?? '')) void sayLeft(section);
    const follow = (): void => {
      if (hasEdits(section)) void this.#takeEdits(section);
      if (isAtFullSize(section)) void this.#openWorkbench(section, true);
    };
    addEventListener('hashchange', follow);
    follow();
  }

  /** Loads what runs the lab. */
  #load(stage: Stage): Promise<LabController> {
    this.#coming ??= Promise.all([
      import('./lab-controller.ts'),
      this.#loadDesk(stage.section),
      stage.section.querySelector('[data-measure]') ? this.#loadMeasure(stage.section) : undefined,
      import('./terminal-font.ts').then(({ terminalFont }) => terminalFont()),
    ]).then(
      ([{ LabController }, desk, measure]) =>
        (this.#controller = new LabController(stage, desk, measure)),
    );
    return this.#coming;
  }

  /** Loads the reader’s own versions, which also brings up the editor. */
  #loadDesk(section: HTMLElement): Promise<Desk> {
    this.#desk ??= import('../editor/desk.ts').then(({ Desk }) => new Desk(section));
    return this.#desk;
  }

  /**
   * Draws what was recorded when a reader asks for it: it answers what the lab asks, and what draws weighs more
   * than all that a page runs before Run.
   */
  async #showRecorded(section: HTMLElement): Promise<void> {
    try {
      (await this.#loadMeasure(section)).reveal();
    } catch (error) {
      console.error(error);
      this.#measure = undefined;
      sayText(section, 'The chart could not be loaded. Its figures are in the tables below it.');
    }
  }

  #loadMeasure(section: HTMLElement): Promise<MeasurePanel> {
    this.#measure ??= import('../measure/measure-panel.ts').then(
      ({ MeasurePanel }) => new MeasurePanel(section),
    );
    return this.#measure;
  }

  /**
   * Does what a button says, at once or, if the controller is still on its way, when it has come.
   * @param isResumed whether the page was reloaded for it
   */
  async #act(
    stage: Stage,
    { action = '', terminalName, edit }: DOMStringMap,
    isResumed = false,
  ): Promise<void> {
    const { section } = stage;
    if (this.#isAwaited) return;
    if (action === EDIT) {
      await this.#edit(section, edit, isResumed);
      return;
    }
    if (HELPS.includes(action) || action === RESTORE) {
      await this.#giveHelp(section, action);
      return;
    }
    if (!this.#controller) {
      this.#await(section, true);
      say(section, 'starting', 'Loading the lab…');
      try {
        await this.#load(stage);
      } catch (error) {
        console.error(error);
        const answers = await serverAnswers();
        // As long as a page lives, a browser never asks again for a script that failed. And after an
        // upgrade only the new page knows the new script. No lab can be running here, so none is lost.
        if (answers && !isResumed) {
          reloadFor(section, action);
          return;
        }
        say(section, 'failed', failureText(answers));
      }
      this.#await(section, false);
    }
    this.#controller?.act(action, terminalName);
  }

  /** @param file the program to edit; undefined for the one that the lab is about */
  async #edit(section: HTMLElement, file: string | undefined, isResumed: boolean): Promise<void> {
    try {
      await (await this.#loadDesk(section)).edit(file);
    } catch (error) {
      console.error(error);
      const answers = await serverAnswers();
      // As above; but a run that goes on is worth more.
      if (answers && !isResumed && !this.#controller) reloadFor(section, EDIT);
      else sayText(section, 'The editor could not be loaded. Click Edit to try again.');
    }
  }

  /** @param byAddress whether the page’s address asks for it, and not a click */
  async #openWorkbench(section: HTMLElement, byAddress = false): Promise<void> {
    try {
      this.#workbench ??= import('../workbench/workbench.ts').then(
        ({ Workbench }) => new Workbench(section),
      );
      const workbench = await this.#workbench;
      if (byAddress) workbench.follow();
      else workbench.toggle();
    } catch (error) {
      console.error(error);
      this.#workbench = undefined;
      sayText(section, 'The workbench could not be loaded. Click Workbench to try again.');
    }
  }

  async #giveHelp(section: HTMLElement, action: string): Promise<void> {
    try {
      this.#help ??= this.#loadHelp(section);
      await (await this.#help).act(action);
    } catch (error) {
      console.error(error);
      this.#help = undefined;
      sayText(section, 'That could not be loaded. Click again to retry.');
    }
  }

  async #loadHelp(section: HTMLElement): Promise<ExerciseHelp> {
    const [{ ExerciseHelp }, desk] = await Promise.all([
      import('../exercise/exercise-help.ts'),
      this.#loadDesk(section),
    ]);
    return new ExerciseHelp(section, desk);
  }

  /** Shows that there are edits, from this browser or in the page’s address. */
  async #takeEdits(section: HTMLElement): Promise<void> {
    try {
      await (await this.#loadDesk(section)).takeLink();
    } catch (error) {
      console.error(error);
      sayText(section, 'Your version of the program could not be loaded. Reload the page.');
    }
  }

  /** Makes the buttons deaf without taking the focus away from the one that was clicked. */
  #await(section: HTMLElement, isAwaited: boolean): void {
    this.#isAwaited = isAwaited;
    for (const action of BEGINS) {
      const button = section.querySelector(`button[data-action="${action}"]`);
      if (button) button.ariaDisabled = isAwaited ? 'true' : null;
    }
  }
}

/** Says how many steps the scenario of the chosen way has. */
function countSteps(section: HTMLElement, ways: HTMLSelectElement): void {
  const count = section.querySelector('[data-step-count]');
  const steps = ways.selectedOptions[0]?.dataset['steps'];
  if (count && steps !== undefined) count.textContent = steps;
  // Its name can be longer than the room for it.
  ways.title = `Way to run: ${ways.selectedOptions[0]?.text ?? ''}`;
}

/** Whether a key that is pressed there is text, and no command. */
function isTypedInto(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select'))
  );
}

async function showKeys(): Promise<void> {
  const { KeysDialog } = await import('./keys-dialog.ts');
  new KeysDialog().open();
}

async function copyLink(section: HTMLElement): Promise<void> {
  await (await import('./follow-link.ts')).copyLink(section);
}

/** Goes where the page's address leads. Few pages are come to by one that says more than theirs. */
async function follow(): Promise<void> {
  if (location.search === '' && location.hash === '') return;
  (await import('./follow-link.ts')).followAddress();
}

function failureText(answers: boolean): string {
  if (answers) {
    return 'This lab could not be loaded, although the server answers. Click Run to try again.';
  }
  return isOffline()
    ? 'You’re offline, so this lab could not be loaded. Click Run again once you’re back online.'
    : 'This lab could not be loaded: the server does not answer. Click Run to try again.';
}

/** Loads the page anew, to do there what was clicked here. It needs no storage: that can be forbidden. */
function reloadFor({ dataset: { lab } }: HTMLElement, action: string): void {
  history.replaceState({ lab, action }, '');
  location.reload();
}

/** What the page was reloaded for, once, if it was for this lab. */
function resumedAction({ dataset: { lab } }: HTMLElement): string | undefined {
  const state: unknown = history.state;
  if (typeof state !== 'object' || state === null) return undefined;
  if (!('lab' in state && state.lab === lab && 'action' in state)) return undefined;
  history.replaceState(null, '');
  return typeof state.action === 'string' ? state.action : undefined;
}

/** Whether a reader’s version of a program is kept for a lab, or comes with the page’s address. */
function hasEdits({ dataset: { lab = '' } }: HTMLElement): boolean {
  if (location.hash.startsWith(`#lab-${lab}&edit=`)) return true;
  try {
    return Object.keys(localStorage).some((key) => key.startsWith(`readable:edit:${lab}:`));
  } catch {
    return false;
  }
}

/** Whether the page’s address may ask for the lab at full size: the workbench reads it. */
function isAtFullSize({ dataset: { lab = '' } }: HTMLElement): boolean {
  return location.search.includes('workbench') && location.hash.startsWith(`#lab-${lab}`);
}

/** Speaks for the lab until its controller is there. */
function say(section: HTMLElement, state: LabState, text: string): void {
  section.dataset['state'] = state;
  sayText(section, text);
}

function sayText(section: HTMLElement, text: string): void {
  const status = section.querySelector('[role=status]');
  if (status) status.textContent = text;
}

/** Says that a run is over since the page was left, unless another has begun. */
async function sayLeft(section: HTMLElement): Promise<void> {
  const { endText } = await import('../../lab/status.ts');
  if (section.dataset['state'] === 'idle') say(section, 'stopped', endText({ kind: 'left' }));
}

customElements.define('readable-terminal', TerminalElement);
customElements.define('readable-lab', LabElement);
follow().catch(console.error);
addEventListener('hashchange', () => void follow().catch(console.error));
