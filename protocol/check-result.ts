/** Reads what comes from the checker of an exercise: see `check-feed.ts`. */
import * as z from 'zod';
import { CHECK_LIMITS, type CheckRecord } from './check-feed.ts';

const { steps, step, printed, line, text } = CHECK_LIMITS;
const count = z.int().min(0).max(100_000);
const seed = z.int();
const type = z.literal('check');

/** The schema of a record of a checker. */
export const checkRecordSchema = z.discriminatedUnion('state', [
  z.strictObject({ type, state: z.literal('progress'), done: count, total: count }),
  z.strictObject({ type, state: z.literal('shortening'), tried: count }),
  z.strictObject({ type, state: z.literal('passed'), seed, runs: count }),
  z.strictObject({
    ...{ type, state: z.literal('failed'), seed },
    expectation: z.string().regex(/^[a-z][a-z0-9-]{0,59}$/),
    about: z.string().max(text),
    expected: z.string().max(text),
    seen: z.string().max(text),
    steps: z.array(z.string().max(step)).max(steps),
    printed: z.array(z.string().max(line)).max(printed),
  }),
]);

/** Reads a line; undefined for what is not of this format. */
export function readCheckRecord(text: string): CheckRecord | undefined {
  try {
    return checkRecordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
