/** What the load of a measurement says of itself, a line of JSON each. */

const STATES = ['ready', 'connected', 'talking', 'done'] as const;

/** How a load is. Its figures are over all the time that counts so far. */
export interface LoadReport {
  /** It can be told where to connect; all have connected or failed; it talks; it is about to end. */
  readonly state: (typeof STATES)[number];
  readonly connected: number;
  /** Answers a second. */
  readonly answers: number;
  /** How long the line took that half of all were no slower than, in milliseconds. */
  readonly middle: number;
  /** And 99 in 100. */
  readonly slow: number;
  readonly slowest: number;
}

function isFigure(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Reads a line; undefined for what is not of this format. */
export function readLoadReport(line: string): LoadReport | undefined {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const claims: Readonly<Record<string, unknown>> = { ...value };
  const { connected, answers, middle, slow, slowest } = claims;
  const state = STATES.find((each) => each === claims.state);
  if (!state || !isFigure(connected) || !isFigure(answers)) return undefined;
  if (!isFigure(middle) || !isFigure(slow) || !isFigure(slowest)) return undefined;
  return { state, connected, answers, middle, slow, slowest };
}
