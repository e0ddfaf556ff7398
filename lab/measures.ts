/**
 * What makes a lab a measurement: its server program is measured, and others beside it. Pure. Such a lab has
 * no clients for a reader to type into: those that talk are its measurement's own.
 */
import * as z from 'zod';
import { MEASURE_BUSY, MEASURE_CLIENTS } from '../protocol/measure-feed.ts';
import type { MeasureOrder } from '../protocol/measure-feed.ts';
import { name } from './scenario.ts';

const label = z.string().min(1).max(40);

/** The schema of a measurement. */
export const measuresSchema = z.discriminatedUnion('kind', [
  /** Servers under the same load, one after the other: those of other labs, then the lab's own. */
  z.strictObject({
    kind: z.literal('servers'),
    /** What the lab's own is called in a chart; its series has the name `own`. */
    own: label,
    /** Server programs of other labs; a series has the name of its lab. */
    beside: z
      .array(z.strictObject({ lab: name, label }))
      .min(1)
      .max(10),
  }),
  /**
   * The lab's server program, run once for each series with its name and how many descriptors are to be busy as
   * arguments. It prints a line for each figure: `100 descriptors: 12.3 µs a pass`.
   */
  z.strictObject({
    kind: z.literal('passes'),
    series: z.array(z.strictObject({ name, label })).min(1).max(10),
  }),
]);

/** A measurement, checked. */
export type Measures = z.output<typeof measuresSchema>;

/** The series of the lab's own server. */
export const OWN_SERIES = 'own';

/** The series of a measurement in their order, each with what a chart calls it. */
export function seriesOf(measures: Measures): { readonly name: string; readonly label: string }[] {
  if (measures.kind === 'passes') return measures.series;
  const beside = measures.beside.map(({ lab, label }) => ({ name: lab, label }));
  return [...beside, { name: OWN_SERIES, label: measures.own }];
}

/** What is measured unless the reader says otherwise. */
export function usualOrder({ kind }: Measures): MeasureOrder {
  return kind === 'servers' ? { clients: 50, busy: 100 } : { clients: 1, busy: 1 };
}

/** Whether a reader can ask for this. */
export function isOffered({ clients, busy }: MeasureOrder): boolean {
  return (
    MEASURE_CLIENTS.some((each) => each === clients) && MEASURE_BUSY.some((each) => each === busy)
  );
}
