/**
 * Checks a reader’s program inside a sandbox, or an author’s outside of one: starts it again and again, is
 * its peers, and says how it did. What counts goes through the feed, which the program can’t reach; the
 * terminal has the same in words.
 * Usage: main.ts --check FILE --program FILE --ready TEXT --port PORT --descriptors N [--flag FLAG]…
 *   [--seed N] [--runs N] [--shrinks N]
 */
import { randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  CHECK_FEED_VARIABLE,
  boundedFailure,
  checkRecordLine,
  type CheckRecord,
} from '../../../protocol/check-feed.ts';
import { keepOthersOut } from '../keep-others-out.ts';
import { kit, type Check, type MakeCheck } from './kit.ts';
import { DEFAULT_RUNS, runCheck, type CheckResult } from './run-check.ts';
import { expectationInWords } from './unmet.ts';

/** Seeds are numbers of 31 bits, short enough to be typed. */
const SEEDS = 2 ** 31;

/** Takes the feed’s number out of the environment. @returns what tells the server */
function openFeed(): (record: CheckRecord) => void {
  const feed = process.env[CHECK_FEED_VARIABLE];
  Reflect.deleteProperty(process.env, CHECK_FEED_VARIABLE);
  if (feed === undefined) return () => {};
  return (record) => void writeSync(Number(feed), checkRecordLine(record));
}

function isMaker(value: unknown): value is MakeCheck {
  return typeof value === 'function';
}

/** What the lab’s `check.ts` exports. */
async function load(file: string): Promise<Check> {
  const module: unknown = await import(pathToFileURL(resolve(file)).href);
  const make =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : null;
  if (!isMaker(make)) throw new Error(`${file}: export default function check(kit: Kit): Check`);
  return make(kit);
}

/** How it went, in words for a terminal. */
function inWords(result: CheckResult, { expectations }: Check): string[] {
  if (result.kind === 'passed') {
    return [`Passed: ${result.runs} sequences, with seed ${result.seed}.`];
  }
  const { expectation, expected, seen, steps, printed, seed } = result;
  return [
    `Not yet: ${expectationInWords(expectation, expectations)}.`,
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
    `Expected: ${expected}.`,
    `Instead: ${seen}.`,
    `To run the same again: seed ${seed}.`,
    ...(printed.length > 0 ? ['The program printed meanwhile:'] : []),
    ...printed.map((line) => `  | ${line}`),
  ];
}

function number(text: string | undefined, name: string): number {
  const value = Number(text);
  if (text === undefined || !Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`--${name} is a whole number`);
  }
  return value;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      check: { type: 'string', default: '' },
      program: { type: 'string', default: '' },
      ready: { type: 'string', default: '' },
      port: { type: 'string' },
      descriptors: { type: 'string' },
      flag: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string' },
      runs: { type: 'string' },
      shrinks: { type: 'string' },
    },
  });
  const tell = openFeed();
  keepOthersOut();
  const check = await load(values.check);
  const seed = values.seed === undefined ? randomInt(SEEDS) : number(values.seed, 'seed');
  const command = {
    // As this process was started itself: in a sandbox, types are gone already.
    flags: [...process.execArgv, ...values.flag],
    file: values.program,
    port: number(values.port, 'port'),
    ready: values.ready,
    descriptors: number(values.descriptors, 'descriptors'),
  };
  console.log(`Checking with seed ${seed}.`);
  const orElse = (text: string | undefined, name: string, usual: number): number =>
    text === undefined ? usual : number(text, name);
  const runs = orElse(values.runs, 'runs', DEFAULT_RUNS.runs);
  const shrinks = orElse(values.shrinks, 'shrinks', DEFAULT_RUNS.shrinks);
  const result = await runCheck(
    check,
    command,
    { ...DEFAULT_RUNS, seed, runs, shrinks },
    {
      progress: (done, total) => {
        tell({ type: 'check', state: 'progress', done, total });
        if (done > 0) console.log(`${done} of ${total} passed.`);
      },
      shortening: (tried) => {
        tell({ type: 'check', state: 'shortening', tried });
        if (tried === 1) console.log('One failed. Looking for the shortest that does …');
      },
    },
  );
  for (const line of inWords(result, check)) console.log(line);
  if (result.kind === 'passed') {
    tell({ type: 'check', state: 'passed', seed, runs: result.runs });
    return 0;
  }
  const { kind: state, ...failure } = result;
  const about = expectationInWords(failure.expectation, check.expectations);
  tell(boundedFailure({ type: 'check', state, about, ...failure }));
  return 1;
}

// Its feed and its terminal have everything by now. A connection whose other end was killed, or a pipe of
// the program's, can take its time to close, and a reader waits for the verdict.
process.exit(await main());
