import {
  TRACE_BUDGET_VARIABLE,
  TRACE_CALLBACKS_VARIABLE,
  TRACE_CALLS_VARIABLE,
  TRACE_COUNTS_VARIABLE,
  TRACE_REPEATS_VARIABLE,
  TRACE_SITES_VARIABLE,
  TRACE_VARIABLE,
} from './trace_variables.ts';

/** What is to be traced, and where it goes. */
export interface TraceSettings {
  readonly descriptor: number;
  /** The calls to record; null for all. */
  readonly calls: ReadonlySet<string> | null;
  /** The shortest time between two counts, in milliseconds; null for no counts. */
  readonly countsEvery: number | null;
  /**
   * The shortest time between two records of a select(2) that is as the one before and does not wait, in
   * milliseconds; null to record each.
   */
  readonly repeatsEvery: number | null;
  /** The folder of the programs whose lines are told; null for none. */
  readonly sites: string | null;
  /** Whether callbacks are recorded. */
  readonly callbacks: boolean;
  /** How many records a thread writes in a second; null for any number. */
  readonly budget: number | null;
}

/**
 * Reads from the environment what is to be traced.
 *
 * @returns null for no trace
 * @throws RangeError if a variable that is a number is something else
 */
export function traceSettings(environment: NodeJS.ProcessEnv): TraceSettings | null {
  const descriptor = traceDescriptor(environment);
  if (descriptor === null) return null;
  const calls = environment[TRACE_CALLS_VARIABLE];
  const sites = environment[TRACE_SITES_VARIABLE];
  return {
    descriptor,
    calls: calls === undefined ? null : new Set(calls.split(',').filter(Boolean)),
    countsEvery: wholeNumber(environment, TRACE_COUNTS_VARIABLE, 'milliseconds'),
    repeatsEvery: wholeNumber(environment, TRACE_REPEATS_VARIABLE, 'milliseconds'),
    sites: sites === undefined || sites === '' ? null : sites,
    callbacks: environment[TRACE_CALLBACKS_VARIABLE] === '1',
    budget: wholeNumber(environment, TRACE_BUDGET_VARIABLE, 'records a second'),
  };
}

/**
 * Reads from the environment where the trace goes.
 *
 * @returns the descriptor, or null for no trace
 * @throws RangeError if the variable is set to something else than the number of a descriptor
 */
export function traceDescriptor(environment: NodeJS.ProcessEnv): number | null {
  return wholeNumber(environment, TRACE_VARIABLE, 'the number of a descriptor');
}

function wholeNumber(
  environment: NodeJS.ProcessEnv,
  variable: string,
  meaning: string,
): number | null {
  const text = environment[variable];
  if (text === undefined || text === '') return null;
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new RangeError(`${variable} is ${meaning}, not ${JSON.stringify(text)}`);
  }
  return number;
}
