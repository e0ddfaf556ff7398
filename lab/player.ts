/**
 * The scenario player: does what each step of a lab's scenario says and watches for what the step
 * expects. Pure logic: the lab and the clock are given to it.
 */
import type { Lab } from './definition.ts';
import { judge, markPositions, silenceOf, type Marks, type Scene } from './expectation.ts';
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

/** Told of the player's progress. Steps are counted from 1. */
export interface Audience {
  stepStarts(step: number, caption: string): void;
  /** Everything expected has been seen; what arrives in the pause after may still fail the step. */
  stepPassed(step: number): void;
}

/**
 * The longest a step may wait for what it expects, in milliseconds: a program that a busy computer starts
 * takes many seconds.
 */
const STEP_LIMIT = 20_000;

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
}

type Outcome =
  | { readonly kind: 'holds' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly expected: string; readonly seen: string };

const HOLDS: Outcome = { kind: 'holds' };

/**
 * Calls `check` now, after each change on the stage and at the times it asks for, until it has an
 * outcome. `check` returns the milliseconds after which to ask again, at the latest.
 */
function until({ stage, clock, signal }: Play, check: () => Outcome | number): Promise<Outcome> {
  return new Promise((resolve) => {
    let cancelTimer: (() => void) | undefined;
    const settle = (outcome: Outcome): void => {
      cancelTimer?.();
      unsubscribe();
      signal.removeEventListener('abort', evaluate);
      resolve(outcome);
    };
    const evaluate = (): void => {
      cancelTimer?.();
      if (signal.aborted) {
        settle({ kind: 'cancelled' });
        return;
      }
      const outcome = check();
      if (typeof outcome !== 'number') {
        settle(outcome);
        return;
      }
      cancelTimer = clock.after(outcome, evaluate);
    };
    const unsubscribe = stage.onChange(evaluate);
    signal.addEventListener('abort', evaluate);
    evaluate();
  });
}

function pause(play: Play, milliseconds: number): Promise<Outcome> {
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
  play: Play,
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
function settle(play: Play): Promise<Outcome> {
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

async function typeText(play: Play, name: string, text: string): Promise<Outcome> {
  const { stage, pace } = play;
  if (pace.typing === 0) {
    stage.type(name, text);
    return HOLDS;
  }
  for (const character of text) {
    stage.type(name, character);
    const outcome = await pause(play, pace.typing);
    if (outcome.kind !== 'holds') return outcome;
  }
  return HOLDS;
}

async function act(play: Play, action: Action | undefined): Promise<Outcome> {
  const { stage } = play;
  if (!action) return HOLDS;
  if ('types' in action) {
    const name = 'client' in action ? action.client : action.program;
    return typeText(play, name, action.types);
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

/** Waits until every expectation holds, one has failed or the time is up. */
function expectAll(
  play: Play,
  expectations: readonly Expectation[],
  marks: Marks,
): Promise<Outcome> {
  const { stage, clock } = play;
  const silences = expectations.flatMap((expectation) => silenceOf(expectation) ?? []);
  const limit = Math.max(STEP_LIMIT, ...silences);
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
function stillExact({ stage }: Play, expectations: readonly Expectation[], marks: Marks): Outcome {
  for (const expectation of expectations) {
    if (!('receives' in expectation)) continue;
    const { state, expected, seen } = judge(expectation, stage, marks, 0);
    if (state !== 'holds') return { kind: 'failed', expected, seen };
  }
  return HOLDS;
}

async function playStep(play: Play, step: Step, number: number): Promise<Outcome> {
  const marks = markPositions(play.stage, step);
  const acted = await act(play, step.action);
  if (acted.kind !== 'holds') return acted;
  const outcome = await expectAll(play, step.expect, marks);
  if (outcome.kind !== 'holds') return outcome;
  play.audience.stepPassed(number);
  const paused = await pause(play, play.pace.between);
  return paused.kind === 'holds' ? stillExact(play, step.expect, marks) : paused;
}

/** Plays a scenario to its end, or to the first step that fails. */
export async function playScenario(play: Play): Promise<ScenarioResult> {
  const { cast, steps, audience } = play;
  let outcome = await allConnected(play, cast, START_LIMIT);
  if (outcome.kind === 'holds') outcome = await settle(play);
  let number = 0;
  let caption = 'The lab starts and its clients connect.';
  for (const step of steps) {
    if (outcome.kind !== 'holds') break;
    number += 1;
    caption = step.caption;
    audience.stepStarts(number, caption);
    outcome = await playStep(play, step, number);
  }
  switch (outcome.kind) {
    case 'holds':
      return { kind: 'passed' };
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'failed':
      return {
        kind: 'failed',
        step: number,
        caption,
        expected: outcome.expected,
        seen: outcome.seen,
      };
  }
}
