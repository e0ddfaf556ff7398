/** Whether a step's expectation holds by now, and in which words to say so. Pure. */
import type { CrowdOrder } from '../protocol/crowd-feed.ts';
import type { Gauge } from '../protocol/messages.ts';
import { withoutControlSequences } from './control-sequences.ts';
import { gaugeText } from './gauge-text.ts';
import type { Action, Expectation, Step } from './scenario.ts';
import type { TextLog } from './transcript.ts';

/** What the scenario player can see of a lab. */
export interface Scene {
  /** What a client has received from the server, or `undefined` if there is no such client. */
  received(client: string): TextLog | undefined;
  /** What a client says of itself, and what was typed into it. */
  noted(client: string): TextLog | undefined;
  /** What was typed into a terminal, by anybody; Enter is a line end. */
  typed(name: string): TextLog | undefined;
  /** What a program has printed. */
  printed(program: string): TextLog | undefined;
  /** Whether a client's connection stands. */
  connected(client: string): boolean;
  /** Whether the process of a client or program has ended. */
  ended(name: string): boolean;
  /** The number of the process in the terminal of a client or program, the latest if several. */
  process(name: string): number | undefined;
  /** The status a program has exited with; undefined while it runs, or if a signal ended it. */
  exitCode(program: string): number | undefined;
  /** What a gauge shows of a program now. */
  gauge(program: string, gauge: Gauge): number | undefined;
  /** What the crowd is told to be, as far as it has said so; undefined while there is none. */
  crowdOrder(): CrowdOrder | undefined;
  /** How often a program is known to have made a system call. */
  calls(program: string, name: string): number;
}

/** The positions of every stream at the start of a step: what came before is no business of it. */
export interface Marks {
  readonly received: ReadonlyMap<string, number>;
  readonly noted: ReadonlyMap<string, number>;
  readonly printed: ReadonlyMap<string, number>;
  /** By the program and the call: `server recv`. */
  readonly called: ReadonlyMap<string, number>;
  /** What the gauges that the step looks at showed; without those that showed nothing. */
  readonly gauges: ReadonlyMap<OfGauge, number>;
  /** The process that the step’s action replaces by another: what became of it does not count. */
  readonly replaced: number | undefined;
}

/** All that has come since the run began. */
export const FROM_THE_START: Marks = {
  ...{ received: new Map(), noted: new Map(), printed: new Map() },
  ...{ called: new Map(), gauges: new Map() },
  replaced: undefined,
};

/** How an expectation stands. */
export interface Verdict {
  readonly state: 'holds' | 'waiting' | 'failed';
  /** What should be seen, in words. */
  readonly expected: string;
  /** What is seen, in words. */
  readonly seen: string;
}

/** Text as a reader sees it: quoted, with its line ends and control characters visible. */
export function quote(text: string): string {
  const visible = withoutControlSequences(text)
    .replaceAll('\n', '⏎')
    .replace(/[\u0000-\u001f\u007f]/g, (character) => {
      const code = character.charCodeAt(0);
      return String.fromCodePoint(code === 0x7f ? 0x2421 : 0x2400 + code);
    });
  return `“${visible.length > 200 ? `${visible.slice(0, 200)}…` : visible}”`;
}

function quantity(text: string, verb: string): string {
  return text === '' ? `${verb} nothing` : `${verb} ${quote(text)}`;
}

/** How long an expectation wants nothing to happen, in milliseconds; undefined if it wants something. */
export function silenceOf(expectation: Expectation): number | undefined {
  if ('receivesNothingFor' in expectation) return expectation.receivesNothingFor;
  if ('printsNothingFor' in expectation) return expectation.printsNothingFor;
  if ('staysOpenFor' in expectation) return expectation.staysOpenFor;
  if ('waitsToConnectFor' in expectation) return expectation.waitsToConnectFor;
  return undefined;
}

function replacedBy(scene: Scene, action: Action | undefined): number | undefined {
  if (!action) return undefined;
  if ('starts' in action) return scene.process(action.program);
  const connects = 'connects' in action || 'triesToConnect' in action;
  return connects ? scene.process(action.client) : undefined;
}

