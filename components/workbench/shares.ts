/** How much of a workbench its code and its timeline have. Kept in the reader’s browser, where it lets one. */

/** Shares, in hundredths. */
export interface Shares {
  /** Of the width that code and terminals have together: the code’s. */
  readonly code: number;
  /** Of the height that code, terminals and timeline have together: what is above the timeline. */
  readonly above: number;
}

/** What they are until a reader moves them. */
export const FIRST_SHARES: Shares = { code: 44, above: 68 };
/** The least and the most of each: no pane is ever gone. */
export const BOUNDS = { code: { least: 25, most: 70 }, above: { least: 40, most: 88 } } as const;

const KEY = 'readable:workbench';

function shareOf(value: unknown, name: keyof Shares): number {
  if (typeof value !== 'object' || value === null) return FIRST_SHARES[name];
  const entry: unknown = new Map<string, unknown>(Object.entries(value)).get(name);
  const { least, most } = BOUNDS[name];
  return typeof entry === 'number' && entry >= least && entry <= most ? entry : FIRST_SHARES[name];
}

/** Reads what was kept; what is not a share is as if it were not there. */
export function parseShares(text: string | null): Shares {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return { code: shareOf(value, 'code'), above: shareOf(value, 'above') };
  } catch {
    return FIRST_SHARES;
  }
}

/** The shares that this browser keeps. */
export function loadShares(): Shares {
  try {
    return parseShares(localStorage.getItem(KEY));
  } catch {
    return FIRST_SHARES;
  }
}

/** Keeps them, if the browser takes it. */
export function storeShares(shares: Shares): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(shares));
  } catch {
    // They last as long as the workbench is open.
  }
}
