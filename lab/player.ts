/**
 * The scenario player: does what each step of a lab's scenario says and watches for what the step
 * expects, by itself or a step at a time. Pure logic: the lab and the clock are given to it.
 */
import type { CrowdOrder } from '../protocol/crowd-feed.ts';
import type { Lab } from './definition.ts';
import { FROM_THE_START, judge, markPositions, silenceOf } from './expectation.ts';
import type { Marks, Scene } from './expectation.ts';
import { OwnHand } from './own-hand.ts';
import { answerTo, type Answer } from './question.ts';
import type { Action, Expectation, Scenario, Step } from './scenario.ts';

/** What the server once said is wrong with a run: the same object as long as it has said nothing newer. */
export interface Trouble {
  readonly text: string;
}

/** What the player needs of a running lab. */
export interface Stage extends Scene {
  /** Types into the terminal of a client or a program. */
  type(name: string, text: string): void;
  halfClose(client: string): void;
  /** Presses Ctrl-C in a program's terminal. */
  interrupt(program: string): void;
  connect(client: string): void;
  /** Sends a crowd, changes the one that is there, or sends it away. */
  crowd(order: CrowdOrder): void;
  /** Starts a program that starts on demand. */
  launch(program: string, way: string | undefined): void;
  /** Why the run is over, or `undefined` while it goes on. */
  over(): string | undefined;
  /** What the server last said is wrong with the run, though it goes on. */
  trouble(): Trouble | undefined;
  /** Calls `listener` after each change of any of the above; the result ends that. */
  onChange(listener: () => void): () => void;
}

/** Time, so that a test need not wait for it. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Calls `callback` after so many milliseconds; the result cancels that. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** How fast the player goes, in milliseconds, so that a person can follow. */
export interface Pace {
  /** Between two typed characters; 0 types all at once. */
  readonly typing: number;
  /** For each character that a person has to read before it goes on; 0 makes no pauses for reading. */
  readonly reading: number;
  /** After a step that passed. In this time nothing more may arrive that the step did not expect. */
  readonly between: number;
  /** How long the server must have printed nothing before the first step; 0 does not wait. */
  readonly settles: number;
}

/** How a played scenario ended. */
export type ScenarioResult =
  | { readonly kind: 'passed' }
  /** Somebody stopped it. */
  | { readonly kind: 'cancelled' }
  | ({ readonly kind: 'failed' } & StepFailure);

/** Which step failed, and how. */
export interface StepFailure {
  /** Counted from 1; 0 when the lab did not get as far as the first. */
  readonly step: number;
  readonly caption: string;
  readonly expected: string;
  readonly seen: string;
}

/** Where the player is. Steps are counted from 1. */
export type PlayerState =
  /** It waits for the clients to connect. */
  | { readonly kind: 'starting' }
  /** It plays the steps before `to` quickly, and is at `step`. */
  | { readonly kind: 'returning'; readonly step: number; readonly to: number }
  /** The step has a question, which waits for an answer. */
  | { readonly kind: 'asking'; readonly step: number }
  /** What the step does has not been done yet: the reader may do it, or tell the player to. */
  | { readonly kind: 'ready'; readonly step: number }
  /** It is being done, or what it brings about is waited for. */
  | { readonly kind: 'acting'; readonly step: number }
  /** Everything expected has been seen; what arrives in the pause after may still fail the step. */
  | { readonly kind: 'passed'; readonly step: number }
  | { readonly kind: 'over'; readonly step: number; readonly result: ScenarioResult };

/** Told where the player is, whenever that has changed. */
export type Audience = (state: PlayerState) => void;

/**
 * The longest a step may wait for what it expects, in milliseconds, unless it says otherwise: a program
 * that a busy computer starts takes many seconds.
 */
const STEP_LIMIT = 20_000;

/** To turn to a text takes a moment too, in milliseconds. */
const READING_BEGINS = 1000;

/** After a step that is played quickly, in milliseconds: what it did has to have come about. */
const BETWEEN_QUICKLY = 300;

/** The longest the player waits for a fresh run to have its clients connected, in milliseconds. */
export const START_LIMIT = 20_000;

/** The clock of this computer. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** The clients that connect by themselves. */
export function castOf(lab: Lab): string[] {
  return lab.clients.filter(({ later }) => !later).map(({ name }) => name);
}

