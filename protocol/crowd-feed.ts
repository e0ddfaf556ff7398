/**
 * What a crowd of ours tells of itself through its feed, a line each: how many of its clients are connected,
 * and how long a line takes. Without a schema, since this part also runs inside sandboxes, where no package is.
 */

/** The most clients that a crowd has. */
export const MOST_CROWD = 1000;
/** How many of its clients connect in a second: a pace that can be watched. */
export const CROWD_PACE = 100;
/** The variable with the number of the descriptor for it. */
export const CROWD_FEED_VARIABLE = 'READABLE_CROWD_FD';
/** The most reasons that are told why clients could not connect. */
export const MOST_REASONS = 4;
/** No crowd sends more lines, and no line takes longer in milliseconds. */
export const MOST_TOLD = 1e9;
/** The name of an error: errno(3). */
export const ERROR_NAME = /^[A-Z][A-Z0-9_]{1,31}$/;

/** Why clients could not connect. */
export interface CrowdReason {
  /** As `ECONNREFUSED`: errno(3). */
  readonly code: string;
  readonly count: number;
}

/** How long a line takes there and back, in milliseconds, over the last few seconds. */
export interface LineTime {
  /** Half of the lines took no longer. */
  readonly middle: number;
  /** One in twenty took longer. */
  readonly slow: number;
  /** How long the line has waited that is not answered yet; 0 if none is under way. */
  readonly waits: number;
}

/** How a crowd is. */
export interface CrowdState {
  /** How many clients there are to be. */
  readonly wanted: number;
  /** Whether each sends a line a second. */
  readonly talks: boolean;
  /** Clients whose connect(2) has not come back. */
  readonly connecting: number;
  /** Clients that are connected. */
  readonly connected: number;
  /** Clients that were connected, until the server closed their connections or reset them. */
  readonly closed: number;
  /** Clients that could not connect, or could not be made. */
  readonly failed: number;
  /** Why, the most frequent reasons. */
  readonly reasons: readonly CrowdReason[];
  /** Lines that they have sent, and how many have come back. */
  readonly sent: number;
  readonly answered: number;
  /** Of one client more, which sends a line four times a second; null until it has had an answer. */
  readonly line: LineTime | null;
}

/** How many lines a server has answered by a moment, those of the client that measures among them. */
export interface CrowdTally {
  /** In milliseconds since 1970. */
  readonly at: number;
  /** Lines that have come back. */
  readonly lines: number;
  /** Lines that have not: nobody can say whether the server has seen them yet. */
  readonly underWay: number;
}

/** What a crowd tells at a time. */
export interface CrowdRecord {
  readonly state: CrowdState;
  readonly tally: CrowdTally;
}

/** The line that says how a crowd is now. */
export function crowdRecordLine({ state, tally }: CrowdRecord): string {
  return `${JSON.stringify({ type: 'crowd', state, tally })}\n`;
}

/** What a crowd is told, through its terminal. */
export interface CrowdOrder {
  /** How many clients there are to be. */
  readonly count: number;
  /** Whether each sends a line a second. */
  readonly talks: boolean;
}

/** The line that gives an order. */
export function crowdOrderLine({ count, talks }: CrowdOrder): string {
  return `${count} ${talks ? 'talking' : 'silent'}\n`;
}

/** Reads a line of {@link crowdOrderLine}; undefined for any other. */
export function readCrowdOrder(line: string): CrowdOrder | undefined {
  const [, digits, manner] = /^(\d{1,4}) (talking|silent)$/.exec(line) ?? [];
  const count = Number(digits);
  if (digits === undefined || count > MOST_CROWD) return undefined;
  return { count, talks: manner === 'talking' };
}
