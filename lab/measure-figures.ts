/** The figures that a measurement has: what they are called, how they are written, and how an axis has them. Pure. */
import type { FiguresRecord } from './measured.ts';
import type { Measures } from './measures.ts';

/** The name of a figure. */
export type FigureName =
  'answers' | 'middle' | 'slow' | 'slowest' | 'processes' | 'memory' | 'processor' | 'micros';

/** A figure of a record. */
export interface Figure {
  readonly name: FigureName;
  /** As a choice, and above a column. */
  readonly label: string;
  /** On a logarithmic axis, no smaller than this; undefined for one that begins with 0. */
  readonly least: number | undefined;
  /** What a logarithmic axis can be marked with, if not powers of ten. */
  readonly marks?: readonly number[];
  /** What a table says of a record that has none that can be told from nothing. */
  readonly unmeasured?: string;
  /** Undefined where a record has no such figure. */
  readonly of: (record: FiguresRecord) => number | undefined;
  /** With its unit, as in a table. */
  readonly text: (value: number) => string;
}

const KiB = 1024;
const MiB = KiB * KiB;

/**
 * So much memory a server takes and gives back by itself while its clients come: V8 collects garbage and keeps
 * what it has freed. What clients cost in all has to be more, or it can't be told from that.
 */
const LEAST_MEMORY = 4 * MiB;

/** Two digits or three, and no more: none of these figures is known better. */
function rounded(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  const digits = value >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

function timeText(milliseconds: number): string {
  return milliseconds >= 1000 ? `${rounded(milliseconds / 1000)} s` : `${rounded(milliseconds)} ms`;
}

function sizeText(bytes: number): string {
  if (bytes >= MiB) return `${rounded(bytes / MiB)} MB`;
  return bytes >= KiB
    ? `${rounded(bytes / KiB)} KB`
    : `${Math.round(bytes).toLocaleString('en')} bytes`;
}

const SERVER_FIGURES: readonly Figure[] = [
  {
    ...{ name: 'answers', label: 'answers a second', least: undefined },
    of: (record) => (record.state === 'served' ? record.answers : undefined),
    text: (value) => Math.round(value).toLocaleString('en'),
  },
  {
    ...{ name: 'middle', label: 'median', least: 0.01 },
    of: (record) => (record.state === 'served' ? record.middle : undefined),
    text: timeText,
  },
  {
    ...{ name: 'slow', label: 'p99', least: 0.01 },
    of: (record) => (record.state === 'served' ? record.slow : undefined),
    text: timeText,
  },
  {
    ...{ name: 'slowest', label: 'slowest', least: 0.01 },
    of: (record) => (record.state === 'served' ? record.slowest : undefined),
    text: timeText,
  },
  {
    ...{ name: 'processes', label: 'processes', least: 1 },
    of: (record) => (record.state === 'served' ? record.processes : undefined),
    text: (value) => value.toLocaleString('en'),
  },
  {
    ...{ name: 'memory', label: 'memory per client', least: 100 },
    unmeasured: 'too little to measure',
    marks: [100, KiB, 10 * KiB, 100 * KiB, MiB, 10 * MiB, 100 * MiB],
    of: (record) =>
      record.state === 'served' && record.memory * record.connected >= LEAST_MEMORY
        ? record.memory
        : undefined,
    text: sizeText,
  },
  {
    ...{ name: 'processor', label: 'processor', least: undefined },
    of: (record) => (record.state === 'served' ? record.processor : undefined),
    text: (value) => `${Math.round(value * 100)} %`,
  },
];

const PASS: Figure = {
  ...{ name: 'micros', label: 'µs a pass', least: 0.1 },
  of: (record) => (record.state === 'passed' ? record.micros : undefined),
  text: (value) => `${rounded(value)} µs`,
};

/** What a table says of a record; undefined where it has nothing to say. */
export function figureText(
  { of, text, unmeasured }: Figure,
  record: FiguresRecord | undefined,
): string | undefined {
  if (!record) return undefined;
  const value = of(record);
  return value === undefined ? unmeasured : text(value);
}

/** The figures of a measurement, the one that is drawn at first before the others. */
export function figuresOf(kind: Measures['kind']): readonly [Figure, ...Figure[]] {
  const [first = PASS, ...others] = kind === 'servers' ? SERVER_FIGURES : [PASS];
  return [first, ...others];
}

/** An axis: where it ends, and what it is marked with. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly marks: readonly number[];
}

/** From a thousandth to beyond everything that is measured. */
const POWERS = Array.from({ length: 16 }, (_, index) => Number((10 ** (index - 3)).toPrecision(6)));

/** As many marks as a chart of this height has room for. */
const MOST_MARKS = 6;

/** An axis from 0 to where a value has its place. */
export function evenAxis(most: number): Axis {
  const to = most > 0 ? most * 1.06 : 1;
  const power = 10 ** Math.floor(Math.log10(to));
  const step =
    [0.1, 0.2, 0.5, 1, 2].map((each) => each * power).find((each) => to / each < MOST_MARKS) ??
    power;
  const count = Math.floor(to / step);
  // A product of floating-point numbers may be a hair beside a round one.
  const marks = Array.from({ length: count + 1 }, (_, index) =>
    Number((index * step).toPrecision(6)),
  );
  return { from: 0, to, marks };
}

/**
 * A logarithmic axis on which the least and the most have their places.
 * @param marks what it can be marked with; powers of ten if not given
 */
export function logarithmicAxis(
  least: number,
  most: number,
  marks: readonly number[] = POWERS,
): Axis {
  const first = marks.findLastIndex((mark) => mark <= least * (1 + 1e-9));
  const last = marks.findIndex((mark) => mark >= most * (1 - 1e-9));
  const from = Math.max(0, first);
  const to = last < 0 ? marks.length - 1 : last;
  // A single value is in the middle.
  const shown =
    from === to ? marks.slice(Math.max(0, from - 1), to + 2) : marks.slice(from, to + 1);
  return { from: shown[0] ?? least, to: shown.at(-1) ?? most, marks: shown };
}