/** The scenario to play when the server program runs in this way. */
export function scenarioOf(lab: Lab, way: string | undefined): Scenario {
  return lab.server.ways?.find(({ name }) => name === way)?.scenario ?? lab.scenario;
}

/** What the player plays, and with what. */
export interface Play {
  /** The clients that must be connected before the first step. */
  readonly cast: readonly string[];
  readonly steps: readonly Step[];
  readonly stage: Stage;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly audience: Audience;
  /** Aborted when somebody stops the scenario. */
  readonly signal: AbortSignal;
  /** Whether it goes on by itself; or else it waits at each step. */
  readonly playing: boolean;
  /**
   * Whether what has been printed counts from the start of the run on, and not of the step: nobody’s action brings
   * it about, and it goes on while a reader takes their time.
   */
  readonly looksBack?: boolean;
  /** The step to begin with: those before are played quickly. 1 if not given. */
  readonly from?: number;
}

type Outcome =
  | { readonly kind: 'holds' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly expected: string; readonly seen: string };

const HOLDS: Outcome = { kind: 'holds' };

/** A play with all the changes that a wait has to look at: on the stage, and in what somebody wants. */
interface Staging extends Play {
  readonly onChange: (listener: () => void) => () => void;
}

/**
 * Calls `check` now, after each change on the stage and at the times it asks for, until it has an
 * outcome. `check` returns the milliseconds after which to ask again, at the latest; Infinity if only
 * a change can help.
 */
function until(
  { onChange, clock, signal }: Staging,
  check: () => Outcome | number,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let cancelTimer: (() => void) | undefined;
    let settled = false;
    const settle = (outcome: Outcome): void => {
      settled = true;
      cancelTimer?.();
      unsubscribe();
      signal.removeEventListener('abort', evaluate);
      resolve(outcome);
    };
    const evaluate = (): void => {
      // Another listener of the same change may have settled it.
      if (settled) return;
      cancelTimer?.();
      cancelTimer = undefined;
      if (signal.aborted) {
        settle({ kind: 'cancelled' });
        return;
      }
      const outcome = check();
      if (typeof outcome !== 'number') settle(outcome);
      else if (Number.isFinite(outcome)) cancelTimer = clock.after(outcome, evaluate);
    };
    const unsubscribe = onChange(evaluate);
    signal.addEventListener('abort', evaluate);
    evaluate();
  });
}

function pause(play: Staging, milliseconds: number): Promise<Outcome> {
  const end = play.clock.now() + milliseconds;
  return until(play, () => {
    const left = end - play.clock.now();
    return left > 0 ? left : HOLDS;
  });
}

/** What was so before clients were asked to connect, and is no news of them. */
interface Before {
  readonly trouble: Trouble | undefined;
  /** Processes in their terminals that new ones take the place of. */
  readonly replaced: ReadonlySet<number | undefined>;
}

/** Before the run began. */
const NOTHING: Before = { trouble: undefined, replaced: new Set() };

/** Waits until these clients have their connections. */
function allConnected(
  play: Staging,
  clients: readonly string[],
  limit: number,
  before = NOTHING,
): Promise<Outcome> {
  const { stage, clock } = play;
  const deadline = clock.now() + limit;
  return until(play, () => {
    const missing = clients.find((client) => !stage.connected(client));
    if (missing === undefined) return HOLDS;
    const left = deadline - clock.now();
    const over = stage.over();
    const ended = clients.find(
      (client) => stage.ended(client) && !before.replaced.has(stage.process(client)),
    );
    if (over === undefined && ended === undefined && left > 0) return left;
    const trouble = stage.trouble();
    const reasons = [
      trouble === before.trouble ? undefined : trouble?.text,
      over ??
        (ended === undefined
          ? `${missing} is not connected, after ${limit} ms`
          : `${ended} has ended`),
    ];
    return {
      kind: 'failed',
      expected: `${ended ?? missing} connects`,
      seen: reasons.filter((reason) => reason !== undefined).join(' '),
    };
  });
}

/**
 * Waits until the server has fallen silent. The kernel connects a client before the server has accepted
 * it, and what the server says of that is no business of the first step.
 */
function settle(play: Staging): Promise<Outcome> {
  const { stage, clock, pace } = play;
  const deadline = clock.now() + START_LIMIT;
  let printed = -1;
  let since = 0;
  return until(play, () => {
    const now = clock.now();
    const end = stage.printed('server')?.end ?? 0;
    if (end !== printed) since = now;
    printed = end;
    const left = Math.min(since + pace.settles, deadline) - now;
    return left > 0 ? left : HOLDS;
  });
}

