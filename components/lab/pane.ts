/** One terminal of a lab with its header: who it is, how they are, and what one can do about it. */
import type { Participant } from '../../lab/run.ts';
import { clientColour } from '../../lab/client-hue.ts';
import { ROLES, type Role, type TerminalSize } from '../../protocol/messages.ts';
import { TerminalElement } from './terminal-element.ts';
import { LabTerminal, type TerminalEvents } from './terminal.ts';

/** What keys send: Enter, Ctrl-C and Ctrl-D. */
const ENTER = '\r';
const INTERRUPT = '\u0003';
const END_OF_FILE = '\u0004';

/** What is known of the run, for what a pane shows. */
export interface PaneSituation {
  /** Whether there is a run that goes on. */
  readonly live: boolean;
  /** Whether the server listens. */
  readonly ready: boolean;
  /** Whether what runs is the check of an exercise. */
  readonly checks: boolean;
  /** Whether what runs measures programs. */
  readonly measures: boolean;
  /** Whether the scenario types, so that the reader does not. */
  readonly playing: boolean;
}

function find<T extends Element>(root: Element, selector: string, type: new () => T): T {
  const found = root.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`The lab’s markup has no ${selector}.`);
}

function isRole(kind: string | undefined): kind is Role {
  return ROLES.some((role) => role === kind);
}

function programState(
  participant: Participant | undefined,
  { live, ready, checks, measures }: PaneSituation,
): string {
  if (checks && participant) return live ? 'being checked' : 'checked';
  if (measures && participant && !participant.end) return 'measuring';
  const end = participant?.end;
  if (end?.kind === 'exited') return `exited with code ${end.code}`;
  if (end?.kind === 'signaled') return `killed by ${end.signal}`;
  if (!participant || !live) return participant ? 'stopped' : 'not running';
  if (participant.role === 'server' && ready) return 'listening';
  return participant.role === 'server' ? 'starting' : 'running';
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
      return 'half closed';
    case 'ended':
      return 'ended';
  }
}

/** What a pane’s button does: in a word that is seen, and the rest that is heard. */
interface ButtonMeaning {
  readonly action: 'launch' | 'reconnect' | 'end';
  readonly label: string;
  readonly title: string;
}

function buttonMeaning(
  name: string,
  kind: Role,
  participant: Participant | undefined,
): ButtonMeaning {
  const ended = participant?.phase === 'ended';
  if (kind === 'program') {
    return { action: 'launch', label: ended ? 'Start again' : 'Start', title: `Start ${name}` };
  }
  if (!participant) {
    return { action: 'reconnect', label: 'Connect', title: `Connect ${name} to the server` };
  }
  return ended
    ? { action: 'reconnect', label: 'Reconnect', title: `Connect ${name} to the server again` }
    : { action: 'end', label: 'Hang up', title: `End ${name}’s side of the connection: Ctrl-D` };
}

/** A pane: `[data-pane="NAME"]` and what is in it. */
export class Pane {
  readonly name: string;
  readonly kind: Role;
  readonly element: HTMLElement;
  readonly #place: TerminalElement;
  readonly #state: HTMLElement;
  readonly #button: HTMLButtonElement | undefined;
  readonly #way: HTMLSelectElement | undefined;
  readonly #line: HTMLFormElement | undefined;
  #events: TerminalEvents | undefined;
  #terminal: LabTerminal | undefined;

