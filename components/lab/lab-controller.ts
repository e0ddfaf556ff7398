/**
 * What a lab does when its buttons are clicked. This module, and all it imports, is loaded only
 * when a reader turns to a lab.
 */
import { Connection } from '../../lab/connection.ts';
import type { Lab } from '../../lab/definition.ts';
import {
  castOf,
  playScenario,
  scenarioOf,
  systemClock,
  type Audience,
  type Pace,
} from '../../lab/player.ts';
import { Run } from '../../lab/run.ts';
import type { Step } from '../../lab/scenario.ts';
import { beginnerOf, subjectOf } from '../../lab/subject.ts';
import { waitsForServer, type Line, type RunEnd, type Situation } from '../../lab/status.ts';
import { readDefinition } from './definition-json.ts';
import { sandboxServer, watchForServer } from './health.ts';
import { LabView } from './lab-view.ts';
import { noteLeft } from './left-run.ts';
import { isOffline } from './reach.ts';
import { ScenarioView } from './scenario-view.ts';
import type { Stage } from './stage.ts';
import { announce } from './tab-title.ts';
import type { TerminalEvents } from './terminal.ts';

const CALM: Pace = { typing: 25, between: 1200, settles: 500 };
/** For readers who asked for less motion: nothing is typed letter by letter. */
const STILL: Pace = { typing: 0, between: 800, settles: 500 };

/** The life of one lab on the page. */
export class LabController {
  readonly #lab: Lab;
  readonly #view: LabView;
  readonly #scenarioView: ScenarioView;
  #run: Run | undefined;
  #stopping = false;
  #serverIsBack = false;
  #note = '';
  /** The client whom the reader may begin with, until they have typed anything. */
  #beginner: string | undefined;
  /** Whether the reader has been brought to the beginner’s terminal. */
  #isInvited = false;
  /** Ends the scenario that plays now. */
  #scenario: AbortController | undefined;
  /** Ends the watch for a server that has gone. */
  #watch: AbortController | undefined;

