/** What a page has measured, and what comes through the feed of a measurement: see `measure-feed.ts`. */
import * as z from 'zod/mini';
import { LONGEST_REASON, MOST_FIGURE } from './measure-feed.ts';

const MOST_CLIENTS = 1000;
const MOST_DESCRIPTORS = 10_000;

const figure = z.number().check(z.nonnegative(), z.lte(MOST_FIGURE));
const people = z.int().check(z.nonnegative(), z.lte(MOST_CLIENTS));
const series = z.string().check(z.regex(/^[a-z][a-z0-9_-]{0,31}$/));
const type = z.literal('measure');

/** The schema of what a page has measured. */
export const measureOrderSchema = z.strictObject({
  clients: people.check(z.positive()),
  busy: z.int().check(z.positive(), z.lte(MOST_CLIENTS)),
});

/** The schema of a record of a measurement. */
export const measureRecordSchema = z.discriminatedUnion('state', [
  z.strictObject({ type, state: z.literal('began'), series }),
  z.strictObject({
    ...{ type, state: z.literal('served'), series },
    ...{ clients: people, busy: people, final: z.boolean() },
    ...{ connected: people, answers: figure, middle: figure, slow: figure, slowest: figure },
    ...{ processes: figure, threads: figure, memory: figure, processor: figure },
  }),
  z.strictObject({
    ...{ type, state: z.literal('passed'), series },
    descriptors: z.int().check(z.positive(), z.lte(MOST_DESCRIPTORS)),
    busy: people,
    micros: figure,
  }),
  z.strictObject({
    ...{ type, state: z.literal('skipped'), series },
    why: z.string().check(z.maxLength(LONGEST_REASON)),
  }),
  z.strictObject({ type, state: z.literal('done') }),
]);

/** Reads a line; undefined for what is not of this format. */
export function readMeasureRecord(line: string): z.infer<typeof measureRecordSchema> | undefined {
  try {
    return measureRecordSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
