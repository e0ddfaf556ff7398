/**
 * What a client of ours tells of itself through its feed, a line each: how its connection is. Without
 * the schema that `feed.ts` reads it by, since this part also runs inside sandboxes, where no package is.
 */

/** The variable with the number of the descriptor for it. */
export const CLIENT_FEED_VARIABLE = 'READABLE_CLIENT_FD';

/** How a connection can be, in the order in which it is: connect(2) has returned; shutdown(2) was called. */
export const CLIENT_STATES = ['connected', 'half-closed'] as const;
/** How a client’s connection is. */
export type ClientState = (typeof CLIENT_STATES)[number];

/** A line of a client’s feed. */
export interface ClientRecord {
  readonly type: 'client';
  readonly state: ClientState;
}

/** The line that says how a client’s connection is now. */
export function clientRecordLine(state: ClientState): string {
  const record: ClientRecord = { type: 'client', state };
  return `${JSON.stringify(record)}\n`;
}