  constructor(stage: Stage) {
    const { section } = stage;
    const json = section.querySelector('script[type="application/json"]')?.textContent ?? '';
    this.#lab = readDefinition(json);
    this.#view = new LabView(stage, this.#lab);
    this.#scenarioView = new ScenarioView(section);
    // A page that is closed frees its place at once; one that is come back to says what became of its run.
    addEventListener('pagehide', () => this.#pageLeft());
    addEventListener('offline', () => this.#show());
    addEventListener('online', () => {
      this.#run?.hurry();
      this.#show();
    });
  }

  /** Does what a button says: its `data-action`, and for some the name of a terminal. */
  act(action: string, name: string | undefined): void {
    this.#note = '';
    switch (action) {
      case 'run':
        this.#start();
        break;
      case 'stop':
        this.#stop();
        break;
      case 'clear':
        this.#clear();
        break;
      case 'play':
        void this.#play();
        break;
      case 'connect':
        this.#run?.connect();
        break;
      case 'reconnect':
        this.#run?.connect(name);
        break;
      case 'launch':
        if (name !== undefined) this.#run?.launch(name, this.#view.wayOf(name));
        break;
      case 'end':
        if (name !== undefined) this.#run?.halfClose(name);
    }
  }

  #pageLeft(): void {
    const run = this.#run;
    noteLeft(this.#lab.id, run !== undefined && (!run.end || run.end.kind === 'left'));
    run?.leave();
  }

  #start(): void {
    this.#leave();
    this.#view.reset(this.#eventsFor);
    this.#scenarioView.clear();
    this.#view.stage.comeIntoView();
    this.#beginner = beginnerOf(this.#lab, scenarioOf(this.#lab, this.#view.way));
    this.#isInvited = false;
    const run: Run = new Run(
      (events) => {
        const size = this.#view.sizeOf('server');
        const start = { lab: this.#lab.id, way: this.#view.way };
        return new Connection(sandboxServer, start, size, events);
      },
      (name) => this.#view.sizeOf(name),
      {
        started: ({ name, role }) => {
          this.#view.open(name, this.#eventsFor);
          if (role !== 'client') this.#view.stage.showOutput();
        },
        output: (name, bytes) => this.#view.write(name, bytes),
        error: (message) => {
          this.#note = message;
          this.#show();
        },
        measured: (name, gauges) => this.#view.measure(name, gauges),
        selects: (name, call) => this.#view.showSelect(name, call),
        letIn: () => announce(this.#lab.title),
        over: (end) => this.#over(end),
        changed: () => this.#show(),
      },
    );
    this.#run = run;
    this.#show();
  }

  #stop(): void {
    this.#scenario?.abort();
    this.#stopping = true;
    this.#run?.stop();
    this.#show();
  }

  #clear(): void {
    this.#leave();
    this.#view.reset();
    this.#scenarioView.clear();
    this.#show();
  }

  async #play(): Promise<void> {
    this.#start();
    const run = this.#run;
    if (!run) return;
    const scenario = new AbortController();
    this.#scenario = scenario;
    this.#scenarioView.begin(scenarioOf(this.#lab, this.#view.way).length);
    this.#show();
    this.#isInvited = true;
    this.#beginner = undefined;
    await run.admitted(scenario.signal);
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const steps = scenarioOf(this.#lab, this.#view.way);
    const result = await playScenario({
      cast: castOf(this.#lab),
      steps,
      stage: run,
      clock: systemClock,
      pace: still ? STILL : CALM,
      audience: this.#following(steps),
      signal: scenario.signal,
    });
    // Another run may have begun meanwhile; its page is no business of this one.
    if (this.#scenario !== scenario) return;
    this.#scenario = undefined;
    this.#scenarioView.finish(result);
    this.#show();
    if (result.kind !== 'passed') return;
    const detail = { lab: this.#lab.id };
    document.dispatchEvent(new CustomEvent('readable:passed', { detail }));
  }

  /** Tells the page of the steps, and has the terminal that each is about in front. */
  #following(steps: readonly Step[]): Audience {
    return {
      stepStarts: (number, caption) => {
        const step = steps[number - 1];
        const subject = step && subjectOf(step);
        if (subject !== undefined) this.#view.stage.bringForward(subject);
        this.#scenarioView.stepStarts(number, caption);
      },
      stepPassed: () => this.#scenarioView.stepPassed(),
    };
  }

  /** Leaves everything of an earlier run behind. */
  #leave(): void {
    this.#scenario?.abort();
    this.#scenario = undefined;
    this.#watch?.abort();
    this.#watch = undefined;
    if (this.#run && !this.#run.end) this.#run.abandon();
    this.#run = undefined;
    this.#stopping = false;
    this.#serverIsBack = false;
  }

  #over(end: RunEnd): void {
    if (!waitsForServer(end)) return;
    const watch = new AbortController();
    this.#watch = watch;
    void watchForServer(watch.signal, () => {
      if (this.#watch !== watch) return;
      this.#serverIsBack = true;
      this.#show();
    });
  }

  #situation(): Situation {
    const run = this.#run;
    if (!run) return { kind: 'idle' };
    if (run.end) return { kind: 'over', end: run.end, serverIsBack: this.#serverIsBack };
    if (this.#stopping) return { kind: 'stopping' };
    const line: Line = !run.away ? 'up' : isOffline() ? 'offline' : 'lost';
    if (run.queued) return { kind: 'queued', line, ...run.queued };
    if (!run.ready) return { kind: 'starting', line };
    return {
      kind: 'running',
      line,
      programs: run.count('programs'),
      clients: run.count('clients'),
      isolation: run.isolation,
      reads: run.reads(this.#lab),
      idle: run.idle,
      invites: this.#scenario ? undefined : this.#beginner,
    };
  }

  #show(): void {
    const playing = this.#scenario !== undefined;
    this.#view.show(this.#situation(), this.#run, playing, this.#note);
    if (!playing) this.#invite();
  }

  /** Brings the reader to the terminal that they may type into, once its client is connected. */
  #invite(): void {
    const name = this.#beginner;
    if (this.#isInvited || name === undefined || !this.#run?.ready) return;
    if (!this.#run.connected(name)) return;
    this.#isInvited = true;
    this.#view.invite(name);
  }

  /** The reader has begun by themselves. */
  #typed(name: string, bytes: Uint8Array): void {
    this.#run?.input(name, bytes);
    if (this.#beginner === undefined) return;
    this.#beginner = undefined;
    this.#show();
  }

  readonly #eventsFor = (name: string): TerminalEvents => ({
    input: (bytes) => this.#typed(name, bytes),
    resized: (size) => this.#run?.resize(name, size),
  });
}
