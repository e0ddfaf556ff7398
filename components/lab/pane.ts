/** One terminal of a lab with its header: who it is, how they are, and what one can do about it. */
import { LabTerminal, type TerminalEvents } from './terminal.ts';
import { TerminalElement } from './terminal-element.ts';
import type { Participant } from './run.ts';
import type { TerminalSize } from './session.ts';

/** What is known of the run, for what a pane shows. */
export interface PaneSituation {
  /** Whether there is a run that goes on. */
  readonly live: boolean;
  /** Whether the server listens. */
  readonly ready: boolean;
  /** Whether the scenario types, so that the reader does not. */
  readonly playing: boolean;
}

function find<T extends Element>(root: Element, selector: string, type: new () => T): T {
  const found = root.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`The lab’s markup has no ${selector}.`);
}

function serverState(participant: Participant | undefined, { live, ready }: PaneSituation): string {
  const end = participant?.end;
  if (end?.kind === 'exited') return `exited with code ${end.code}`;
  if (end?.kind === 'signaled') return `killed by ${end.signal}`;
  if (!live) return participant ? 'stopped' : 'not running';
  return ready ? 'listening' : 'starting';
}

function clientState(participant: Participant | undefined): string {
  switch (participant?.phase) {
    case undefined:
      return 'not connected';
    case 'starting':
      return 'connecting';
    case 'connected':
      return 'connected';
    case 'half-closed':
      return 'you ended your side';
    case 'ended':
      return 'ended';
  }
}

/** A pane: `[data-pane="NAME"]` and what is in it. */
export class Pane {
  readonly name: string;
  readonly element: HTMLElement;
  readonly #place: TerminalElement;
  readonly #state: HTMLElement;
  readonly #button: HTMLButtonElement | undefined;
  #terminal: LabTerminal | undefined;

  constructor(element: HTMLElement) {
    this.element = element;
    this.name = element.dataset['pane'] ?? '';
    this.#place = find(element, 'readable-terminal', TerminalElement);
    this.#state = find(element, '[data-pane-state]', HTMLElement);
    const button = element.querySelector('button');
    this.#button = button ?? undefined;
  }

  /** Makes the pane of a client that the page was not built with. */
  static forClient(template: HTMLTemplateElement, name: string): Pane {
    const holder = document.createElement('div');
    // Not cloneNode(): a template’s own document knows no custom elements.
    holder.append(document.importNode(template.content, true));
    const element = find(holder, '[data-pane]', HTMLElement);
    element.dataset['pane'] = name;
    find(element, '[data-pane-name]', HTMLElement).textContent = name;
    const place = find(element, 'readable-terminal', TerminalElement);
    place.dataset['terminal'] = name;
    place.setAttribute('aria-label', `${name} terminal`);
    return new Pane(element);
  }

  /** Puts a terminal in, unless there is one. */
  open(events: TerminalEvents): void {
    this.#terminal ??= new LabTerminal(this.#place, events);
  }

  close(): void {
    this.#terminal?.[Symbol.dispose]();
    this.#terminal = undefined;
  }

  write(bytes: Uint8Array): void {
    this.#terminal?.write(bytes);
  }

  get size(): TerminalSize | undefined {
    return this.#terminal?.size;
  }

  /** Shows how the pane’s process is. */
  update(participant: Participant | undefined, situation: PaneSituation): void {
    const running = situation.live && participant !== undefined && participant.phase !== 'ended';
    const state = this.#button ? clientState(participant) : serverState(participant, situation);
    this.#state.textContent = state;
    this.element.dataset['phase'] = running ? participant.phase : participant ? 'ended' : 'none';
    if (this.#terminal) {
      this.#terminal.interactive = running && !(situation.playing && this.#button);
    }
    this.#updateButton(participant, situation);
  }

  /** One button, so that the focus stays when its meaning changes. */
  #updateButton(participant: Participant | undefined, { live, playing }: PaneSituation): void {
    const button = this.#button;
    if (!button) return;
    const ended = participant?.phase === 'ended';
    button.hidden = !live || !participant;
    button.disabled = playing || !(ended || participant?.phase === 'connected');
    const action = ended ? 'reconnect' : 'end';
    if (button.dataset['action'] === action && button.dataset['client'] === this.name) return;
    button.dataset['action'] = action;
    button.dataset['client'] = this.name;
    // What is seen begins what is heard, so that both name the same button.
    const rest = document.createElement('span');
    rest.className = 'sr-only';
    rest.textContent = ended ? ` ${this.name}` : ` ${this.name}’s connection`;
    button.replaceChildren(ended ? 'Reconnect' : 'End', rest);
  }
}