/** @param typing milliseconds between two characters */
async function typeText(
  play: Staging,
  name: string,
  text: string,
  typing: number,
): Promise<Outcome> {
  const { stage } = play;
  if (typing === 0) {
    stage.type(name, text);
    return HOLDS;
  }
  for (const character of text) {
    stage.type(name, character);
    const outcome = await pause(play, typing);
    if (outcome.kind !== 'holds') return outcome;
  }
  return HOLDS;
}

async function act(play: Staging, action: Action | undefined, typing: number): Promise<Outcome> {
  const { stage } = play;
  if (!action) return HOLDS;
  if ('types' in action) {
    const name = 'client' in action ? action.client : action.program;
    return typeText(play, name, action.types, typing);
  }
  if ('crowd' in action) {
    stage.crowd({ count: action.crowd, talks: action.talks });
    return HOLDS;
  }
  if ('connects' in action) {
    const replaced = new Set([stage.process(action.client)]);
    const before: Before = { trouble: stage.trouble(), replaced };
    stage.connect(action.client);
    return allConnected(play, [action.client], STEP_LIMIT, before);
  }
  if ('triesToConnect' in action) stage.connect(action.client);
  else if ('halfCloses' in action) stage.halfClose(action.client);
  else if ('interrupts' in action) stage.interrupt(action.program);
  else stage.launch(action.program, action.starts === true ? undefined : action.starts);
  return HOLDS;
}

/**
 * Waits until every expectation holds, one has failed or the time is up.
 * @param patience how many milliseconds to wait at least, unless one has failed
 */
function expectAll(
  play: Staging,
  { expect: expectations, within = 0 }: Step,
  marks: Marks,
): Promise<Outcome> {
  const { stage, clock } = play;
  const silences = expectations.flatMap((expectation) => silenceOf(expectation) ?? []);
  const delays = expectations.flatMap((expectation) =>
    'receives' in expectation ? (expectation.notBefore ?? 0) + STEP_LIMIT : [],
  );
  const limit = Math.max(STEP_LIMIT, within, ...silences, ...delays);
  const start = clock.now();
  return until(play, () => {
    const elapsed = clock.now() - start;
    const verdicts = expectations.map((expectation) => judge(expectation, stage, marks, elapsed));
    const open =
      verdicts.find(({ state }) => state === 'failed') ??
      verdicts.find(({ state }) => state === 'waiting');
    if (!open) return HOLDS;
    const { expected, seen } = open;
    if (open.state === 'failed') return { kind: 'failed', expected, seen };
    const over = stage.over();
    if (over !== undefined) return { kind: 'failed', expected, seen: `${seen}; ${over}` };
    if (elapsed >= limit) return { kind: 'failed', expected, seen: `${seen}, after ${limit} ms` };
    return Math.min(...[...silences, limit].map((at) => at - elapsed).filter((left) => left > 0));
  });
}

/** After the pause: has anything come after what a step expected exactly? */
function stillExact(
  { stage }: Staging,
  expectations: readonly Expectation[],
  marks: Marks,
): Outcome {
  for (const expectation of expectations) {
    if (!('receives' in expectation)) continue;
    const { state, expected, seen } = judge(expectation, stage, marks, Infinity);
    if (state !== 'holds') return { kind: 'failed', expected, seen };
  }
  return HOLDS;
}

/** Whether a step happens without anybody doing anything, or asks for no one’s leave to. */
function followsByItself({ action, promptly, question }: Step): boolean {
  return promptly === true || (action === undefined && question === undefined);
}

/** Whether there is something to read when a step has passed. */
function hasMoreToRead(step: Step | undefined): boolean {
  return step?.question !== undefined || step?.explanation !== undefined;
}

/** What somebody has to read before a question can be answered. */
function textOf({ question }: Step): string {
  if (!question) return '';
  return [question.asks, ...('choices' in question ? question.choices : [])].join(' ');
}

/** A step, and how it goes as soon as that is known. */
class Course {
  readonly step: Step;
  /** Counted from 1. */
  readonly number: number;
  /** Whether what it expects has been seen. */
  readonly seen = Promise.withResolvers<Outcome>();
  /** Whether that was so after the pause, too. */
  readonly settled = Promise.withResolvers<Outcome>();

  constructor(step: Step, number: number) {
    this.step = step;
    this.number = number;
  }
}

