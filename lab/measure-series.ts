/** The series that a chart and its table show: those of a lab, and those that only its recording has. Pure. */
import type { MeasureOrder } from '../protocol/measure-feed.ts';
import { MEASURE_CLIENTS } from '../protocol/measure-feed.ts';
import type { Figure } from './measure-figures.ts';
import { placeOf, type FiguresRecord } from './measured.ts';
import { seriesOf, type Measures } from './measures.ts';
import type { Recorded } from './recorded.ts';

/** What is said of a series that only a recording has. */
export const ONLY_RECORDED = 'only recorded';

/** A series as it is shown. */
export interface ShownSeries {
  readonly name: string;
  readonly label: string;
  /** What was recorded of it. */
  readonly recorded: readonly FiguresRecord[];
  /** Whether only a recording has it. */
  readonly isOnlyRecorded: boolean;
}

/** All that are shown, the lab’s own first. */
export function shownSeries(measures: Measures, recorded: Recorded | undefined): ShownSeries[] {
  const own = seriesOf(measures);
  const points = new Map(recorded?.series.map((each) => [each.name, each.points]));
  const names = new Set(own.map(({ name }) => name));
  const others = recorded?.series.filter(({ name }) => !names.has(name)) ?? [];
  return [
    ...own.map(({ name, label }) => ({
      ...{ name, label, recorded: points.get(name) ?? [], isOnlyRecorded: false },
    })),
    ...others.map(({ name, label, points: recordedPoints }) => ({
      ...{ name, label, recorded: recordedPoints, isOnlyRecorded: true },
    })),
  ];
}

/** What is said of a server that has not served all that came; nothing of another. */
export function servedText(record: FiguresRecord | undefined): string {
  if (record?.state !== 'served' || record.connected === record.clients) return '';
  return `${placeText(record.connected)} of ${placeText(record.clients)} served`;
}

/** A figure at a place of the axis. */
export interface Point {
  readonly place: number;
  readonly value: number;
}

/** The curve of a figure over records, with so much to do. */
export function curveOf(records: readonly FiguresRecord[], figure: Figure, busy: number): Point[] {
  return records
    .flatMap((record) => {
      const value = record.busy === busy ? figure.of(record) : undefined;
      return value === undefined ? [] : [{ place: placeOf(record), value }];
    })
    .sort((one, other) => one.place - other.place);
}

/** How many descriptors the program of our lab watches, one number after the other. A reader’s may watch others. */
const USUAL_DESCRIPTORS = [10, 30, 100, 300, 1000, 1900] as const;

/** The places that a table has columns for. */
export function placesOf(
  kind: Measures['kind'],
  records: readonly FiguresRecord[],
): readonly number[] {
  const usual: readonly number[] = kind === 'servers' ? MEASURE_CLIENTS : USUAL_DESCRIPTORS;
  return [...new Set([...usual, ...records.map(placeOf)])].sort((one, other) => one - other);
}

/** A number of clients, or of descriptors, as a choice or above a column. */
export function placeText(place: number): string {
  return place.toLocaleString('en');
}

/** How much there is to do, for a caption: `100 % of them talk`. */
export function busyText(kind: Measures['kind'], busy: number): string {
  if (kind === 'servers') return busy === 100 ? 'all of them talk' : `${busy} % of them talk`;
  return `${busy} of them busy`;
}

/** What the table of one order is about. */
export function orderText({ clients, busy }: MeasureOrder): string {
  return `${clients === 1 ? '1 client' : `${placeText(clients)} clients`}, ${busyText('servers', busy)}`;
}

/** What the curve of a figure is of: the caption of its chart, and of its table. */
export function curveTitle(kind: Measures['kind'], { label }: Figure, busy: number): string {
  const over = kind === 'servers' ? 'clients' : 'descriptors watched';
  return `${label.charAt(0) === 'µ' ? label : label.charAt(0).toUpperCase() + label.slice(1)}, over the number of ${over}; ${busyText(kind, busy)}`;
}
