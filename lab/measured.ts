/**
 * What a page has measured: the latest figures of each series over the number of clients, or of descriptors, of
 * this run and of earlier ones; which series is under way, and what could not be measured. Pure, and bounded
 * whatever comes.
 */
import type { MeasureOrder, MeasureRecord } from '../protocol/measure-feed.ts';
import { seriesOf, type Measures } from './measures.ts';

/** A record that has figures. */
export type FiguresRecord = Extract<MeasureRecord, { state: 'served' | 'passed' }>;

/** A figure that is kept, and whether the latest run has found it. */
export interface Kept {
  readonly record: FiguresRecord;
  readonly isOfThisRun: boolean;
}

/** The series that is being measured. */
export interface UnderWay {
  readonly order: MeasureOrder;
  /** What a chart calls it. */
  readonly label: string;
  /** Which of all series it is, from 1. */
  readonly position: number;
  readonly of: number;
}

/** A program that a reader has written may print figures for as many numbers of descriptors as it likes. */
const MOST_PLACES = 32;

/** Where a figure has its place on the axis: the number of clients, or of descriptors. */
export function placeOf(record: FiguresRecord): number {
  return record.state === 'served' ? record.clients : record.descriptors;
}

/** What belongs together in a chart: a series, with so much to do. */
function lineKey(series: string, busy: number): string {
  return `${series} ${busy}`;
}

/** Keeps what the runs of a page find. */
export class Measured {
  readonly #measures: Measures;
  readonly #names: readonly string[];
  readonly #labels: ReadonlyMap<string, string>;
  readonly #lines = new Map<string, Map<number, { record: FiguresRecord; run: number }>>();
  /** Why a series, ordered so, has no figures, or no more of them. */
  readonly #skipped = new Map<string, string>();
  #run = 0;
  #order: MeasureOrder;
  #series: string | undefined;

  /** @param order what is measured until a run says otherwise */
  constructor(measures: Measures, order: MeasureOrder) {
    const series = seriesOf(measures);
    this.#measures = measures;
    this.#order = order;
    this.#names = series.map(({ name }) => name);
    this.#labels = new Map(series.map(({ name, label }) => [name, label]));
  }

  /** A run begins. */
  begin(order: MeasureOrder): void {
    this.#run += 1;
    this.#order = order;
    this.#series = undefined;
  }

  /** Takes what was found. What is not of this lab’s series, or of no place that it can have, is let go. */
  take(record: MeasureRecord): void {
    if (record.state === 'done') {
      this.#series = undefined;
      return;
    }
    const { series } = record;
    if (!this.#labels.has(series)) return;
    switch (record.state) {
      case 'began':
        this.#series = series;
        this.#skipped.delete(this.#skippedKey(series, this.#order));
        break;
      case 'skipped':
        this.#skipped.set(this.#skippedKey(series, this.#order), record.why);
        break;
      case 'served':
      case 'passed':
        this.#keep(record);
    }
  }

  /** The run is over, whether all was measured or not. */
  end(): void {
    this.#series = undefined;
  }

  /** Forgets everything. */
  clear(): void {
    this.#lines.clear();
    this.#skipped.clear();
    this.#series = undefined;
  }

  /** The series that is being measured, if one is. */
  get underWay(): UnderWay | undefined {
    const series = this.#series;
    if (series === undefined) return undefined;
    return {
      order: this.#order,
      label: this.#labels.get(series) ?? series,
      position: this.#names.indexOf(series) + 1,
      of: this.#names.length,
    };
  }

  /** All figures: the latest of each series at each place, with so much to do. */
  get figures(): FiguresRecord[] {
    return [...this.#lines.values()].flatMap((line) =>
      [...line.values()].map(({ record }) => record),
    );
  }

  /** The figures of a series, in the order of the axis. */
  line(series: string, busy: number): Kept[] {
    const line = this.#lines.get(lineKey(series, busy)) ?? new Map<number, never>();
    return [...line.values()]
      .map(({ record, run }) => ({ record, isOfThisRun: run === this.#run }))
      .sort((one, other) => placeOf(one.record) - placeOf(other.record));
  }

  /** The figures of a series at a place. */
  at(series: string, busy: number, place: number): FiguresRecord | undefined {
    return this.#lines.get(lineKey(series, busy))?.get(place)?.record;
  }

  /** Why a series has no figures for an order, or no more; undefined if it has, or nobody has asked. */
  whyNot(series: string, order: MeasureOrder): string | undefined {
    return this.#skipped.get(this.#skippedKey(series, order));
  }

  #keep(record: FiguresRecord): void {
    const isOurs = (record.state === 'served') === (this.#measures.kind === 'servers');
    if (!isOurs) return;
    const key = lineKey(record.series, record.busy);
    const line = this.#lines.get(key) ?? new Map<number, { record: FiguresRecord; run: number }>();
    const place = placeOf(record);
    if (!line.has(place) && line.size >= MOST_PLACES) return;
    line.set(place, { record, run: this.#run });
    this.#lines.set(key, line);
  }

  /** Descriptors have all their numbers in one run; of servers, each number of clients is one. */
  #skippedKey(series: string, { clients, busy }: MeasureOrder): string {
    return this.#measures.kind === 'servers' ? `${series} ${busy} ${clients}` : `${series} ${busy}`;
  }
}
