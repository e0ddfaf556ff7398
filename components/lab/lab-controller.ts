/**
 * What a lab does when its buttons are clicked. This module, and all it imports, is loaded only
 * when a reader turns to a lab.
 */
import { Connection } from '../../lab/connection.ts';
import type { Lab, LabProgram } from '../../lab/definition.ts';
import {
  Player,
  castOf,
  scenarioOf,
  systemClock,
  type Pace,
  type PlayerState,
} from '../../lab/player.ts';
import { patchLeftOut, patchThatRuns } from '../../lab/chosen-way.ts';
import { answerTo, type Answer } from '../../lab/question.ts';
import { Run } from '../../lab/run.ts';
import type { Step } from '../../lab/scenario.ts';
import { beginnerOf, subjectOf } from '../../lab/subject.ts';
import { waitsForServer, type Line, type RunEnd, type Situation } from '../../lab/status.ts';
import { turnOf, type Turn } from '../../lab/turn.ts';
import { saidTo } from '../place/place.ts';
import { loadPlace } from '../place/store.ts';
import { CrowdControl } from '../crowd/crowd-control.ts';
import { VerdictView } from '../exercise/verdict-view.ts';
import type { MeasurePanel } from '../measure/measure-panel.ts';
import type { CheckOutcome } from '../../lab/check-outcome.ts';
import type { Desk } from '../editor/desk.ts';
import { definitionIn } from './definition-json.ts';
import { sandboxServer, watchForServer } from './health.ts';
import { bringIntoView } from './into-view.ts';
import { LabView } from './lab-view.ts';
import { noteLeft } from './left-run.ts';
import './print-terminals.ts';
import { isOffline } from './reach.ts';
import { ScenarioView, type ScenarioSituation } from './scenario-view.ts';
import type { Stage } from './stage.ts';
import { announce } from './tab-title.ts';
import type { SourcePlaces } from './source-links.ts';
import type { TerminalEvents } from './terminal.ts';

/** About 220 words a minute, and time to look at what each step has done. */
const CALM: Pace = { typing: 25, reading: 45, between: 1200, settles: 500 };
/** For tests, and for those who know the text: without the pauses for reading, by `?pace=0`. */
const HURRIED: Pace = { typing: 0, reading: 0, between: 300, settles: 500 };

function paceOfPage(): Pace {
  if (new URLSearchParams(location.search).get('pace') === '0') return HURRIED;
  // For readers who asked for less motion nothing is typed letter by letter.
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  return still ? { ...CALM, typing: 0 } : CALM;
}

/** A scenario that goes on. */
interface Performance {
  readonly steps: readonly Step[];
  /** Ends it. */
  readonly abort: AbortController;
  /** There is none while the run waits for a place. */
  player: Player | undefined;
}

/** The life of one lab on the page. */
export class LabController {
  readonly #lab: Lab;
  readonly #view: LabView;
  readonly #scenarioView: ScenarioView;
  readonly #desk: Desk;
  #run: Run | undefined;
  #stopping = false;
  #serverIsBack = false;
  #note = '';
  /** The client whom the reader may begin with, until they have typed anything. */
  #beginner: string | undefined;
  /** Whether the reader has been brought to the beginner’s terminal. */
  #isInvited = false;
  #performance: Performance | undefined;
  /** The step whose terminal has been brought forward. */
  #followed = 0;
  /** The button that will end the run that goes on, if it is clicked once more. */
  #confirming: 'play' | 'next' | 'check' | undefined;
  /** Of an exercise: what its check finds. */
  readonly #verdicts: VerdictView | undefined;
  /** Files that run with what a way changes in them, and which way: their lines are numbered otherwise than the editor’s. */
  readonly #patched = new Map<string, string>();
  readonly #crowd: CrowdControl | undefined;
  /** Of a lab that is a measurement: what it orders, and what it has found. */
  readonly #measure: MeasurePanel | undefined;
  /** Whether the run that goes on, or that was the latest, is the check of an exercise. */
  #checks = false;
  /** Whether the lab is in the window, and whether the server takes it for seen. */
  #isInView = true;
  #isWatched = true;
  /** Ends the watch for a server that has gone. */
  #watch: AbortController | undefined;