  constructor(element: HTMLElement) {
    this.element = element;
    this.name = element.dataset['pane'] ?? '';
    const { kind } = element.dataset;
    if (!isRole(kind)) throw new Error(`The pane “${this.name}” is of no known kind.`);
    this.kind = kind;
    this.#place = find(element, 'readable-terminal', TerminalElement);
    this.#state = find(element, '[data-pane-state]', HTMLElement);
    this.#button = element.querySelector<HTMLButtonElement>('.lab-pane-button') ?? undefined;
    this.#way = element.querySelector<HTMLSelectElement>('[data-pane-way]') ?? undefined;
    this.#line = element.querySelector<HTMLFormElement>('[data-pane-line]') ?? undefined;
    this.#line?.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#sendLine(ENTER);
    });
    this.#line?.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button[data-key]');
      if (button instanceof HTMLButtonElement) this.#press(button.dataset['key']);
    });
  }

  /** The way that is chosen for the program, if it has several. */
  get way(): string | undefined {
    return this.#way?.value;
  }

  /** Makes the pane of a client that the page was not built with. */
  static forClient(template: HTMLTemplateElement, name: string): Pane {
    const holder = document.createElement('div');
    // Not cloneNode(): a template’s own document knows no custom elements.
    holder.append(document.importNode(template.content, true));
    const element = find(holder, '[data-pane]', HTMLElement);
    element.dataset['pane'] = name;
    element.style.setProperty('--client', clientColour(name));
    const pipes = element.querySelector<HTMLElement>('[data-pipes]');
    if (pipes) pipes.dataset['pipes'] = name;
    find(element, '[data-pane-name]', HTMLElement).textContent = name;
    const place = find(element, 'readable-terminal', TerminalElement);
    place.dataset['terminal'] = name;
    place.ariaLabel = `${name}’s terminal`;
    const line = find(element, '[data-pane-line] input', HTMLInputElement);
    line.placeholder = `A line for ${name}`;
    line.ariaLabel = line.placeholder;
    for (const owner of element.querySelectorAll('[data-line-owner]')) {
      owner.textContent = ` for ${name}`;
    }
    return new Pane(element);
  }

  /** Puts a terminal in, unless there is one, for a process that begins. */
  open(events: TerminalEvents): void {
    this.#events = events;
    if (this.#terminal) this.#terminal.begin();
    else this.#terminal = new LabTerminal(this.#place, events);
  }

  /** Gives the terminal the focus, without moving the page. */
  focus(): void {
    this.#terminal?.focus();
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
    this.#state.textContent =
      this.kind === 'client' ? clientState(participant) : programState(participant, situation);
    this.element.dataset['phase'] = running ? participant.phase : participant ? 'ended' : 'none';
    if (this.#terminal) {
      // Ctrl-C stays with the reader while a scenario plays.
      this.#terminal.interactive = running && !(situation.playing && this.kind === 'client');
    }
    const isClient = this.kind === 'client';
    for (const control of this.#line?.elements ?? []) {
      if (!(control instanceof HTMLInputElement || control instanceof HTMLButtonElement)) continue;
      const interrupts = control.dataset['key'] === 'interrupt';
      control.disabled =
        !running ||
        (situation.playing && (isClient || !interrupts)) ||
        (participant.phase === 'half-closed' && !interrupts);
    }
    this.#updateButton(participant, situation);
  }

  /** For a keyboard on a screen, which has no Ctrl and hides half of the page. */
  #press(key: string | undefined): void {
    if (key === 'interrupt') this.#send(INTERRUPT);
    else if (key === 'end') this.#send(END_OF_FILE);
    // Within a line, the end of the file is only the end of what is sent of it.
    else if (this.#line?.querySelector('input')?.value) this.#sendLine(END_OF_FILE);
  }

  #sendLine(end: string): void {
    const input = this.#line?.querySelector('input');
    if (!input) return;
    this.#send(input.value + end);
    input.value = '';
    input.focus();
  }

  #send(text: string): void {
    this.#events?.input(new TextEncoder().encode(text));
  }

  /** One button, so that the focus stays when its meaning changes. */
  #updateButton(participant: Participant | undefined, situation: PaneSituation): void {
    const { live, ready, playing } = situation;
    const button = this.#button;
    if (!button) return;
    const phase = participant?.phase;
    const running = live && phase !== undefined && phase !== 'ended';
    const canStart = ready && !running;
    button.hidden = this.kind !== 'program' && (!live || (!participant && !ready));
    button.disabled =
      playing || !(this.kind === 'program' ? canStart : canStart || phase === 'connected');
    if (this.#way) this.#way.disabled = playing || running;
    const { action, label, title } = buttonMeaning(this.name, this.kind, participant);
    button.title = title;
    if (button.dataset['action'] === action && button.dataset['label'] === label) return;
    button.dataset['action'] = action;
    button.dataset['label'] = label;
    button.dataset['terminalName'] = this.name;
    // What is seen begins what is heard, so that both name the same button.
    const heard = document.createElement('span');
    heard.className = 'sr-only';
    heard.textContent = ` ${this.name}`;
    button.replaceChildren(label, heard);
  }
}