/** Whether the process in this terminal is there and has ended. */
function ended(scene: Scene, marks: Marks, name: string): boolean {
  if (marks.replaced !== undefined && scene.process(name) === marks.replaced) return false;
  return scene.ended(name);
}

/** The positions that a step has to remember. */
export function markPositions(scene: Scene, { action, expect: expectations }: Step): Marks {
  const received = new Map<string, number>();
  const noted = new Map<string, number>();
  const printed = new Map<string, number>();
  const called = new Map<string, number>();
  const gauges = new Map<OfGauge, number>();
  for (const expectation of expectations) {
    if ('gauge' in expectation) {
      const shown = scene.gauge(expectation.program, expectation.gauge);
      if (shown !== undefined) gauges.set(expectation, shown);
    } else if ('program' in expectation) {
      if ('calls' in expectation) {
        const { program, calls } = expectation;
        called.set(`${program} ${calls}`, scene.calls(program, calls));
      }
      printed.set(expectation.program, scene.printed(expectation.program)?.end ?? 0);
    } else {
      received.set(expectation.client, scene.received(expectation.client)?.end ?? 0);
      noted.set(expectation.client, scene.noted(expectation.client)?.end ?? 0);
    }
  }
  return { received, noted, printed, called, gauges, replaced: replacedBy(scene, action) };
}

/**
 * Judges one expectation.
 * @param elapsed milliseconds since the step's action was done
 */
export function judge(
  expectation: Expectation,
  scene: Scene,
  marks: Marks,
  elapsed: number,
): Verdict {
  if ('gauge' in expectation) return judgeGauge(expectation, scene, marks);
  return 'program' in expectation
    ? judgeProgram(expectation, scene, marks, elapsed)
    : judgeClient(expectation, scene, marks, elapsed);
}

type OfGauge = Extract<Expectation, { gauge: Gauge }>;
type OfProgram = Exclude<Extract<Expectation, { program: string }>, OfGauge>;
type OfClient = Extract<Expectation, { client: string }>;

/** The two bounds that are multiples of what a gauge showed when the step began: none is met if it showed nothing. */
function timesBounds(
  { gauge, atLeastTimes, atMostTimes }: OfGauge,
  before: number | undefined,
): { readonly least: number; readonly most: number; readonly words: readonly string[] } {
  const than = `times what it showed before the step (${before === undefined ? 'nothing' : gaugeText(gauge, before)})`;
  return {
    least: atLeastTimes === undefined ? -Infinity : atLeastTimes * (before ?? Infinity),
    most: atMostTimes === undefined ? Infinity : atMostTimes * (before ?? -Infinity),
    words: [
      ...(atLeastTimes === undefined ? [] : [`at least ${atLeastTimes} ${than}`]),
      ...(atMostTimes === undefined ? [] : [`at most ${atMostTimes} ${than}`]),
    ],
  };
}

function judgeGauge(expectation: OfGauge, scene: Scene, marks: Marks): Verdict {
  const { gauge, program, is, atLeast, atMost } = expectation;
  const value = scene.gauge(program, gauge);
  const times = timesBounds(expectation, marks.gauges.get(expectation));
  const bounds = [
    ...(is === undefined ? [] : [gaugeText(gauge, is)]),
    ...(atLeast === undefined ? [] : [`at least ${gaugeText(gauge, atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${gaugeText(gauge, atMost)}`]),
    ...times.words,
  ];
  const holds =
    value !== undefined &&
    (is === undefined || value === is) &&
    (atLeast === undefined || value >= atLeast) &&
    (atMost === undefined || value <= atMost) &&
    value >= times.least &&
    value <= times.most;
  return {
    // A gauge is read a few times a second: what it shows now may be of before the step.
    state: holds ? 'holds' : 'waiting',
    expected: `the gauge “${gauge}” of the ${program} shows ${bounds.join(' and ')}`,
    seen: value === undefined ? 'it shows nothing' : `it shows ${gaugeText(gauge, value)}`,
  };
}

