/**
 * A recorded measurement: `recorded.json` in the folder of a lab that is a measurement. It stands behind what a
 * reader measures, and may have series that no sandbox can run. Pure.
 */
import * as z from 'zod';
import { measureRecordSchema } from '../protocol/measure.ts';
import type { FiguresRecord } from './measured.ts';
import type { Measures } from './measures.ts';
import { mistakesIn } from './mistakes.ts';

const text = z.string().min(1).max(120);
const seriesName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'use lower-case letters, digits and hyphens, a letter first');

const schema = z.strictObject({
  date: z.iso.date('write the day as 2026-11-27'),
  /** What it was made on: `2 cores of an AMD EPYC 9B14`. */
  machine: text,
  /** Of Node: `24.21.0`. */
  node: text,
  /** Of the kernel: `Linux 6.18`. */
  kernel: text,
  /** Of the project. */
  commit: z.string().regex(/^[0-9a-f]{7,40}$/, 'write the commit’s hash, 7 to 40 digits of it'),
  series: z
    .array(
      z.strictObject({
        name: seriesName,
        label: z.string().min(1).max(40),
        points: z.array(measureRecordSchema).min(1),
      }),
    )
    .min(1)
    .max(12),
});

/** One series of a recording. */
export interface RecordedSeries {
  readonly name: string;
  readonly label: string;
  readonly points: readonly FiguresRecord[];
}

/** A recording, checked. */
export interface Recorded extends Omit<z.output<typeof schema>, 'series'> {
  readonly series: readonly RecordedSeries[];
}

function problemsOf(
  series: RecordedSeries['name'],
  points: readonly { state: string }[],
  wanted: string,
): string[] {
  return points.flatMap(({ state }, index) =>
    state === wanted
      ? []
      : [
          `  series “${series}”, point ${index + 1}: its state is “${state}”; this lab has “${wanted}” only`,
        ],
  );
}

/**
 * Checks a recording.
 * @param value what the file has
 * @param file its path, for the message
 * @param measures of its lab; undefined if that is no measurement
 * @throws Error that tells the author what to do
 */
export function parseRecorded(
  value: unknown,
  file: string,
  measures: Measures | undefined,
): Recorded {
  if (!measures) {
    throw new Error(
      `${file}: its lab measures nothing. Add measures to its lab.ts, or remove the file.`,
    );
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    throw new Error(`${file} is no recording yet:\n${mistakesIn(result.error, schema, value)}`);
  }
  const { series, ...told } = result.data;
  const wanted = measures.kind === 'servers' ? 'served' : 'passed';
  const problems: string[] = [];
  const checked = series.map(({ name, label, points }): RecordedSeries => {
    problems.push(...problemsOf(name, points, wanted));
    const figures = points.filter((point) => point.state === 'served' || point.state === 'passed');
    for (const [index, { series: given }] of figures.entries()) {
      if (given === name) continue;
      problems.push(`  series “${name}”, point ${index + 1}: it is of the series “${given}”`);
    }
    return { name, label, points: figures };
  });
  const names = series.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    problems.push(`  series “${twice}” is there twice: put its points together`);
  if (problems.length > 0) {
    throw new Error(
      `${file} is no recording yet:\n${problems.join('\n')}\nMake it again: npm run bench -- rot13`,
    );
  }
  return { ...told, series: checked };
}

/** Where and when it was made, in a sentence. */
export function recordedText({ date, machine, kernel, node, commit }: Recorded): string {
  const day = new Date(`${date}T00:00:00Z`).toLocaleDateString('en-GB', {
    ...{ day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' },
  });
  return `Recorded on ${day}: ${machine}, ${kernel}, Node ${node}, commit ${commit.slice(0, 7)}.`;
}
