/** A lab's place on the page: its state, status line, buttons and panes. */
import type { Lab } from '../../lab/definition.ts';
import type { MessageOf, Run } from '../../lab/run.ts';
import { labState, statusText, type Situation } from '../../lab/status.ts';
import { DEFAULT_SIZE, MAX_CLIENTS, type TerminalSize } from '../../protocol/messages.ts';
import { KernelView } from '../kernel/kernel-view.ts';
import { LineMarks } from '../source/line-marks.ts';
import { RunTimeline } from '../timeline/run-timeline.ts';
import { GaugesView } from './gauges-view.ts';
import { Pane, type PaneSituation } from './pane.ts';
import { RunClock } from './run-clock.ts';
import { SelectView } from './select-view.ts';
import type { Stage } from './stage.ts';
import { clearNews, markNews } from './tab-news.ts';
import type { TerminalEvents } from './terminal.ts';

/** Makes the events of the terminal with this name. */
export type EventsFor = (name: string) => TerminalEvents;

/** What the page shows of a lab. */
export class LabView {
  readonly stage: Stage;
  /** Where each process is in the source. */
  readonly marks: LineMarks;
  /** What each process calls and waits for. */
  readonly timeline: RunTimeline;
  readonly #kernel: KernelView;
  readonly #section: HTMLElement;
  readonly #clock: RunClock;
  readonly #runButton: HTMLButtonElement;
  /** What Run does in this lab, in words. */
  readonly #runTitle: string;
  readonly #status: Element;
  readonly #clients: Element;
  readonly #template: HTMLTemplateElement;
  readonly #panes = new Map<string, Pane>();
  readonly #gauges = new Map<string, GaugesView>();
  readonly #select: SelectView | undefined;
  readonly #builtWith: ReadonlySet<string>;
  #said: string | undefined;