/**
 * A scenario that is played. Steps that nobody has to do, as when a program prints after a while, take
 * place when their time has come; the reader is told of them when they have read what came before.
 */
export class Player {
  /** How it ends. */
  readonly result: Promise<ScenarioResult>;
  readonly #play: Staging;
  readonly #from: number;
  readonly #courses: readonly Course[];
  readonly #answers = new Map<number, Answer>();
  /** Those who wait, and want to know when somebody wants something. */
  readonly #waiting = new Set<() => void>();
  #state: PlayerState = { kind: 'starting' };
  #playing: boolean;
  /** Whether somebody has asked for what comes next, and has not got it yet. */
  #asked = false;

  /** Begins at once. */
  constructor(play: Play) {
    const { stage } = play;
    const onChange = (listener: () => void): (() => void) => {
      const ignore = stage.onChange(listener);
      this.#waiting.add(listener);
      return () => {
        ignore();
        this.#waiting.delete(listener);
      };
    };
    this.#play = { ...play, onChange };
    this.#playing = play.playing;
    this.#from = play.from ?? 1;
    this.#courses = play.steps.map((step, index) => new Course(step, index + 1));
    this.result = this.#run();
  }

  get state(): PlayerState {
    return this.#state;
  }

  /** Whether it goes on by itself. */
  get playing(): boolean {
    return this.#playing && this.#state.kind !== 'over';
  }

  /** What was answered to a step’s question. */
  answerOf(step: number): Answer | undefined {
    return this.#answers.get(step);
  }

  /** Goes on by itself from where it stands. */
  play(): void {
    this.#playing = true;
    this.#poke();
  }

  /** Stays where it is, at the latest when the step that it is doing has passed. */
  pause(): void {
    this.#playing = false;
    this.#poke();
  }

  /**
   * Goes on, and from then on a step at a time: past a question, does what a step does, or goes to the
   * next step. While a step is being done, it goes on after it, unless there is more to read then.
   */
  next(): void {
    this.#playing = false;
    if ('step' in this.#state) {
      const { kind, step } = this.#state;
      this.#asked = kind !== 'acting' || !hasMoreToRead(this.#play.steps[step - 1]);
    }
    this.#poke();
  }

  /** Answers the question that waits. */
  answer(said: readonly string[]): void {
    if (this.#state.kind !== 'asking') return;
    const { step } = this.#state;
    const question = this.#play.steps[step - 1]?.question;
    if (!question) return;
    this.#answers.set(step, answerTo(question, said));
    this.#poke();
  }

  #poke(): void {
    this.#play.audience(this.#state);
    for (const listener of [...this.#waiting]) listener();
  }

  #show(state: PlayerState): void {
    this.#state = state;
    this.#play.audience(state);
  }

  async #run(): Promise<ScenarioResult> {
    const play = this.#play;
    let outcome = await allConnected(play, play.cast, START_LIMIT);
    if (outcome.kind === 'holds') outcome = await settle(play);
    const [first] = this.#courses;
    if (outcome.kind === 'holds' && first && followsByItself(first.step)) void this.#perform(first);
    let number = 0;
    let caption = 'The lab starts and its clients connect.';
    for (const course of this.#courses) {
      if (outcome.kind !== 'holds') break;
      number = course.number;
      caption = course.step.caption;
      outcome = number < this.#from ? await this.#takeQuickly(course) : await this.#take(course);
    }
    const result = resultOf(outcome, number, caption);
    this.#show({ kind: 'over', step: number, result });
    return result;
  }

  /** Takes the reader through a step. */
  async #take(course: Course): Promise<Outcome> {
    const { step, number, seen, settled } = course;
    // What was asked for in the step before has been done.
    this.#asked = false;
    if (step.question) {
      this.#show({ kind: 'asking', step: number });
      const asked = await this.#hold(textOf(step), () => this.#answers.has(number));
      if (asked.kind !== 'holds') return asked;
    }
    let marks: Marks | undefined;
    const waits = step.action !== undefined && !step.promptly;
    if (waits) {
      this.#show({ kind: 'ready', step: number });
      const turn = await this.#turn(step);
      if (turn.outcome.kind !== 'holds') return turn.outcome;
      ({ marks } = turn);
    }
    const isDoneForReader = waits && marks === undefined && !this.#playing;
    this.#show({ kind: 'acting', step: number });
    if (!followsByItself(step)) void this.#perform(course, marks);
    let outcome = await seen.promise;
    if (outcome.kind === 'holds' && !waits && this.#playing) {
      outcome = await this.#hold(step.caption);
    }
    if (outcome.kind !== 'holds') return outcome;
    this.#show({ kind: 'passed', step: number });
    outcome = await settled.promise;
    if (outcome.kind !== 'holds' || number === this.#play.steps.length) return outcome;
    // Who had it done for them wants to go on, and has nothing more to read.
    if (isDoneForReader && !hasMoreToRead(step)) return HOLDS;
    return this.#hold(step.explanation ?? '');
  }