  /**
   * @param desk what runs: the book’s programs, or the reader’s own versions
   * @param measure of a lab that is a measurement, what shows it
   */
  constructor(stage: Stage, desk: Desk, measure?: MeasurePanel) {
    const { section } = stage;
    this.#desk = desk;
    this.#measure = measure;
    this.#lab = definitionIn(section);
    this.#view = new LabView(stage, this.#lab);
    this.#view.marks.editor = desk;
    this.#scenarioView = new ScenarioView(section, {
      answered: (said) => this.#answer(said),
      back: (step) => void this.#perform(false, step),
    });
    if (this.#lab.exercise) {
      this.#verdicts = new VerdictView(section, (seed) => this.#askToCheck(seed));
    }
    const crowd = section.querySelector('[data-crowd]');
    if (crowd instanceof HTMLDetailsElement) {
      this.#crowd = new CrowdControl(
        crowd,
        (order) => this.#run?.crowd(order),
        () => this.#run?.printed('server'),
      );
    }
    // A page that is closed frees its place at once; one that is come back to says what became of its run.
    addEventListener('pagehide', () => this.#pageLeft());
    new IntersectionObserver((entries) => {
      this.#isInView = entries.at(-1)?.isIntersecting ?? true;
      this.#tellWatched();
    }).observe(section);
    document.addEventListener('visibilitychange', () => this.#tellWatched());
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
      case 'check':
        this.#askToCheck(null);
        break;
      case 'play':
      case 'next':
        this.#goOn(action);
        break;
      case 'pause':
        this.#performance?.player?.pause();
        break;
      case 'connect':
        this.#run?.connect();
        break;
      case 'reconnect':
        this.#run?.connect(name);
        break;
      case 'launch':
        if (name !== undefined) this.#launch(name);
        break;
      case 'end':
        if (name !== undefined) this.#run?.halfClose(name);
    }
  }

  #launch(name: string): void {
    const way = this.#view.wayOf(name);
    const program = this.#lab.programs.find((each) => each.name === name);
    if (program) {
      this.#note = patchLeftOut(program, way, this.#desk.running) ?? '';
      this.#notePatch(program, way);
    }
    this.#run?.launch(name, way);
    this.#show();
  }

  #notePatch(program: LabProgram, way: string | undefined): void {
    const patch = patchThatRuns(program, way, this.#desk.running);
    if (patch !== undefined) this.#patched.set(program.program, patch);
  }

  #pageLeft(): void {
    const run = this.#run;
    noteLeft(this.#lab.id, run !== undefined && (!run.end || run.end.kind === 'left'));
    run?.leave();
  }

  /**
   * @param check the seed of a check, null for any; undefined for a run
   * @returns whether a run has begun
   */
  #start(check?: number | null): boolean {
    const problem = this.#desk.problem;
    if (problem !== undefined) {
      this.#note = `Nothing was sent: ${problem}`;
      this.#show();
      return false;
    }
    const edits = this.#desk.take();
    this.#note = patchLeftOut(this.#lab.server, this.#view.way, this.#desk.running) ?? '';
    this.#patched.clear();
    this.#notePatch(this.#lab.server, this.#view.way);
    this.#leave();
    this.#view.reset(this.#eventsFor);
    this.#view.marks.begin(this.#desk.running, this.#patched);
    this.#scenarioView.clear();
    this.#crowd?.clear();
    const order = this.#measure?.order;
    if (order) this.#measure.begin(order);
    this.#verdicts?.clear();
    if (check === undefined) bringIntoView(this.#view.stage.section);
    else this.#verdicts?.begin();
    this.#checks = check !== undefined;
    this.#beginner = beginnerOf(this.#lab, scenarioOf(this.#lab, this.#view.way));
    this.#isInvited = false;
    const run: Run = new Run(
      (events) => {
        const size = this.#view.sizeOf('server');
        const start = { lab: this.#lab.id, way: this.#view.way, edits, check, measure: order };
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
          this.#crowd?.refused();
          this.#show();
        },
        measured: (name, gauges) => {
          this.#view.measure(name, gauges);
          if (name === 'server') this.#crowd?.measure(gauges.figures);
        },
        crowd: (message) => this.#crowd?.take(message),
        selects: (name, call) => this.#view.showSelect(name, call),
        timeline: (name, message) => this.#view.timeline.take(name, message),
        kernel: (message) => this.#view.showKernel(message),
        found: (record) => this.#measure?.take(record),
        letIn: () => announce(this.#lab.title),
        checked: (record) => this.#verdicts?.show(record),
        faulted: (faults) => void this.#desk.faulted(faults).catch(console.error),
        over: (end) => this.#over(end),
        changed: () => this.#show(),
      },
    );
    this.#run = run;
    this.#isWatched = true;
    this.#tellWatched();
    this.#show();
    return true;
  }

  /** What the kernel holds is not looked up for nobody. */
  #tellWatched(): void {
    const isWatched = this.#isInView && document.visibilityState === 'visible';
    if (!this.#run || isWatched === this.#isWatched) return;
    this.#isWatched = isWatched;
    this.#run.watch(isWatched);
  }

  #askToCheck(seed: number | null): void {
    this.#asking('check', 'The check', 'End it and check', () => this.#start(seed));
  }

  #conclude(outcome: CheckOutcome | undefined): void {
    if (!outcome) return;
    this.#verdicts?.conclude(outcome);
    if (outcome.kind !== 'passed') return;
    const detail = { lab: this.#lab.id };
    document.dispatchEvent(new CustomEvent('readable:solved', { detail }));
  }

  #stop(): void {
    if (this.#stopping) return;
    this.#performance?.abort.abort();
    this.#stopping = true;
    this.#run?.stop();
    this.#show();
  }

  #clear(): void {
    this.#leave();
    this.#view.reset();
    this.#scenarioView.clear();
    this.#crowd?.clear();
    this.#measure?.clear();
    this.#verdicts?.clear();
    this.#show();
  }

  /** Plays the scenario, or goes one step on: in the one that goes on, or in a new one. */
  #goOn(action: 'play' | 'next'): void {
    const { player } = this.#performance ?? {};
    this.#view.marks.follow();
    if (player && action === 'play') player.play();
    else if (player) player.next();
    else if (!this.#performance) this.#beginAnew(action);
  }

  /** Begins the scenario, and asks first if that ends a run. */
  #beginAnew(action: 'play' | 'next'): void {
    const yes = action === 'play' ? 'End it and play' : 'End it and begin';
    this.#asking(action, 'The scenario', yes, () => void this.#perform(action === 'play', 1));
  }

  /**
   * Begins something with a fresh run, and asks first if that ends a run.
   * @param what the subject of the sentence that asks
   */
  #asking(action: 'play' | 'next' | 'check', what: string, yes: string, begin: () => void): void {
    const isLive = this.#run !== undefined && !this.#run.end;
    if (!isLive || this.#confirming === action) {
      begin();
      return;
    }
    this.#confirming = action;
    this.#scenarioView.confirm(
      `${what} starts a fresh run, which ends the one that is under way here.`,
      yes,
      begin,
      () => this.#askNoMore(),
    );
  }

  #askNoMore(): void {
    this.#confirming = undefined;
    this.#scenarioView.unconfirm();
  }

  /** @param from the step to begin with; those before are played quickly */
  async #perform(playing: boolean, from: number): Promise<void> {
    this.#measure?.chooseUsual();
    if (!this.#start()) return;
    const run = this.#run;
    if (!run) return;
    const steps = scenarioOf(this.#lab, this.#view.way);
    const performance: Performance = { steps, abort: new AbortController(), player: undefined };
    const { signal } = performance.abort;
    this.#performance = performance;
    this.#beginner = undefined;
    this.#followed = 0;
    this.#scenarioView.begin(steps);
    this.#show();
    await run.admitted(signal);
    const isCurrent = (): boolean => this.#performance === performance;
    const player = new Player({
      cast: castOf(this.#lab),
      steps,
      stage: run,
      clock: systemClock,
      pace: paceOfPage(),
      // Another run may have begun meanwhile; its page is no business of this one.
      audience: () => {
        if (isCurrent()) this.#show();
      },
      signal,
      playing,
      from,
      looksBack: this.#measure !== undefined,
    });
    performance.player = player;
    const result = await player.result;
    if (!isCurrent()) return;
    this.#scenarioView.show(player.state, this.#scenarioSituation);
    this.#performance = undefined;
    this.#show();
    // An exercise is done when it is solved, not when its fault has been seen.
    if (result.kind !== 'passed' || this.#lab.exercise) return;
    const detail = { lab: this.#lab.id };
    document.dispatchEvent(new CustomEvent('readable:passed', { detail }));
  }

  #answer(said: readonly string[]): void {
    const { player, steps } = this.#performance ?? {};
    const step = player && 'step' in player.state ? player.state.step : 0;
    const asks = steps?.[step - 1]?.question?.asks;
    if (!player || asks === undefined) return;
    player.answer(said);
    const answer = player.answerOf(step);
    if (!answer) return;
    const detail = { lab: this.#lab.id, asks, said: answer.said };
    document.dispatchEvent(new CustomEvent('readable:answered', { detail }));
  }

  /** What the reader has answered to the question of a step, in this run or another. */
  #answerTo(step: number): Answer | undefined {
    const { player, steps } = this.#performance ?? {};
    const question = steps?.[step - 1]?.question;
    if (!question) return undefined;
    const said = saidTo(loadPlace(), this.#lab.id, question.asks);
    return player?.answerOf(step) ?? (said && answerTo(question, said));
  }

  /** What the reader can do themselves now, while a step waits for it. */
  #turn(): Turn | undefined {
    const { player, steps } = this.#performance ?? {};
    if (!player || player.playing || player.state.kind !== 'ready') return undefined;
    const action = steps?.[player.state.step - 1]?.action;
    return action && turnOf(action, this.#lab);
  }

  get #scenarioSituation(): ScenarioSituation {
    return {
      playing: this.#performance?.player?.playing ?? false,
      answerTo: (step) => this.#answerTo(step),
      turn: this.#turn()?.terminal,
    };
  }

  /** Leaves everything of an earlier run behind. */
  #leave(): void {
    this.#performance?.abort.abort();
    this.#performance = undefined;
    this.#confirming = undefined;
    this.#watch?.abort();
    this.#watch = undefined;
    if (this.#run && !this.#run.end) this.#run.abandon();
    this.#run = undefined;
    this.#checks = false;
    this.#stopping = false;
    this.#serverIsBack = false;
  }

  #over(end: RunEnd): void {
    // There is no run any more that could be kept.
    this.#askNoMore();
    this.#measure?.end();
    if (this.#checks) this.#conclude(this.#run?.checkOutcome);
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
    if (run.end) {
      const over = { kind: 'over', end: run.end, serverIsBack: this.#serverIsBack } as const;
      return { ...over, verdict: this.#verdictText };
    }
    if (this.#stopping) return { kind: 'stopping' };
    const line: Line = !run.away ? 'up' : isOffline() ? 'offline' : 'lost';
    if (run.queued) return { kind: 'queued', line, ...run.queued };
    // Whoever checks a program, or measures it, is at work from its start, and never listens.
    const atWork = (this.#checks || this.#measure) && run.participant('server') !== undefined;
    if (!run.ready && !atWork) return { kind: 'starting', line };
    return {
      kind: 'running',
      line,
      programs: run.count('programs'),
      clients: run.count('clients'),
      isolation: run.isolation,
      reads: run.reads(this.#lab),
      idle: run.idle,
      turn: this.#turn()?.text,
      invites: this.#beginner,
      checks: this.#checks,
      measuring: this.#measure?.measuring,
    };
  }

  /** What the latest run has found, if it was a check and found something. */
  get #verdictText(): string | undefined {
    const outcome = this.#checks ? this.#run?.checkOutcome : undefined;
    switch (outcome?.kind) {
      case 'passed':
        return 'Check passed: the exercise is solved.';
      case 'failed':
        return 'Check failed: what went wrong is above.';
      case 'unfinished':
        return outcome.text;
      case undefined:
        return undefined;
    }
  }

  #show(): void {
    const performance = this.#performance;
    const player = performance?.player;
    const situation = this.#situation();
    // While a step waits, the terminals are the reader’s.
    const playing = performance !== undefined && (player?.playing ?? true);
    this.#view.show(situation, this.#run, playing, this.#note);
    if (player) {
      this.#follow(player.state);
      this.#scenarioView.show(player.state, this.#scenarioSituation);
    }
    const waits = situation.kind === 'queued' || situation.kind === 'starting';
    this.#crowd?.show({
      live: waits || situation.kind === 'running',
      ready: situation.kind === 'running' && !this.#checks && !playing,
    });
    this.#verdicts?.enable(!waits && this.#performance === undefined);
    this.#scenarioView.enable({
      next: performance !== undefined || !waits,
      pause: player?.playing ?? false,
    });
    this.#invite();
  }

  /** Has the terminal in front that the step is about. */
  #follow(state: PlayerState): void {
    if (!('step' in state) || state.step === this.#followed) return;
    this.#followed = state.step;
    const step = this.#performance?.steps[state.step - 1];
    const subject = step && subjectOf(step);
    if (subject !== undefined) this.#view.stage.bringForward(subject);
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

  #isProgram(name: string): boolean {
    return name === 'server' || this.#lab.programs.some((program) => program.name === name);
  }

  readonly #places: SourcePlaces = {
    files: () => this.#desk.files.filter((file) => !this.#patched.has(file)),
    open: (place) => void this.#desk.goTo(place).catch(console.error),
  };

  readonly #eventsFor = (name: string): TerminalEvents => ({
    input: (bytes) => this.#typed(name, bytes),
    resized: (size) => this.#run?.resize(name, size),
    // What a client shows came over the network.
    ...(this.#isProgram(name) ? { places: this.#places } : {}),
  });
}
