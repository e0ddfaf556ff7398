/** Reads what comes from the checker of an exercise: see `check-feed.ts`. */
import * as z from 'zod/mini';
import { CHECK_LIMITS } from './check-feed.ts';

const { steps, step, printed, line, text } = CHECK_LIMITS;
const count = z.int().check(z.nonnegative(), z.lte(100_000));
/** What a sequence of steps is made from: 31 bits. */
export const seedSchema = z.int().check(z.nonnegative(), z.lt(2 ** 31));
const seed = seedSchema;
const type = z.literal('check');
const string = (most: number): z.ZodMiniString => z.string().check(z.maxLength(most));

/** The schema of a record of a checker. */
export const checkRecordSchema = z.discriminatedUnion('state', [
  z.strictObject({ type, state: z.literal('progress'), done: count, total: count }),
  z.strictObject({ type, state: z.literal('shortening'), tried: count }),
  z.strictObject({ type, state: z.literal('passed'), seed, runs: count }),
  z.strictObject({
    ...{ type, state: z.literal('failed'), seed },
    expectation: z.string().check(z.regex(/^[a-z][a-z0-9-]{0,59}$/)),
    about: string(text),
    expected: string(text),
    seen: string(text),
    steps: z.array(string(step)).check(z.maxLength(steps)),
    printed: z.array(string(line)).check(z.maxLength(printed)),
  }),
]);

/** Reads a line; undefined for what is not of this format. */
export function readCheckRecord(text: string): z.infer<typeof checkRecordSchema> | undefined {
  try {
    return checkRecordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
