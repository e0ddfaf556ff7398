/** What the tests of every exercise ask: the solution passes, and whatever is wrong fails for its own reason. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, suite, test } from 'node:test';
import { FORK_FLAGS } from '../lab/definition.ts';
import { linesToChange, type WrongAnswer } from '../lab/exercise.ts';
import { applyPatch } from '../lab/patch.ts';
import { withoutRegionMarks } from '../lab/regions.ts';
import { CONTENT, ROOT } from '../project.ts';
import { kit, type Check, type MakeCheck } from '../sandbox-server/guest/check/kit.ts';
import type { ProgramCommand } from '../sandbox-server/guest/check/checked-program.ts';
import {
  runCheck,
  type CheckOptions,
  type CheckResult,
} from '../sandbox-server/guest/check/run-check.ts';
import { loadLabs, type LoadedLab } from '../sandbox-server/labs.ts';
import { LOADER, copyStripped } from '../sandbox-server/runtime.ts';
import { stripTypes } from '../sandbox-server/strip-types.ts';
import { freePort } from './port.ts';

/** How many seeds a solution has to pass. */
const SEEDS = 20;
/** For how long a check is held up, in milliseconds. */
const HELD_UP = 1100;
/** Longer than any check takes on a busy computer, in milliseconds. */
const TIME = { timeout: 600_000 };
/** One sequence for each seed: the many seeds are what is many. */
const ONE_RUN: Omit<CheckOptions, 'seed'> = {
  ...{ runs: 1, examples: false, shrinks: 0, shrinkTime: 0 },
  time: TIME.timeout,
};
/** The examples show each mistake; what the seed adds are more of them. */
const EXAMPLES: Omit<CheckOptions, 'seed'> = { ...ONE_RUN, examples: true };
const SILENT = { progress: () => {}, shortening: () => {} };

/** Programs without their types, and the library: they start in a third of the time. */
class Runtime {
  readonly #folder = mkdtempSync(join(tmpdir(), 'exercise-'));
  #programs = 0;

