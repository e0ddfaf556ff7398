/** A crowd as it is told to a page, and what comes through its feed: see `crowd-feed.ts`. */
import * as z from 'zod/mini';
import { ERROR_NAME, MOST_CROWD, MOST_REASONS, MOST_TOLD } from './crowd-feed.ts';

const people = z.int().check(z.nonnegative(), z.lte(MOST_CROWD));
const count = z.int().check(z.nonnegative(), z.lte(MOST_TOLD));
const milliseconds = z.number().check(z.nonnegative(), z.lte(MOST_TOLD));

/** The fields of a crowd’s state. */
const stateSchema = z.strictObject({
  wanted: people,
  talks: z.boolean(),
  connecting: people,
  connected: people,
  // Of clients that are sent again, each time counts.
  closed: count,
  failed: count,
  reasons: z
    .array(z.strictObject({ code: z.string().check(z.regex(ERROR_NAME)), count }))
    .check(z.maxLength(MOST_REASONS)),
  sent: count,
  answered: count,
  line: z.nullable(
    z.strictObject({ middle: milliseconds, slow: milliseconds, waits: milliseconds }),
  ),
});

/** What a page orders: so many clients, and none to send them away. */
export const crowdOrderFields = { count: people, talks: z.boolean() };

/** What a page is told: how the crowd is, or null when it is gone. */
export const crowdFields = { state: z.nullable(stateSchema) };

/** No page is told this: it is for whoever counts the calls that the lines have cost. */
const tallySchema = z.strictObject({
  at: z.number().check(z.nonnegative()),
  lines: count,
  underWay: count,
});

const recordSchema = z.strictObject({
  type: z.literal('crowd'),
  state: stateSchema,
  tally: tallySchema,
});

/** Reads a line of a crowd’s feed; undefined for what is not of this format. */
export function readCrowdRecord(
  line: string,
): Omit<z.infer<typeof recordSchema>, 'type'> | undefined {
  try {
    const { data } = recordSchema.safeParse(JSON.parse(line));
    return data && { state: data.state, tally: data.tally };
  } catch {
    return undefined;
  }
}
