import type { MeasureRecord } from '../protocol/measure-feed.ts';

/** A row of a benchmark: what was measured, and the figures; or what is missing. */
export type Row = Readonly<Record<string, string | number>>;

/** What a benchmark found. */
export interface Report {
  readonly rows: readonly Row[];
  /** What to know to judge the rows, a sentence each. */
  readonly notes: readonly string[];
  /** What must not be so, a sentence each: the benchmark has failed then. */
  readonly faults?: readonly string[];
  /** What can stand behind a lab’s chart. */
  readonly recording?: Recording;
}

/** What was measured for a lab that measures. */
export interface Recording {
  readonly lab: string;
  readonly series: readonly {
    readonly name: string;
    readonly label: string;
    readonly points: readonly MeasureRecord[];
  }[];
}

/** How long to measure. */
export interface Effort {
  /** Seconds of one measurement. */
  readonly seconds: number;
  /** How often each is made; the median counts. */
  readonly rounds: number;
  /** Which hogs readers are measured beside; without it, each. */
  readonly hogs?: readonly string[] | undefined;
  /** Whether only starts of edited programs are measured. */
  readonly edits?: boolean | undefined;
  /** How many runs to end. */
  readonly count?: number | undefined;
  /** What random choices are made from; without it, from something random. */
  readonly seed?: number | undefined;
}

function cell(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? '';
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });
}

/** Lays rows out as a table; numbers stand to the right. */
export function table(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const isNumber = columns.map((column) => rows.every((row) => typeof row[column] !== 'string'));
  const text = lines.map((line) =>
    line
      .map((each, i) => (isNumber[i] ? each.padStart(widths[i] ?? 0) : each.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  text.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '));
  return text.join('\n');
}