function judgeProgram(
  expectation: OfProgram,
  scene: Scene,
  marks: Marks,
  elapsed: number,
): Verdict {
  const { program } = expectation;
  if ('exits' in expectation) {
    const code = scene.exitCode(program);
    const over = ended(scene, marks, program);
    return {
      state: !over ? 'waiting' : code === expectation.exits ? 'holds' : 'failed',
      expected: `the ${program} exits with ${expectation.exits}`,
      seen: !over ? 'it still runs' : code === undefined ? 'a signal ended it' : `with ${code}`,
    };
  }
  if ('calls' in expectation) {
    const { calls } = expectation;
    const made = scene.calls(program, calls) - (marks.called.get(`${program} ${calls}`) ?? 0);
    return {
      state: made > 0 ? 'holds' : 'waiting',
      expected: `the ${program} calls ${calls}`,
      seen: made > 0 ? 'it does' : 'it does not',
    };
  }
  const text = scene.printed(program)?.since(marks.printed.get(program) ?? 0) ?? '';
  const seen = `the ${program} ${quantity(text, 'printed')}`;
  if ('prints' in expectation) {
    const { prints } = expectation;
    return {
      state: text.includes(prints) ? 'holds' : 'waiting',
      expected: `the ${program} prints ${quote(prints)}`,
      seen,
    };
  }
  const expected = `the ${program} prints nothing for ${expectation.printsNothingFor} ms`;
  if (text !== '') return { state: 'failed', expected, seen };
  return { state: elapsed >= expectation.printsNothingFor ? 'holds' : 'waiting', expected, seen };
}

function judgeClient(expectation: OfClient, scene: Scene, marks: Marks, elapsed: number): Verdict {
  const { client } = expectation;
  if ('ends' in expectation) {
    const over = ended(scene, marks, client);
    return {
      state: over ? 'holds' : 'waiting',
      expected: `${client}’s connection is closed from both sides`,
      seen: over ? 'it is closed' : 'it is still open',
    };
  }
  if ('staysOpenFor' in expectation) {
    const { staysOpenFor } = expectation;
    const expected = `${client}’s connection stays open for ${staysOpenFor} ms`;
    if (ended(scene, marks, client)) return { state: 'failed', expected, seen: 'it is closed' };
    const seen = 'it is open';
    return { state: elapsed >= staysOpenFor ? 'holds' : 'waiting', expected, seen };
  }
  if ('waitsToConnectFor' in expectation) {
    const { waitsToConnectFor } = expectation;
    const expected = `${client} has no connection for ${waitsToConnectFor} ms`;
    if (scene.connected(client)) return { state: 'failed', expected, seen: `${client} has one` };
    if (ended(scene, marks, client))
      return { state: 'failed', expected, seen: `${client} gave up` };
    const seen = `${client} still waits`;
    return { state: elapsed >= waitsToConnectFor ? 'holds' : 'waiting', expected, seen };
  }
  if ('notes' in expectation) {
    const { notes } = expectation;
    const text = scene.noted(client)?.since(marks.noted.get(client) ?? 0) ?? '';
    return {
      state: text.includes(notes) ? 'holds' : 'waiting',
      expected: `${client} shows ${quote(notes)}`,
      seen: `${client} ${quantity(text, 'showed')}`,
    };
  }
  const text = scene.received(client)?.since(marks.received.get(client) ?? 0) ?? '';
  const seen = `${client} ${quantity(text, 'received')}`;
  if ('receives' in expectation) {
    const { receives, notBefore = 0 } = expectation;
    const later = notBefore > 0 ? `, no earlier than after ${notBefore} ms` : '';
    const expected = `${client} receives exactly ${quote(receives)}${later}`;
    if (text !== '' && elapsed < notBefore) {
      return { state: 'failed', expected, seen: `${seen} after ${Math.round(elapsed)} ms` };
    }
    if (text === receives) return { state: 'holds', expected, seen };
    // What can no longer become the expected text, more of it included, need not be waited for.
    return { state: receives.startsWith(text) ? 'waiting' : 'failed', expected, seen };
  }
  const { receivesNothingFor } = expectation;
  const expected = `${client} receives nothing for ${receivesNothingFor} ms`;
  if (text !== '') return { state: 'failed', expected, seen };
  return { state: elapsed >= receivesNothingFor ? 'holds' : 'waiting', expected, seen };
}
