/** Runs a check: one life of the program for each sequence, and the shortest sequence that fails. */
import * as fc from 'fast-check';
import type { ProgramCommand } from './checked-program.ts';
import type { Check } from './kit.ts';
import { Stage, type Step } from './stage.ts';
import { Unmet } from './unmet.ts';

/** How a check is run. */
export interface CheckOptions {
  readonly seed: number;
  /** How many sequences come from the seed, after the examples. */
  readonly runs: number;
  /** Whether the examples are tried at all. */
  readonly examples?: boolean;
  /** How often a sequence that fails may be tried with less in it. */
  readonly shrinks: number;
  /** For how long, in milliseconds. */
  readonly shrinkTime: number;
  /** How long the whole may take, in milliseconds. */
  readonly time: number;
  /**
   * Keeps a program that passed for the next sequence, also of another check, instead of a fresh one for each.
   * Whoever gives it disposes of the stage.
   */
  readonly keep?: { stage: Stage | undefined };
}

/** What a page asks for. */
export const DEFAULT_RUNS: Omit<CheckOptions, 'seed'> = {
  runs: 6,
  shrinks: 60,
  shrinkTime: 45_000,
  time: 300_000,
};

/** What a check tells while it runs. */
export interface CheckEvents {
  /** So many sequences have passed, of so many. */
  progress(done: number, total: number): void;
  /** A sequence failed, and a shorter one is looked for. @param tried how many were tried */
  shortening(tried: number): void;
}

/** What a program did wrong, and the shortest way to see it. */
export interface Failure {
  readonly kind: 'failed';
  readonly seed: number;
  /** The name of the expectation. */
  readonly expectation: string;
  readonly expected: string;
  readonly seen: string;
  /** Who did what, a sentence each. */
  readonly steps: readonly string[];
  /** What the program printed meanwhile, a line each. */
  readonly printed: readonly string[];
}

/** How a check went. */
export type CheckResult =
  | Failure
  | {
      readonly kind: 'passed';
      readonly seed: number;
      /** How many sequences were tried. */
      readonly runs: number;
    };

/**
 * Checks a program.
 * @param check what is done to it, and expected
 * @param command starts it; a fresh process for each sequence
 * @throws what a mistake in the check itself throws, the first time
 */
export async function runCheck(
  check: Check,
  command: ProgramCommand,
  options: CheckOptions,
  events: CheckEvents,
): Promise<CheckResult> {
  const { seed, runs, shrinks, shrinkTime } = options;
  const examples = options.examples === false ? [] : check.examples;
  const total = examples.length + runs;
  const began = performance.now();
  let done = 0;
  let tried = 0;
  let failure: Failure | undefined;
  let shrinkUntil = Infinity;
  /** What was thrown by a mistake in the check itself. */
  let mistake: { readonly error: unknown } | undefined;

  /** One life of the program. @returns whether the sequence passed */
  async function live(steps: readonly Step[]): Promise<boolean> {
    // It says nothing of the program: no shorter sequence is looked for, and none is tried any more.
    if (mistake) return true;
    if (failure) {
      // Whatever is left to try counts as passed, and the shortest that was found stays.
      const isOver = tried >= shrinks || performance.now() > shrinkUntil;
      if (isOver || failure.expectation === 'starts') return true;
      events.shortening(++tried);
    } else if (performance.now() - began > options.time) {
      failure = {
        kind: 'failed',
        seed,
        expectation: 'in-time',
        expected: `the check is over within ${options.time / 1000} seconds`,
        seen: `only ${done} of ${total} sequences were tried by then`,
        ...{ steps: [], printed: [] },
      };
      shrinkUntil = 0;
      return false;
    }
    await using lives = new AsyncDisposableStack();
    const kept = options.keep?.stage;
    const stage = kept ?? Stage.start(command, check.much);
    if (options.keep) options.keep.stage = stage;
    else lives.use(stage);
    try {
      if (!kept) await stage.isReady(command.ready);
      await check.play(stage, steps);
    } catch (error) {
      if (!(error instanceof Unmet)) {
        mistake = { error };
        return true;
      }
      const { expectation, expected, seen } = error;
      // A shorter sequence counts only if it shows the same.
      if (failure && failure.expectation !== expectation) return true;
      const { output } = stage.program;
      failure = {
        kind: 'failed',
        seed,
        expectation,
        expected,
        seen,
        steps: [...stage.steps],
        printed: output,
      };
      if (shrinkUntil === Infinity) shrinkUntil = performance.now() + shrinkTime;
      return false;
    }
    stage.clear();
    if (options.keep && stage.program.over) {
      lives.use(stage);
      options.keep.stage = undefined;
    }
    if (!failure) events.progress(++done, total);
    return true;
  }

  events.progress(0, total);
  const given = examples.map((steps): [Step[]] => [[...steps]]);
  const result = await fc.check(fc.asyncProperty(check.steps, live), {
    ...{ seed, numRuns: total, examples: given },
    // Else the first sequences are nearly all short, and there are only a few.
    unbiased: true,
  });
  if (mistake) throw mistake.error;
  if (failure) return failure;
  // A mistake in how its sequences are made.
  if (result.failed) throw result.errorInstance;
  return { kind: 'passed', seed, runs: total };
}