  constructor({ folder }: LoadedLab) {
    const modules = join(this.#folder, 'node_modules');
    copyStripped(join(ROOT, 'libevent'), join(modules, 'libevent-ts'));
    symlinkSync(join(ROOT, 'node_modules', 'koffi'), join(modules, 'koffi'));
    copyStripped(folder, join(this.#folder, 'lab'));
  }

  /** Adds a program. @returns its path */
  add(text: string): string {
    const path = join(this.#folder, 'lab', `program-${++this.#programs}.ts`);
    writeFileSync(path, stripTypes(text, path));
    return path;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What a module exports under this name; undefined if it has no such export. */
function exported(module: unknown, name: 'default'): unknown {
  return typeof module === 'object' && module !== null && name in module ? module[name] : undefined;
}

function isMaker(value: unknown): value is MakeCheck {
  return typeof value === 'function';
}

function areWrongAnswers(value: unknown): value is WrongAnswer[] {
  return Array.isArray(value);
}

/**
 * Registers tests of an exercise.
 * @param id of its lab
 * @param part those of its solution, or those of its wrong answers and of the untouched program: together
 *   they take longer than the tests of one file may
 * @param heldUpAt what a check that measures times tells of: once, while it does that, it is held up
 */
export async function testExercise(
  id: string,
  part: 'solution' | 'wrong',
  heldUpAt?: RegExp,
): Promise<void> {
  const lab = (await loadLabs(CONTENT, id)).get(id);
  assert.ok(lab?.definition.exercise, `${id} is an exercise`);
  const { folder, definition } = lab;
  const { exercise, server } = definition;
  assert.ok(exercise);
  const inFolder = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const load = async (file: string): Promise<unknown> =>
    exported(await import(pathToFileURL(join(folder, file)).href), 'default');
  const make = await load(exercise.check);
  assert.ok(isMaker(make), `${exercise.check} exports a function that makes a check`);
  const check = make(kit);
  const given = await load('wrong.ts');
  assert.ok(areWrongAnswers(given) && given.length >= 3, 'there are three wrong answers');
  const wrong: readonly WrongAnswer[] = given;
  const original = inFolder(server.program);
  const solution = inFolder(exercise.solution);

  suite(id, { concurrency: 1 }, () => {
    const runtime = new Runtime(lab);
    after(() => runtime.remove());

    async function commandFor(text: string): Promise<ProgramCommand> {
      const port = await freePort();
      return {
        flags: ['--import', join(ROOT, LOADER), ...(server.forks ? FORK_FLAGS : [])],
        file: runtime.add(text),
        port,
        ready: server.ready.replace(String(server.port), String(port)),
        descriptors: server.descriptors,
      };
    }

    async function run(text: string, options: CheckOptions): Promise<CheckResult> {
      return await runCheck(check, await commandFor(text), options, SILENT);
    }

    if (part === 'wrong') {
      testWrongAnswers(run);
      return;
    }

    test('the solution differs from the program only in the part to be changed', () => {
      const outside = (text: string, name: string): string[] => {
        const { first, last } = linesToChange(text, name);
        return withoutRegionMarks(text)
          .split('\n')
          .toSpliced(first - 1, last - first + 1);
      };
      assert.notEqual(solution, original);
      assert.deepEqual(outside(solution, exercise.solution), outside(original, server.program));
    });

    test('every example can be made shorter, step by step', () => {
      for (const example of check.examples) {
        assert.ok(check.steps.canShrinkWithoutContext([...example]), JSON.stringify(example));
      }
    });

    test('a program that only says that it listens fails', TIME, async () => {
      const [before = '', after = ''] = server.ready.split(String(server.port));
      const result = await run(
        `console.log(${JSON.stringify(before)} + process.argv[2] + ${JSON.stringify(after)});
        setInterval(() => {}, 60_000);`,
        { ...EXAMPLES, seed: 1, shrinks: 0 },
      );
      assert.equal(result.kind, 'failed');
    });

    test(`the solution passes ${SEEDS} seeds`, TIME, async () => {
      const command = await commandFor(solution);
      const keep: CheckOptions['keep'] = { stage: undefined };
      try {
        for (let seed = 1; seed <= SEEDS; seed++) {
          const options = { ...(seed === 1 ? EXAMPLES : ONE_RUN), seed, keep };
          const result = await runCheck(check, command, options, SILENT);
          assert.equal(result.kind, 'passed', JSON.stringify(result, null, 2));
        }
      } finally {
        await keep.stage?.[Symbol.asyncDispose]();
      }
    });

    if (heldUpAt !== undefined) {
      test(
        'the solution passes where its check is held up for more than a second',
        TIME,
        async () => {
          let holds = 0;
          const slow: Check = {
            ...check,
            play(stage, steps) {
              const tell = stage.tell.bind(stage);
              stage.tell = (text) => {
                tell(text);
                if (holds > 0 || !heldUpAt.test(text)) return;
                holds += 1;
                Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HELD_UP);
              };
              return check.play(stage, steps);
            },
          };
          const command = await commandFor(solution);
          const result = await runCheck(slow, command, { ...ONE_RUN, seed: 1 }, SILENT);
          assert.equal(result.kind, 'passed', JSON.stringify(result, null, 2));
          assert.equal(holds, 1);
        },
      );
    }
  });

  function testWrongAnswers(
    run: (text: string, options: CheckOptions) => Promise<CheckResult>,
  ): void {
    test('the untouched program fails, and the shortest sequence is shown', TIME, async () => {
      const result = await run(original, {
        ...EXAMPLES,
        shrinks: 6,
        shrinkTime: TIME.timeout,
        seed: 1,
      });
      assert.equal(result.kind, 'failed');
      assert.ok(result.expectation in check.expectations, result.expectation);
      assert.ok(result.steps.length > 0);
    });

    for (const answer of wrong) {
      test(`the answer that ${answer.name} fails at “${answer.fails}”`, TIME, async () => {
        assert.ok(answer.fails in check.expectations, `there is “${answer.fails}”`);
        const result = await run(applyPatch(solution, answer.patch), { ...EXAMPLES, seed: 1 });
        assert.equal(result.kind, 'failed');
        assert.equal(result.expectation, answer.fails, JSON.stringify(result, null, 2));
      });
    }

    test('the wrong answers fail for three reasons at least', () => {
      assert.ok(new Set(wrong.map(({ fails }) => fails)).size >= 3);
    });
  }
}
