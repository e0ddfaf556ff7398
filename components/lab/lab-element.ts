/**
 * `<readable-lab>`: the little of a lab that every page with one loads. The rest comes when a
 * reader turns to the lab, with the pointer, the keyboard or a finger.
 */
import { withBase } from '../base.ts';
import type { LabController } from './lab-controller.ts';
import { TerminalElement } from './terminal-element.ts';

class LabElement extends HTMLElement {
  #controller: Promise<LabController> | undefined;

  connectedCallback(): void {
    const section = this.querySelector('section');
    if (!section) return;
    const prepare = (): void => {
      // Whether it can be loaded matters, and is said, only at a click.
      this.#load(section).catch(() => undefined);
    };
    this.addEventListener('pointerover', prepare, { once: true });
    this.addEventListener('focusin', prepare, { once: true });
    this.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button[data-action]');
      if (button instanceof HTMLButtonElement) void this.#act(section, button.dataset);
    });
    for (const button of section.querySelectorAll('button')) {
      const { action } = button.dataset;
      button.disabled = action !== 'run' && action !== 'play';
    }
    section.dataset.ready = '';
  }

  #load(section: HTMLElement): Promise<LabController> {
    this.#controller ??= import('./lab-controller.ts').then(
      ({ LabController }) => new LabController(section),
      (error: unknown) => {
        this.#controller = undefined;
        throw error;
      },
    );
    return this.#controller;
  }

  async #act(section: HTMLElement, { action = '', terminalName }: DOMStringMap): Promise<void> {
    if (!this.#controller) say(section, 'starting', 'Loading the lab…');
    let controller: LabController;
    try {
      controller = await this.#load(section);
    } catch (error) {
      console.error(error);
      say(
        section,
        'failed',
        'The lab could not be loaded: the sandbox server does not answer. Click Run to try again.',
      );
      // Some browsers remember for as long as the page lives that a module could not be had.
      if (await serverAnswers()) location.reload();
      return;
    }
    controller.act(action, terminalName);
  }
}

function serverAnswers(): Promise<boolean> {
  return fetch(withBase('/healthz'), { cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Speaks for the lab until its controller is there. */
function say(section: HTMLElement, state: 'starting' | 'failed', text: string): void {
  section.dataset.state = state;
  const status = section.querySelector('[role=status]');
  if (status) status.textContent = text;
}

customElements.define('readable-terminal', TerminalElement);
customElements.define('readable-lab', LabElement);