  async #takeQuickly(course: Course): Promise<Outcome> {
    const { step, number, seen, settled } = course;
    this.#show({ kind: 'returning', step: number, to: this.#from });
    if (!followsByItself(step)) void this.#perform(course);
    const outcome = await seen.promise;
    return outcome.kind === 'holds' ? settled.promise : outcome;
  }

  /**
   * Does a step, and after it those that follow by themselves.
   * @param done from where on to look for what it expects, if the reader has done it
   */
  async #perform(first: Course, done?: Marks): Promise<void> {
    const { stage, pace } = this.#play;
    for (const course of this.#courses.slice(first.number - 1)) {
      const { step, number, seen, settled } = course;
      if (course !== first && !followsByItself(step)) return;
      const isQuick = number < this.#from;
      const isDone = done !== undefined && course === first;
      const marks = isDone
        ? done
        : this.#play.looksBack
          ? FROM_THE_START
          : markPositions(stage, step);
      const typing = isQuick ? 0 : pace.typing;
      let outcome = isDone ? HOLDS : await act(this.#play, step.action, typing);
      if (outcome.kind === 'holds') outcome = await expectAll(this.#play, step, marks);
      seen.resolve(outcome);
      if (outcome.kind === 'holds') {
        const between = isQuick ? Math.min(pace.between, BETWEEN_QUICKLY) : pace.between;
        outcome = await pause(this.#play, between);
      }
      // Where readers type themselves, more may come than what the step has brought about.
      if (outcome.kind === 'holds' && (isQuick || this.#playing)) {
        outcome = stillExact(this.#play, step.expect, marks);
      }
      settled.resolve(outcome);
      if (outcome.kind !== 'holds') return;
    }
  }

  /**
   * Waits until somebody wants to go on, or until a text has had its time to be read if it goes on by
   * itself.
   */
  #hold(text: string, isAnswered = (): boolean => false): Promise<Outcome> {
    const leftOf = this.#timeFor(text);
    return until(this.#play, () => {
      if (this.#isAsked() || isAnswered()) return HOLDS;
      const left = this.#playing ? leftOf() : Infinity;
      return left > 0 ? left : HOLDS;
    });
  }

  /** Waits until the step is to be done for the reader, or the reader has done it: then with its marks. */
  async #turn(step: Step): Promise<{ readonly outcome: Outcome; readonly marks?: Marks }> {
    const { stage } = this.#play;
    const hand = new OwnHand(stage, step);
    const leftOf = this.#timeFor(step.caption);
    let marks: Marks | undefined;
    const outcome = await until(this.#play, () => {
      marks = hand.check();
      if (marks || this.#isAsked()) return HOLDS;
      const over = stage.over();
      if (over !== undefined) return { kind: 'failed', expected: 'the run goes on', seen: over };
      const left = this.#playing ? leftOf() : Infinity;
      return left > 0 ? left : HOLDS;
    });
    return marks ? { outcome, marks } : { outcome };
  }

  /** How many milliseconds are left to read a text that is shown from now on. */
  #timeFor(text: string): () => number {
    const { clock, pace } = this.#play;
    const time =
      text === '' || pace.reading === 0 ? 0 : READING_BEGINS + text.length * pace.reading;
    const end = clock.now() + time;
    return () => end - clock.now();
  }

  /** Whether somebody has asked to go on; they get what they have asked for. */
  #isAsked(): boolean {
    const asked = this.#asked;
    this.#asked = false;
    return asked;
  }
}

function resultOf(outcome: Outcome, step: number, caption: string): ScenarioResult {
  if (outcome.kind === 'holds') return { kind: 'passed' };
  if (outcome.kind === 'cancelled') return { kind: 'cancelled' };
  return { kind: 'failed', step, caption, expected: outcome.expected, seen: outcome.seen };
}
