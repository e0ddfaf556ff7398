/**
 * What a client of ours tells of itself through its feed, a line each: how its connection is, and which
 * lines it sends and receives. Without what `feed.ts` reads it by, since this part also runs inside
 * sandboxes, where no package is.
 */

/** The variable with the number of the descriptor for it. */
export const CLIENT_FEED_VARIABLE = 'READABLE_CLIENT_FD';

/** How a connection can be, in the order in which it is: connect(2) has returned; shutdown(2) was called. */
export const CLIENT_STATES = ['connected', 'half-closed'] as const;
/** How a client’s connection is. */
export type ClientState = (typeof CLIENT_STATES)[number];

/** A line of a client’s feed that tells how its connection is. */
export interface ClientRecord {
  readonly type: 'client';
  readonly state: ClientState;
}

/** The line that says how a client’s connection is now. */
export function clientRecordLine(state: ClientState): string {
  const record: ClientRecord = { type: 'client', state };
  return `${JSON.stringify(record)}\n`;
}

/** A line of a client’s feed that tells of bytes that end a line of its own. */
export interface ClientLineRecord {
  readonly type: 'line';
  readonly way: 'sent' | 'received';
  readonly bytes: number;
  /** In milliseconds since 1970, with fractions. */
  readonly time: number;
}

/** The line that says that bytes with the end of a line in them were sent, or received, at a time. */
export function clientLineRecordLine(
  way: ClientLineRecord['way'],
  bytes: number,
  time: number,
): string {
  const record: ClientLineRecord = { type: 'line', way, bytes, time };
  return `${JSON.stringify(record)}\n`;
}