  constructor(stage: Stage, lab: Lab) {
    const { section } = stage;
    this.stage = stage;
    const clock = section.querySelector('[data-clock]');
    const runButton = section.querySelector<HTMLButtonElement>('.lab-run');
    const status = section.querySelector('[role="status"]');
    const clients = section.querySelector('.lab-clients');
    const template = section.querySelector('template');
    if (!status || !clients || !template || !clock || !runButton) {
      throw new Error(`The markup of the lab “${lab.id}” is not whole.`);
    }
    this.#clock = new RunClock(clock);
    this.#runButton = runButton;
    this.#runTitle = runButton.title;
    this.#section = section;
    this.#status = status;
    this.#clients = clients;
    this.#template = template;
    for (const element of section.querySelectorAll('[data-pane]')) {
      if (element instanceof HTMLElement) this.#add(new Pane(element));
    }
    this.#builtWith = new Set(this.#panes.keys());
    for (const element of section.querySelectorAll('[data-gauges]')) {
      this.#gauges.set(element.getAttribute('data-gauges') ?? '', new GaugesView(element));
    }
    const select = section.querySelector('[data-select]');
    this.#select = select ? new SelectView(select) : undefined;
    this.#kernel = new KernelView(section);
    this.marks = new LineMarks(section);
    this.timeline = new RunTimeline(
      section.querySelector('[data-timeline]'),
      this.marks,
      () =>
        [...this.#panes.values()].flatMap(({ kind, name }) => (kind === 'client' ? [name] : [])),
      (waits) => {
        for (const [name, gauges] of this.#gauges) {
          gauges.showWaits((pid) => waits(name, pid));
        }
      },
    );
  }

  /** The way of the server program that is chosen, if it has several. */
  get way(): string | undefined {
    return this.#section.querySelector<HTMLSelectElement>('[data-ways]')?.value;
  }

  /** The way that is chosen for a program that starts on demand. */
  wayOf(program: string): string | undefined {
    return this.#panes.get(program)?.way;
  }

  measure(name: string, reading: MessageOf<'gauges'>): void {
    this.#gauges.get(name)?.show(reading);
    this.timeline.takeTree(reading);
  }

  showSelect(name: string, call: MessageOf<'select'>): void {
    if (name === 'server') this.#select?.show(call, this.timeline.owners);
  }

  showKernel(message: MessageOf<'kernel'>): void {
    this.#kernel.show(message.connections, message.listeners);
    this.timeline.takeKernel(message);
  }

  /** Empties the terminals; `eventsFor` given, opens fresh ones. */
  reset(eventsFor?: EventsFor): void {
    for (const [name, pane] of this.#panes) {
      pane.close();
      if (!this.#builtWith.has(name)) {
        pane.element.remove();
        this.#panes.delete(name);
        this.stage.remove(name);
      } else if (eventsFor) {
        pane.open(eventsFor(name));
      }
    }
    for (const gauges of this.#gauges.values()) gauges.clear();
    this.#select?.clear();
    this.#kernel.clear();
    this.timeline.reset();
    clearNews(this.stage.section);
  }

  /** The pane of this name, made if need be, with a terminal in it. */
  open(name: string, eventsFor: EventsFor): Pane {
    const pane = this.#panes.get(name) ?? this.#add(Pane.forClient(this.#template, name));
    if (!pane.element.isConnected) {
      this.#clients.append(pane.element);
      this.stage.add(name);
    }
    pane.open(eventsFor(name));
    return pane;
  }

  write(name: string, bytes: Uint8Array): void {
    this.#panes.get(name)?.write(bytes);
    markNews(this.stage.section, name);
  }

  /**
   * Brings a terminal forward and gives it the focus, if the reader is still at the button that began
   * the run. A finger’s focus would bring the keyboard up over half of the page.
   */
  invite(name: string): void {
    const pane = this.#panes.get(name);
    const { activeElement, body } = document;
    if (!pane || (activeElement !== body && activeElement !== this.#runButton)) return;
    this.stage.bringForward(name);
    if (!matchMedia('(pointer: coarse)').matches) pane.focus();
  }

  /** The size of a terminal; of one that is not there yet, what a client’s is like. */
  sizeOf(name: string): TerminalSize {
    const another = [...this.#panes.values()].find((pane) => pane.kind === 'client' && pane.size);
    return this.#panes.get(name)?.size ?? another?.size ?? DEFAULT_SIZE;
  }

  /**
   * Shows a situation.
   * @param note said before the status, as when the server could not take something
   */
  show(situation: Situation, run: Run | undefined, playing: boolean, note: string): void {
    this.#section.dataset['state'] = labState(situation);
    const text = `${note} ${statusText(situation)}`.trim();
    this.#say(text);

    const waits = situation.kind === 'queued' || situation.kind === 'starting';
    const live = waits || situation.kind === 'running';
    const checks =
      situation.kind === 'running'
        ? situation.checks === true
        : situation.kind === 'over' && situation.verdict !== undefined;
    const measures = situation.kind === 'running' && situation.measuring !== undefined;
    const ready = situation.kind === 'running' && !checks && !measures;
    const panes: PaneSituation = { live, ready, playing, checks, measures };
    let clients = 0;
    for (const [name, pane] of this.#panes) {
      const participant = run?.participant(name);
      if (participant?.role === 'client' && participant.phase !== 'ended') clients += 1;
      pane.update(participant, panes);
    }
    const stopping = situation.kind === 'stopping';
    const ways = this.#section.querySelector<HTMLSelectElement>('[data-ways]');
    if (ways) ways.disabled = live || stopping;
    this.#clock.show(situation, run?.limit);
    if (run) this.#followEnds(run, situation.kind === 'over');
    this.#showRunButton(live || stopping);
    // A button that is disabled loses the focus.
    this.#runButton.ariaDisabled = stopping ? 'true' : null;
    this.#enable('clear', situation.kind !== 'idle');
    this.#enable('play', !waits && !playing);
    this.#enable('connect', ready && !playing && clients < MAX_CLIENTS);
  }

  /** What has ended waits for nothing any more. */
  #followEnds(run: Run, isOver: boolean): void {
    if (isOver) this.timeline.finish();
    for (const [name, { kind }] of this.#panes) {
      const process = run.process(name);
      if (kind !== 'client' && process !== undefined && run.ended(name)) {
        this.timeline.ended(process);
      }
    }
  }

  /** One button, so that the focus stays on it. */
  #showRunButton(stops: boolean): void {
    const action = stops ? 'stop' : 'run';
    if (this.#runButton.dataset['action'] === action) return;
    this.#runButton.dataset['action'] = action;
    this.#runButton.textContent = stops ? 'Stop' : 'Run';
    this.#runButton.title = stops ? 'End every process of this run' : this.#runTitle;
  }

  /** Lines after the first are a program’s, and stand as they do there. */
  #say(text: string): void {
    // Only a change is spoken.
    if (this.#said === text) return;
    this.#said = text;
    const [sentence = '', ...lines] = text.split('\n');
    this.#status.textContent = sentence;
    if (lines.length === 0) return;
    const excerpt = document.createElement('code');
    excerpt.textContent = lines.join('\n');
    this.#status.append(excerpt);
  }

  #add(pane: Pane): Pane {
    this.#panes.set(pane.name, pane);
    return pane;
  }

  #enable(action: string, enabled: boolean): void {
    const button = this.#section.querySelector(`.lab-controls [data-action="${action}"]`);
    if (button instanceof HTMLButtonElement) button.disabled = !enabled;
  }
}
